"""What several commands take: a target, an input size, options, a file to write; and what is made of them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cnnviz.errors import OptionError, ShapeError

if TYPE_CHECKING:
    from cnnviz.architectures import Network
    from cnnviz.conventions import Convention
    from cnnviz.graph.folding import Folding
    from cnnviz.trace import Trace

TARGET_HELP = """TARGET is a name of the catalogue, such as resnet50 or alexnet@paper, of timm or torchvision
(timm:resnet50d), package.module:callable, which returns an nn.Module, an ONNX file (.onnx), or a design
(.toml)."""


def add_target(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """TARGET with `--input` and `--set`: what `traced` and `network` read."""
    parser.add_argument("target", metavar="TARGET", nargs="?" if optional else None, help="Which network.")
    parser.add_argument(
        "--input", dest="size", metavar="3x224x224", help="Channels x height x width, or 224x224, or 224."
    )
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="option=value",
        help="An option; may be repeated.",
    )
    parser.epilog = TARGET_HELP


def add_convention(parser: argparse.ArgumentParser) -> None:
    """`--convention`: what `convention` reads."""
    parser.add_argument(
        "--convention",
        default="",
        metavar="NAME",
        help="What is counted as cost: flops, a tool's way (torchinfo, fvcore, thop, ptflops, ptflops-aten, "
        "torchprofile, calflops), or flops,bias,norm and kin [default: macs].",
    )


def convention(arguments: argparse.Namespace) -> Convention | None:
    """What `--convention` names; None for plain MACs. Raises OptionError with the names that there are."""
    if not arguments.convention:
        return None
    from cnnviz.conventions import chosen

    return chosen(arguments.convention)


def stays(arguments: argparse.Namespace, what: str) -> None:
    """Says on stderr that something is in plain MACs where `--convention` names another way to count."""
    if convention(arguments):
        import sys

        print(f"cnnviz: {what}: in plain MACs, whatever is counted elsewhere", file=sys.stderr)


def add_output(parser: argparse.ArgumentParser, name: str) -> None:
    """`-o`, a file that has to be named."""
    from pathlib import Path

    parser.add_argument(
        "-o", "--output", required=True, type=Path, metavar=name, help="Where to write [required]."
    )


def add_format(
    parser: argparse.ArgumentParser, formats: tuple[str, ...], text: str = "What to print"
) -> None:
    """`--format`, one of a few, of which the first is the usual one."""
    parser.add_argument(
        "--format",
        type=one_of(*formats),
        default=formats[0],
        metavar="|".join(formats),
        help=f"{text} [default: %(default)s].",
    )


def add_batch(parser: argparse.ArgumentParser) -> None:
    """`--batch`, from 1 on."""
    parser.add_argument(
        "--batch", type=whole(1), default=1, metavar="N", help="Images at once [default: %(default)s]."
    )


def add_folding(parser: argparse.ArgumentParser) -> None:
    """`--level` and `--fold`: what `folding` reads."""
    parser.add_argument(
        "--level",
        type=whole(0),
        metavar="N",
        help="Open blocks down to this depth, from 0 on [default: readable].",
    )
    add_switch(parser, "--fold", "Draw equal blocks in a row as one box 'x N'.")


def add_switch(parser: argparse.ArgumentParser, name: str, text: str) -> None:
    """`--fold` and `--no-fold`, on by default."""
    switch = parser.add_argument(name, action=argparse.BooleanOptionalAction, help=text)
    parser.set_defaults(**{switch.dest: True})  # afterwards, because argparse would write it into the help


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """The type of an option that takes a whole number between bounds."""
    bounds = f"of at least {least}" if most is None else f"from {least} to {most}"

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"must be a whole number {bounds}, got {text}")
        return number

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    """The type of an option that takes one of a few words."""

    def read(text: str) -> str:
        if text not in choices:
            words = f"{', '.join(choices[:-1])} or {choices[-1]}"
            raise argparse.ArgumentTypeError(f"must be {words}, got {text!r}")
        return text

    return read


def columns() -> int:
    """The terminal's width; 80 where there is none. What shutil has takes longer to import than to ask."""
    try:
        return int(os.environ.get("COLUMNS") or 0) or os.get_terminal_size().columns
    except (ValueError, OSError):
        return 80


def options(arguments: argparse.Namespace) -> dict[str, str]:
    """What `--set` says, as name and value."""
    return dict(map(_setting, arguments.settings))


def traced(arguments: argparse.Namespace, **how: Any) -> Trace:
    """The trace of the target at the input size and with the options that were asked for."""
    from cnnviz.targets import trace

    return trace(arguments.target, input_shape(arguments), options=options(arguments), **how)


def input_shape(arguments: argparse.Namespace) -> tuple[int, ...] | None:
    """`--input 3x224x224`; with fewer numbers the default's channels, and one number for both sides."""
    target, size = arguments.target, arguments.size
    if size is None:
        return None
    try:
        numbers = [int(part) for part in size.lower().replace(",", "x").split("x")]
    except ValueError:
        numbers = []
    if not numbers or len(numbers) > 4 or min(numbers) < 1:
        raise ShapeError(f"--input takes channels x height x width, such as 3x224x224, got {size!r}")
    if len(numbers) > 2:
        return tuple(numbers)
    from cnnviz.targets import channels

    return (channels(target, options(arguments)), numbers[0], numbers[-1])


def network(arguments: argparse.Namespace) -> Network | None:
    """The network of the catalogue; None for a model of one's own."""
    from cnnviz.architectures import find
    from cnnviz.targets import of_catalogue

    return find(arguments.target, options(arguments)) if of_catalogue(arguments.target) else None


def folding(arguments: argparse.Namespace) -> Folding:
    """How far the graph is open, and whether equal blocks are drawn as one."""
    from cnnviz.graph.folding import Folding

    return Folding(level=arguments.level, fold=arguments.fold)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise OptionError(f"--set takes option=value, got {text!r}")
    return name.strip(), value.strip()
