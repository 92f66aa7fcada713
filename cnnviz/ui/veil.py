"""What the card of a layer keeps back while numbers are to be predicted, at this layer and at others."""

from __future__ import annotations

import re

from cnnviz.card import Card, Neighbour, Quantity
from cnnviz.card.blocks import block_around
from cnnviz.exercises.predictions import SIZES, Predictions
from cnnviz.exercises.words import in_words
from cnnviz.tables import output_text
from cnnviz.trace import Trace

# Operations whose words, or whose equation, have sizes of tensors in them.
SIZED_WORDS = frozenset({"convolution", "transposed_convolution", "adaptive_pool"})
SIZED_EQUATION = frozenset({"arithmetic", "adaptive_pool"})


class Veil:
    """What the card of one layer may tell."""

    def __init__(self, trace: Trace, told: Card, predictions: Predictions) -> None:
        self.trace, self.predictions, self.layer = trace, predictions, trace.layers[told.index]
        self.hidden = predictions.hidden(told.index)
        self.right = predictions.right(told.index)
        self.asked = frozenset(predictions.asked(told.index))
        # sizes of what comes in: to be predicted at the layers that it comes from
        self.before = frozenset[str]().union(*map(predictions.hidden, self.layer.inputs)) & SIZES

    @property
    def sizes(self) -> bool:
        """Whether some size of what comes in or out is not to be seen."""
        return bool((self.hidden | self.before) & SIZES)

    @property
    def shows_story(self) -> bool:
        """A story has the shapes and the parameters of its whole block."""
        block = block_around(self.trace, self.layer.index) if self.predictions.chosen else None
        told = {self.layer.index, block.join, *block.layers, max(block.fork, 0)} if block else set()
        return not any(self.predictions.hidden(i) - {"receptive_field"} for i in sorted(told, reverse=True))

    @property
    def shows_code(self) -> bool:
        """The code has the sizes of many layers: in its numbers, and in its comments."""
        return not SIZES & set(self.predictions.chosen)

    def shows(self, quantity: Quantity) -> bool:
        return not {quantity.name, axisless(quantity.name)} & self.hidden

    def shows_formula(self, quantity: Quantity) -> bool:
        """Whether the formula may be seen: it has what comes in, which whoever has the answer knows."""
        name = axisless(quantity.name)
        if name in self.asked or not self.before:
            return True
        if name in ("parameters", "macs"):
            return "n_C" not in self.before
        if name == "receptive_field":
            return bool(getattr(self.layer.arguments, "kernel", ()))  # otherwise it has the whole map's size
        return name != "n_C"

    @property
    def shows_equation(self) -> bool:
        return not (self.sizes and self.layer.operation.rule in SIZED_EQUATION)

    def words(self, told: Card) -> str:
        """What the layer does, as an exercise says it where the other words have sizes in them."""
        if not self.sizes or self.layer.operation.rule not in SIZED_WORDS:
            return told.words
        words = re.sub(r"(?<=\d)x(?=\d)", " × ", in_words(self.layer))
        return f"{words[0].upper()}{words[1:]}." if words else ""

    def shape(self, neighbour: Neighbour, *, comes_in: bool) -> str:
        """A shape with question marks for what is not to be seen."""
        if comes_in and neighbour.index is None:
            return neighbour.shape
        index = neighbour.index if comes_in and neighbour.index is not None else self.layer.index
        hidden = self.predictions.hidden(index) & SIZES
        if not hidden:
            return neighbour.shape
        return output_text(self.trace.layers[index], hidden).replace("x", " × ")


def axisless(name: str) -> str:
    """`receptive_field` for `receptive_field_H`; `n_H` stays."""
    return name.removesuffix("_H").removesuffix("_W") if name.startswith(("receptive", "jump")) else name
