"""`cnnviz list`."""

from __future__ import annotations

import argparse

HELP = "List the catalogue by year, with variants."
DESCRIPTION = "The first variant of each network is the default."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(arguments: argparse.Namespace) -> None:
    from cnnviz.architectures import CATALOGUE

    width = max(len(architecture.name) for architecture in CATALOGUE)
    for architecture in CATALOGUE:
        variants = " ".join(f"@{variant.name}" for variant in architecture.variants)
        print(f"{architecture.year}  {architecture.name:<{width}}  {architecture.title:<18} {variants}")
