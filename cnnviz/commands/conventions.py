"""`cnnviz conventions`."""

from __future__ import annotations

import argparse

from cnnviz.commands.common import add_convention, add_format, add_target, convention, traced

HELP = "Say what other tools would count of a network, and why."
DESCRIPTION = "A line for each tool; with --convention also that one's difference from MACs, line by line."
FORMATS = ("table", "csv", "markdown")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    add_convention(parser)
    add_format(parser, FORMATS, "What to print; markdown has every difference line by line")


def run(arguments: argparse.Namespace) -> None:
    from cnnviz.conventions import PRESETS, overview

    chosen = convention(arguments)
    made = traced(arguments)
    shown = {**PRESETS, chosen.name: chosen} if chosen else PRESETS
    rows = overview.overview(made, list(shown.values()))
    if arguments.format == "csv":
        print(overview.overview_csv(rows))
    elif arguments.format == "markdown":
        print(overview.report(made, rows))
    else:
        print(overview.overview_text(made, rows, chosen))
