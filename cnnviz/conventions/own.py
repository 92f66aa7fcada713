"""Conventions of one's own: MACs or FLOPs with any of the other parts, such as `flops,bias`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from cnnviz.conventions.convention import (
    ACTIVATION,
    BIAS,
    ELEMENTWISE,
    FLOP,
    MACS,
    NORMALISATION,
    PARTS,
    POOLING,
    Convention,
    Count,
    Item,
    each,
    multiplications,
)
from cnnviz.errors import OptionError
from cnnviz.layer import Layer
from cnnviz.trace import Trace

FLOPS = "flops"
# The words of a convention of one's own, and each what 1 is counted of; `Extra` of the rules has the numbers.
ADDED = {
    "bias": (BIAS, "output that gets a bias"),
    "norm": (NORMALISATION, "element: it is scaled and shifted"),
    "activation": (ACTIVATION, "element"),
    "pooling": (POOLING, "number that a window reads"),
    "elementwise": (ELEMENTWISE, "element"),
}


def text(*, flops: bool, added: Collection[str]) -> str:
    """`flops,bias,norm`: the name of a convention of one's own."""
    return ",".join([FLOPS if flops else MACS, *(word for word in ADDED if word in added)])


def parts(name: str) -> tuple[bool, frozenset[str]] | None:
    """Whether it counts FLOPs, and the words of what it adds; None for a text that is no such name.

    Plus signs separate as well, and blanks, which a link makes of them.
    """
    unit, *added = re.split(r"[+,\s]+", name.strip().lower())
    if unit not in (MACS, FLOPS) or not set(added) <= set(ADDED):
        return None
    return unit == FLOPS, frozenset(added)


@lru_cache(maxsize=64)  # 2 units and 5 parts: 64 are all there are
def own(*, flops: bool, added: frozenset[str]) -> Convention:
    """The convention that counts these parts. Raises OptionError for a part that there is not."""
    unknown = sorted(added - set(ADDED))
    if unknown:
        raise OptionError(f"unknown part {unknown[0]!r} of a convention; there are {', '.join(ADDED)}")
    unit, chosen = "FLOPs" if flops else "MACs", [word for word in ADDED if word in added]
    counted = [PARTS[ADDED[word][0]] for word in chosen]
    return Convention(
        name=text(flops=flops, added=added),
        title=" + ".join([unit, *chosen]),
        heading=_heading(unit, chosen),
        words=", ".join([unit, *counted]) if counted or not flops else "FLOPs, 2 for each MAC",
        count=_counter(flops=flops, added=added),
        flops=flops,
        notes=("A FLOP count is 2 for each multiply-add: one multiplication and one addition.",)
        if flops
        else (),
    )


def _heading(unit: str, chosen: list[str]) -> str:
    short = {"activation": "act", "elementwise": "elem", "pooling": "pool"}
    if len(chosen) > 1:
        return f"{unit} + {len(chosen)} parts"
    return " + ".join([unit, *(short.get(word, word) for word in chosen)])


def _counter(*, flops: bool, added: frozenset[str]) -> Count:
    wanted = {ADDED[word][0]: ADDED[word][1] for word in added}

    def count(trace: Trace, layer: Layer) -> Iterator[Item]:
        macs = multiplications(layer)
        if macs:
            yield Item(MACS, 2 * macs, FLOP, 2) if flops else Item(MACS, macs, "")
        extra = layer.rule.extra(layer.arguments, layer.input_shapes, layer.output_shapes)
        for part, number in extra._asdict().items():
            if number and part in wanted:
                factor = 2 if flops and part == NORMALISATION else 1
                yield each(part, factor, number, wanted[part])

    return count
