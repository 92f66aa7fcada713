"""`cnnviz notebook`."""

from __future__ import annotations

import argparse

from cnnviz.commands.common import (
    add_convention,
    add_folding,
    add_output,
    add_target,
    convention,
    folding,
    network,
    options,
    traced,
    whole,
)
from cnnviz.errors import OptionError

HELP = "Write a Jupyter notebook that makes all of it again."
DESCRIPTION = "Table, totals, the formulas of a layer, graph and curves, by cnnviz itself."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    add_output(parser, "FILE.ipynb")
    add_folding(parser)
    add_convention(parser)
    parser.add_argument(
        "--layer",
        type=whole(0),
        default=0,
        metavar="N",
        help="The one that is explained, from 0 on [default: %(default)s].",
    )


def run(arguments: argparse.Namespace) -> None:
    from cnnviz.export import write_text
    from cnnviz.notebook import notebook

    made = traced(arguments)
    if arguments.layer >= len(made.layers):
        last = len(made.layers) - 1
        raise OptionError(f"--layer must be from 0 to {last} for {made.model}, got {arguments.layer}")
    known = network(arguments)
    name, changed = (known.name, known.changed) if known else (arguments.target, options(arguments))
    text = notebook(
        made,
        name,
        changed,
        layer=arguments.layer,
        folding=folding(arguments),
        convention=convention(arguments),
    )
    write_text(arguments.output, text, ".ipynb")
    print(f"wrote {arguments.output}")
