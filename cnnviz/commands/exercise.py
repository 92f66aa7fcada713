"""`cnnviz exercise`."""

from __future__ import annotations

import argparse
import sys

from cnnviz.commands.common import add_convention, add_format, add_target, options, stays, traced, whole
from cnnviz.errors import OptionError

HELP = "Make exercises: a question sheet, its answers, a quiz."
DESCRIPTION = """KIND is n_H, n_W, n_C, parameters, macs, receptive_field, activation_bytes, input_size,
smallest_input, bottleneck, total_parameters, most_parameters or most_macs. Costs are asked in plain MACs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target(parser, optional=True)
    parser.epilog = f"{parser.epilog} Without one, the questions are about small random networks."
    parser.add_argument(
        "--seed",
        type=whole(0),
        default=1,
        metavar="N",
        help="The same seed, the same set [default: %(default)s].",
    )
    parser.add_argument(
        "--count",
        type=whole(1, 100),
        default=10,
        metavar="N",
        help="How many questions, 1 to 100 [default: %(default)s].",
    )
    parser.add_argument(
        "--kind",
        dest="kinds",
        action="append",
        default=[],
        metavar="KIND",
        help="Ask this kind; may be repeated [default: all].",
    )
    parser.add_argument(
        "--answers", action="store_true", help="Print the answer sheet, each step worked out."
    )
    add_format(parser, ("markdown", "csv", "json"))
    add_convention(parser)
    parser.add_argument(
        "--ask",
        action="store_true",
        help="Ask here, one question after the other, and say what went wrong.",
    )


def run(arguments: argparse.Namespace) -> None:
    from cnnviz.exercises import sheet
    from cnnviz.exercises.questions import from_trace, random_chains
    from cnnviz.targets import of_catalogue

    stays(arguments, "what is asked")
    seed, count, kinds = arguments.seed, arguments.count, arguments.kinds
    if not arguments.target and (arguments.size or arguments.settings):
        raise OptionError("--input and --set are about a TARGET: name one, such as lenet5")
    if arguments.target:
        chosen = options(arguments)
        own = "" if of_catalogue(arguments.target) else arguments.target
        exercises = from_trace(traced(arguments), seed, count, kinds=kinds, options=chosen, target=own)
    else:
        exercises = random_chains(seed, count, kinds=kinds)
    if arguments.ask:
        sheet.ask(exercises, sys.stdin.readline, _say, patient=sys.stdin.isatty())
    else:
        print(sheet.written(exercises, arguments.format, answers=arguments.answers))


def _say(text: str) -> None:
    print(text, flush=True)  # before the answer is waited for
