"""`cnnviz measure`."""

from __future__ import annotations

import argparse

from cnnviz.commands.common import (
    add_batch,
    add_convention,
    add_format,
    add_target,
    input_shape,
    options,
    stays,
    whole,
)

HELP = "Run a network here: time and memory of each layer."
DESCRIPTION = (
    "Beside its multiplications (MACs), the bytes it moves and what a roofline of this machine predicts; "
    "and the memory of inference and of training."
)
FORMATS = ("table", "json", "csv", "markdown")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    add_batch(parser)
    parser.add_argument(
        "--device", default="cpu", metavar="cpu|cuda", help="Where to run it [default: %(default)s]."
    )
    parser.add_argument(
        "--dtype",
        default="float32",
        metavar="TYPE",
        help="float32, float64, bfloat16 or float16 [default: %(default)s].",
    )
    parser.add_argument(
        "--threads", type=whole(0), default=0, metavar="N", help="Of torch on the CPU; 0 for its own choice."
    )
    add_format(parser, FORMATS)
    add_convention(parser)


def run(arguments: argparse.Namespace) -> None:
    from cnnviz.measure import measure
    from cnnviz.roofline.written import written

    report = measure(
        arguments.target,
        input_shape(arguments),
        batch_size=arguments.batch,
        device=arguments.device,
        dtype=arguments.dtype,
        threads=arguments.threads,
        options=options(arguments),
    )
    stays(arguments, "the operations beside the times")
    print(written(report, arguments.format))
