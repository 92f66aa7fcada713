"""Checks a person's number for one layer, and says what they most likely did when it is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from cnnviz.errors import CnnvizError, UnknownNameError
from cnnviz.exercises.mistake import Mistake, plain
from cnnviz.exercises.wrong_fields import wrong_bytes, wrong_field
from cnnviz.exercises.wrong_macs import wrong_macs
from cnnviz.exercises.wrong_parameters import wrong_parameters
from cnnviz.exercises.wrong_sizes import wrong_channels, wrong_size
from cnnviz.layer import Layer

QUANTITIES = ("n_H", "n_W", "n_C", "parameters", "macs", "receptive_field", "activation_bytes")
COUNTS = ("parameters", "macs", "activation_bytes")
LABELS = {"macs": "MACs", "activation_bytes": "activation bytes", "receptive_field": "r"}
# What to think of first; none of these says a number.
HINTS = {
    "n_C": "Ask what makes a channel here: a filter, inputs side by side, or simply what comes in.",
    "parameters": "Ask what is learned: the weights of one filter or neuron, its bias, how many there are.",
    "macs": "Count the multiplications behind one output number, then the output numbers.",
    "receptive_field": "The field grows by (f - 1) times the jump before this layer.",
    "activation_bytes": "Count the numbers that this layer makes, then the bytes of one of them.",
}
WINDOW_HINT = "Put this layer's n, p, f and s into floor((n + 2*p - f) / s) + 1."
SIZE_HINT = "Ask first whether this layer changes height and width, and by what rule."


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to say about an answer."""

    correct: bool
    formula: str  # how the right number comes about; for when the answer is right, or given up
    diagnosis: str = ""  # what most likely went wrong; "" where nothing fits, or nothing is wrong
    hint: str = ""  # what to think of, without a number, where no diagnosis fits

    @property
    def message(self) -> str:
        """The formula of a right answer, the diagnosis or the hint for a wrong one."""
        return self.formula if self.correct else self.diagnosis or self.hint


def check(layer: Layer, quantity: str, given: int) -> Verdict:
    """Whether a number is right for a layer, and what most likely went wrong if not.

    `quantity` is one of QUANTITIES. A receptive field that is not square has two right answers. Raises
    CnnvizError where the layer has no such quantity.
    """
    right = right_answers(layer, quantity)
    if not right:
        raise CnnvizError(f"layer {layer.index} ({layer.name or layer.op}) has no {quantity} to check")
    return judged(
        given,
        right,
        formula=formula(layer, quantity),
        mistakes=mistakes(layer, quantity),
        hint=hint(layer, quantity),
    )


def judged(
    given: int, right: tuple[int, ...], *, formula: str, mistakes: Iterable[Mistake], hint: str
) -> Verdict:
    """The verdict on a number; the first mistake that gives it is the diagnosis."""
    if given in right:
        return Verdict(correct=True, formula=formula)
    sentence = next((m.sentence for m in mistakes if m.value == given), "")
    return Verdict(correct=False, formula=formula, diagnosis=sentence, hint=hint)


def right_answers(layer: Layer, quantity: str) -> tuple[int, ...]:
    """The right number (several for a field that is not square); () where the layer has none."""
    if quantity not in QUANTITIES:
        near = get_close_matches(str(quantity), QUANTITIES, 1)
        raise UnknownNameError(
            f"there is no quantity {quantity!r}: "
            + (f"did you mean {near[0]}?" if near else f"use {', '.join(QUANTITIES)}")
        )
    value = getattr(layer, quantity)
    if quantity == "receptive_field":
        return tuple(dict.fromkeys(sorted(value, reverse=True))) if value else ()
    return () if value is None else (value,)


def mistakes(layer: Layer, quantity: str) -> Iterator[Mistake]:
    """The wrong ways that lead to a wrong number, the most likely first."""
    right = right_answers(layer, quantity)
    seen = set(right)
    for found in _wrong(layer, quantity):
        if found.value >= 0 and found.value not in seen:
            seen.add(found.value)
            yield found


def _wrong(layer: Layer, quantity: str) -> Iterator[Mistake]:
    if quantity in ("n_H", "n_W"):
        yield from wrong_size(layer, quantity)
    else:
        ways = {
            "n_C": wrong_channels,
            "parameters": wrong_parameters,
            "macs": wrong_macs,
            "receptive_field": wrong_field,
            "activation_bytes": wrong_bytes,
        }
        yield from ways[quantity](layer)
    if quantity in COUNTS:
        batch = layer.output_shapes[0][0] if layer.output_shapes[0] else 1
        yield from wrong_units(getattr(layer, quantity), batch if quantity == "macs" else 1)


def wrong_units(right: int, batch: int = 1) -> Iterator[Mistake]:
    """A count in thousands, in millions, for a batch."""
    if batch > 1 and right:
        yield plain(right * batch, f"the number for the batch of {batch}; MACs are for one image")
    for unit, name in ((1000, "thousands"), (1_000_000, "millions")):
        for rounded in dict.fromkeys((right // unit, (right + unit // 2) // unit)):
            if rounded > 1 and right > 10_000:
                yield plain(rounded, f"about the number in {name}; the plain count is asked")
    if right:
        yield plain(right * 1000, "too large by a factor of 1,000: count the zeros")


def formula(layer: Layer, quantity: str) -> str:
    """How the number comes about: `n_H = floor((227 + 2*0 - 11) / 4) + 1 = 55`."""
    texts = layer.formulas
    if quantity in ("n_H", "n_W", "n_C"):
        found = [text for text in texts.shape.split("; ") if text.startswith(f"{quantity} = ")]
        return found[0] if found else f"{quantity} = {getattr(layer, quantity):,}{_reason(layer, quantity)}"
    if text := getattr(texts, quantity):
        return str(text)
    if quantity == "receptive_field" and len(right_answers(layer, quantity)) > 1:
        sizes = ", ".join(f"{size:,}" for size in layer.receptive_field or ())
        return f"r along each axis = {sizes}{_reason(layer, quantity)}"
    value = max(right_answers(layer, quantity), default=0)
    return f"{LABELS.get(quantity, quantity)} = {value:,}{_reason(layer, quantity)}"


def _reason(layer: Layer, quantity: str) -> str:
    """Why there is nothing to work out."""
    if quantity == "receptive_field":
        return " (as before this layer)" if layer.fields and layer.fields[0] == layer.field else ""
    if quantity == "parameters":
        return " (nothing is learned here)" if not layer.parameters else ""
    if quantity == "macs":
        return " (nothing is multiplied with weights here)" if not layer.macs else ""
    same = layer.input_shapes and layer.input_shapes[0] == layer.output_shapes[0]
    return " (as in its input)" if same else ""


def hint(layer: Layer, quantity: str) -> str:
    """What to think of first, without a number of the answer."""
    if quantity in ("n_H", "n_W"):
        return WINDOW_HINT if layer.operation.rule in ("convolution", "pooling") else SIZE_HINT
    return HINTS[quantity]
