"""Conventions of one's own: MACs or FLOPs with any of the other parts, such as `flops+bias`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from cnnviz.conventions.convention import (
    ACTIVATION,
    BIAS,
    ELEMENTWISE,
    MACS,
    NORMALISATION,
    PARTS,
    POOLING,
    Convention,
    Count,
    Item,
    multiplications,
)
from cnnviz.errors import OptionError
from cnnviz.layer import Layer
from cnnviz.trace import Trace

FLOPS = "flops"
# The words of a convention of one's own, and what is counted of each: `Extra` of the rules has the numbers.
ADDED = {
    "bias": (BIAS, "1 addition for each output that gets a bias"),
    "norm": (NORMALISATION, "1 multiply-add for each element"),
    "activation": (ACTIVATION, "1 for each element"),
    "pooling": (POOLING, "1 for each number that a window reads"),
    "elementwise": (ELEMENTWISE, "1 for each element of + and kin"),
}
_MAC_WORDS = "multiplications per image, no bias, no norm"


def text(*, flops: bool, added: Collection[str]) -> str:
    """`flops+bias+norm`: the name of a convention of one's own."""
    return "+".join([FLOPS if flops else MACS, *(word for word in ADDED if word in added)])


def parts(name: str) -> tuple[bool, frozenset[str]] | None:
    """Whether it counts FLOPs, and the words of what it adds; None for a text that is no such name.

    A link turns + into a blank, so blanks and commas separate as well.
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
    both = "2 for each multiplication with its addition" if flops else "multiplications"
    return Convention(
        name=text(flops=flops, added=added),
        title=" + ".join([unit, *chosen]),
        heading=_heading(unit, chosen),
        words=", ".join([both, *counted]) if flops or chosen else _MAC_WORDS,
        count=_counter(flops=flops, added=frozenset(added)),
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
            why = "2 for each: a multiplication and an addition" if flops else ""
            yield Item(MACS, 2 * macs if flops else macs, why)
        extra = layer.rule.extra(layer.arguments, layer.input_shapes, layer.output_shapes)
        for part, number in extra._asdict().items():
            if number and part in wanted:
                twice = flops and part == NORMALISATION
                why = "2 for each element: a multiplication and an addition" if twice else wanted[part]
                yield Item(part, 2 * number if twice else number, why)

    return count
