"""A wrong way to work a number out: what it gives, and what to say to whoever took it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cnnviz.formulas import Formula, Term
from cnnviz.formulas.formula import Number


class Mistake(NamedTuple):
    """A wrong answer and the sentence that explains it."""

    value: int
    sentence: str


def mistake(formula: Formula, values: tuple[Number, ...], why: str) -> Mistake:
    """A wrong formula: `That is (11*11*3) * 96 = 34,848: each of the 96 filters also has a bias`."""
    term = Term(formula, values)
    return Mistake(term.number, f"That is {term.text}: {why}.")


def plain(value: int, what: str) -> Mistake:
    """A number that stands somewhere else, such as the input's size."""
    return Mistake(value, f"{value:,} is {what}.")


def kept(found: Iterable[Mistake], *right: int) -> tuple[Mistake, ...]:
    """The mistakes that lead to wrong answers, for each answer the first, which is the most likely."""
    explained: dict[int, Mistake] = {}
    for one in found:
        if one.value >= 0 and one.value not in right:
            explained.setdefault(one.value, one)
    return tuple(explained.values())


def numbered(count: int, noun: str) -> str:
    """`1 filter`, `96 filters`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"
