"""`cnnviz trace`."""

from __future__ import annotations

import argparse

from cnnviz.commands.common import (
    add_batch,
    add_convention,
    add_format,
    add_target,
    columns,
    convention,
    traced,
)

HELP = "Print every layer with its shape and cost."
DESCRIPTION = "Shape, parameters, multiplications (MACs), memory and receptive field of each operation."
FORMATS = ("table", "json", "csv", "markdown", "latex")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    add_batch(parser)
    parser.add_argument(
        "--device",
        default="meta",
        metavar="meta|cpu|cuda",
        help="meta works from shapes alone; cpu and cuda run the network and measure each layer "
        "[default: %(default)s].",
    )
    add_format(parser, FORMATS)
    add_convention(parser)


def run(arguments: argparse.Namespace) -> None:
    counting = convention(arguments)
    made = traced(arguments, batch_size=arguments.batch, device=arguments.device)
    if arguments.format == "table":
        from cnnviz.tables import text_table

        print(text_table(made, columns(), convention=counting))
    else:
        from cnnviz.export import FORMATS as WRITERS

        print(WRITERS[arguments.format](made, convention=counting))
