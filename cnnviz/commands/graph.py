"""`cnnviz graph`."""

from __future__ import annotations

import argparse

from cnnviz.commands.common import (
    add_convention,
    add_folding,
    add_output,
    add_target,
    convention,
    traced,
)

HELP = "Draw the block graph as a file."
DESCRIPTION = "FILE ends in .dot, .svg, .png or .pdf; all but .dot need Graphviz."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    add_output(parser, "FILE")
    add_folding(parser)
    add_convention(parser)


def run(arguments: argparse.Namespace) -> None:
    from cnnviz.graph import write_graph

    write_graph(
        traced(arguments),
        arguments.output,
        level=arguments.level,
        fold=arguments.fold,
        convention=convention(arguments),
    )
    print(f"wrote {arguments.output}")
