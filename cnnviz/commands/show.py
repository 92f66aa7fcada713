"""`cnnviz show`."""

from __future__ import annotations

import argparse

HELP = "Say what a network is: idea, variants, sources, options."
DESCRIPTION = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="A name of the catalogue: alexnet, alexnet@paper.")


def run(arguments: argparse.Namespace) -> None:
    from cnnviz.architectures import find
    from cnnviz.describe import description

    print("\n".join(description(find(arguments.name))))
