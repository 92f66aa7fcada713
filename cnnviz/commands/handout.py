"""`cnnviz handout`."""

from __future__ import annotations

import argparse

from cnnviz.commands.common import add_folding, add_output, add_target, folding, network, traced

HELP = "Write a handout: graph, table and every formula in one HTML file."
DESCRIPTION = "It opens without a server, and prints on A4. It needs no Graphviz."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    add_output(parser, "FILE.html")
    add_folding(parser)


def run(arguments: argparse.Namespace) -> None:
    from cnnviz.export import write_text
    from cnnviz.handout import handout

    made = traced(arguments)
    text = handout(made, network(arguments), folding=folding(arguments), target=arguments.target)
    write_text(arguments.output, text, ".html")
    print(f"wrote {arguments.output}")
