"""`cnnviz show`."""

from __future__ import annotations

import argparse

from cnnviz.commands.common import add_convention, convention
from cnnviz.errors import UnknownNameError

HELP = "Say what a network is: idea, variants, sources, options."
DESCRIPTION = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="A name of the catalogue: alexnet, alexnet@paper.")
    add_convention(parser)


def run(arguments: argparse.Namespace) -> None:
    from cnnviz.architectures import find
    from cnnviz.describe import description
    from cnnviz.targets import of_catalogue

    if not of_catalogue(arguments.name):
        raise UnknownNameError(
            f"{arguments.name} is a model of one's own, and show tells what the catalogue says of a network: "
            f"cnnviz trace {arguments.name} shows its layers"
        )

    print("\n".join(description(find(arguments.name), convention(arguments))))
