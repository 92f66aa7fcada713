"""`cnnviz compare`."""

from __future__ import annotations

import argparse

from cnnviz.commands.common import TARGET_HELP, add_convention, add_format, columns, convention
from cnnviz.errors import OptionError

HELP = "Put networks side by side, or say what is different between two."
DESCRIPTION = """Parameters, multiplications, depth, memory, published errors, and where in the network these
are; with --diff every difference with what it costs."""
FORMATS = ("table", "json", "csv", "markdown", "latex")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "targets",
        metavar="TARGET",
        nargs="+",
        help="Which networks, each with options and input of its own: resnet50@paper,width=32,input=160.",
    )
    parser.add_argument(
        "--input",
        dest="size",
        default="",
        metavar="3x224x224",
        help="For all that say none of their own: channels x height x width, or 224x224, or 224.",
    )
    add_format(parser, FORMATS)
    parser.add_argument(
        "--diff", action="store_true", help="Two networks: what changes from the first to the second."
    )
    add_convention(parser)
    parser.epilog = TARGET_HELP


def run(arguments: argparse.Namespace) -> None:
    if arguments.diff and len(arguments.targets) != 2:
        raise OptionError(f"--diff takes two networks, got {len(arguments.targets)}")
    from cnnviz.compare import report
    from cnnviz.compare.contestants import contestants

    compared = contestants(arguments.targets, arguments.size, convention=convention(arguments))
    if arguments.format == "table":
        print(report.as_table(compared, diff=arguments.diff, width=columns()))
    else:
        print(report.FORMATS[arguments.format](compared, diff=arguments.diff))
