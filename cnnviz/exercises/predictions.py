"""Predict, then reveal: which numbers of a network are kept back, and what a person has said to them.

    >>> import cnnviz
    >>> lenet = Predictions(trace=cnnviz.trace("lenet5"), chosen=("n_H", "n_W"))
    >>> lenet.asked(0), sorted(lenet.hidden(0))
    (('n_H',), ['activation_bytes', 'macs', 'n_H', 'n_W'])
    >>> lenet.answered(0, "n_H", "27").answers[0, "n_H"].message
    'Not right. That is floor((32 + 2*0 - 5) / 1) = 27: the + 1 for the first window is missing.'
    >>> sorted(lenet.answered(0, "n_H", "28").hidden(0))
    []

What a hidden number could be read off is hidden with it, and comes back with the right answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from cnnviz.exercises.diagnosis import check, right_answers
from cnnviz.exercises.typed import MOST_KEPT, no_number, number_in
from cnnviz.trace import Trace

PREDICTED = ("n_H", "n_W", "n_C", "parameters", "macs", "receptive_field")
PAIR = frozenset({"n_H", "n_W"})  # nearly always the same number: one tells the other
SIZES = PAIR | {"n_C"}
# What a quantity can be read off: it is a factor there, or nearly all of it.
TOLD_BY = {
    "n_H": frozenset({"macs", "activation_bytes"}),
    "n_W": frozenset({"macs", "activation_bytes"}),
    "n_C": frozenset({"parameters", "macs", "activation_bytes"}),
    "parameters": frozenset({"macs"}),
}

Place = tuple[int, str]  # a layer's index, and a quantity of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person has said to one number so far."""

    typed: str = ""  # the last thing, as it was typed
    tries: int = 0  # different numbers
    right: bool = False
    shown: bool = False  # given up
    message: str = ""  # what went wrong; "" for a right answer

    @property
    def known(self) -> bool:
        return self.right or self.shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """A network of which some quantities are to be predicted, with the answers so far."""

    trace: Trace
    chosen: tuple[str, ...]  # of PREDICTED
    answers: Mapping[Place, Answer] = field(default_factory=dict)  # in the order in which they came

    def asked(self, index: int) -> tuple[str, ...]:
        """What is asked of a layer. Height and width that come about in the same way are one question."""
        layer = self.trace.layers[index]
        found = [name for name in PREDICTED if name in self.chosen and right_answers(layer, name)]
        if "macs" in found and not layer.macs:
            found.remove("macs")  # that norms and activations count none is a convention, not arithmetic
        if set(found) >= PAIR and self.square(index):
            found.remove("n_W")
        return tuple(found)

    def open(self, index: int) -> tuple[str, ...]:
        """What is asked of a layer and not known yet."""
        return tuple(name for name in self.asked(index) if not self._known(index, name))

    def hidden(self, index: int) -> frozenset[str]:
        """The quantities of a layer that are not to be seen: what is open, and what would tell it."""
        missing = frozenset(self.open(index))
        if missing & PAIR:
            missing |= PAIR
        layer = self.trace.layers[index]
        told = frozenset[str]().union(*(TOLD_BY.get(name, frozenset()) for name in missing))
        if layer.operation.rule == "flatten" and any(self.hidden(i) & SIZES for i in layer.inputs):
            told |= {"n_C", "activation_bytes"}  # n_C is the product of the sizes that come in
        return missing | {name for name in told if getattr(layer, name)}

    def square(self, index: int) -> bool:
        """Whether n_H and n_W come about in the same way."""
        layer = self.trace.layers[index]
        terms = layer.shape_terms
        return layer.n_H == layer.n_W and terms.get("n_H") == terms.get("n_W")

    def right(self, index: int) -> frozenset[str]:
        """The quantities of a layer that a person got right, both sizes where one question asked for both."""
        found = {name for name in self.asked(index) if self.answer(index, name).right}
        return frozenset(found | PAIR if found & PAIR and self.square(index) else found)

    def answer(self, index: int, name: str) -> Answer:
        """What was said to this number; to either size where both are one question."""
        twins = sorted(PAIR) if name in PAIR and self.square(index) else [name]
        return next((self.answers[index, twin] for twin in twins if (index, twin) in self.answers), Answer())

    def answered(self, index: int, name: str, typed: str) -> Predictions:
        """The same with one answer more; one that is known already, or was just given, changes nothing."""
        before = self.answer(index, name)
        if before.known or not typed.strip() or typed == before.typed:
            return self
        return self._with(index, name, self._judged(index, name, typed, before))

    def revealed(self, index: int, names: Iterable[str]) -> Predictions:
        """The same with these numbers shown."""
        after = self
        for name in names:
            before = after.answer(index, name)
            if not before.known:
                after = after._with(index, name, replace(before, shown=True, message=""))
        return after

    @property
    def score(self) -> str:
        """`7 of 9 right at the first try, 1 shown`; "" before the first answer."""
        tried = [answer for answer in self.answers.values() if answer.tries]
        first = sum(answer.right and answer.tries == 1 for answer in tried)
        shown = sum(answer.shown for answer in self.answers.values())
        parts = [f"{first} of {len(tried)} right at the first try"] if tried else []
        return ", ".join([*parts, f"{shown} shown"] if shown else parts)

    def _judged(self, index: int, name: str, typed: str, before: Answer) -> Answer:
        typed = typed[:MOST_KEPT]
        number, layer = number_in(typed), self.trace.layers[index]
        if number is None:
            message = f"{no_number(typed)}."
            return replace(before, typed=typed, message=message)
        verdict = check(layer, name, number)
        tries = before.tries + (number != number_in(before.typed))
        if verdict.correct:
            return replace(before, typed=typed, tries=tries, right=True, message="")
        secrets = {n for other in self.open(index) for n in right_answers(layer, other)}
        tells = _tells(verdict.diagnosis, number, secrets)
        message = f"Not right. {verdict.hint if tells else verdict.message}"
        return replace(before, typed=typed, tries=tries, message=message)

    def _known(self, index: int, name: str) -> bool:
        return self.answer(index, name).known

    def _with(self, index: int, name: str, answer: Answer) -> Predictions:
        others = {place: said for place, said in self.answers.items() if place != (index, name)}
        return replace(self, answers={**others, (index, name): answer})


def _tells(sentence: str, typed: int, secrets: set[int]) -> bool:
    """Whether a diagnosis has one of these numbers in it, beyond what the person has worked with."""
    worked, _, why = sentence.rpartition(": ") if sentence.startswith("That is") else ("", "", sentence)
    return bool((_numbers(why) - _numbers(worked) - {typed}) & secrets)


def _numbers(text: str) -> set[int]:
    return {int(found.replace(",", "")) for found in re.findall(r"\d+(?:,\d{3})*", text)}


def quantities_in(text: str) -> tuple[tuple[str, ...], str]:
    """The quantities that a text such as `n_H,macs` names, in the usual order, and what is wrong with it.

    Names that nothing has are left out; capitals and spaces do not matter.
    """
    known = {name.lower(): name for name in PREDICTED}
    given = [part.strip().lower().replace(" ", "_") for part in text.split(",") if part.strip()]
    unknown = [part for part in given if part not in known]
    names = tuple(name for low, name in known.items() if low in given)
    if not unknown:
        return names, ""
    near = get_close_matches(unknown[0], known, 1)
    way_out = f"did you mean {known[near[0]]}?" if near else f"use {', '.join(PREDICTED)}"
    return names, f"there is no quantity {unknown[0]!r:.40} to predict: {way_out}"
