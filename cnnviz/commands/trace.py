"""`cnnviz trace`."""

from __future__ import annotations

import argparse

from cnnviz.commands.common import add_target, columns, one_of, traced, whole

HELP = "Print every layer with its shape and cost."
DESCRIPTION = "Shape, parameters, multiplications (MACs), memory and receptive field of each operation."
FORMATS = ("table", "json", "csv", "markdown", "latex")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument(
        "--batch", type=whole(1), default=1, metavar="N", help="Images at once [default: %(default)s]."
    )
    parser.add_argument(
        "--device",
        default="meta",
        metavar="meta|cpu|cuda",
        help="meta works from shapes alone; cpu and cuda run the network and measure each layer "
        "[default: %(default)s].",
    )
    parser.add_argument(
        "--format",
        type=one_of(*FORMATS),
        default="table",
        metavar="|".join(FORMATS),
        help="What to print [default: %(default)s].",
    )


def run(arguments: argparse.Namespace) -> None:
    made = traced(arguments, batch_size=arguments.batch, device=arguments.device)
    if arguments.format == "table":
        from cnnviz.tables import text_table

        print(text_table(made, columns()))
    else:
        from cnnviz.export import FORMATS as WRITERS

        print(WRITERS[arguments.format](made))
