"""Windows along one axis: what a convolution or a pooling layer does to a size, forwards and backwards."""

from __future__ import annotations

from typing import NamedTuple

from cnnviz.formulas import Formula, Term
from cnnviz.formulas.convolution import ConvArguments
from cnnviz.formulas.pooling import PoolArguments
from cnnviz.layer import Layer
from cnnviz.trace import Trace

# p stands for all padding: (2, 1) reads as 2*1, one on either side; w for what the window covers.
SIZE = Formula("floor((n + p - w) / s) + 1", products="p")
SIZE_CEILED = Formula("ceil((n + p - w) / s) + 1", products="p")
# The smallest size from which m windows fit: floor((n + p - w) / s) + 1 >= m, solved for n.
NEEDED = Formula("max(1, (m - 1)*s + w - p)", products="p")
NEEDED_CEILED = Formula("max(1, (m - 2)*s + w - p + 1)", products="p")

COVERED = Formula("d*(f - 1) + 1")


class Window(NamedTuple):
    """The numbers of a sliding window along one axis."""

    name: str  # of the layer
    f: int
    s: int
    d: int
    padding: tuple[int, ...]  # factors of all padding: (2, p), or (p + q,) where the sides differ
    once: int  # padding before the first element
    ceiled: bool  # sizes are rounded up

    @property
    def w(self) -> int:
        """What the window covers."""
        return self.d * (self.f - 1) + 1

    @property
    def total(self) -> int:
        """All padding."""
        whole = 1
        for factor in self.padding:
            whole *= factor
        return whole

    @property
    def keeps_size(self) -> bool:
        return self.s == 1 and self.w == self.total + 1

    def size(self, n: int) -> Term:
        """How many windows fit on n elements."""
        return Term(SIZE_CEILED if self.ceiled else SIZE, (n, self.padding, self.w, self.s))

    def needed(self, m: int) -> Term:
        """How many elements m windows need at least."""
        return Term(NEEDED_CEILED if self.ceiled else NEEDED, (m, self.s, self.w, self.padding))


def covers(step: Window) -> str:
    """Why a dilated window covers what it does, as a step of a working; "" for any other."""
    return f"w of {step.name} = {Term(COVERED, (step.d, step.f)).text}" if step.d > 1 else ""


def window(layer: Layer, axis: int) -> Window | None:
    """The layer's window along an axis, counted from the end; None where the layer moves no window."""
    a = layer.arguments
    if not isinstance(a, ConvArguments | PoolArguments) or -axis > len(a.kernel):
        return None
    before, after = a.padding[axis], a.padding[axis]
    if isinstance(a, ConvArguments) and a.padding_after is not None:
        after = a.padding_after[axis]
    return Window(
        name=layer.name or layer.op,
        f=a.kernel[axis],
        s=a.stride[axis],
        d=a.dilation[axis],
        padding=(2, before) if before == after else (before + after,),
        once=before,
        ceiled=isinstance(a, PoolArguments) and a.ceil_mode,
    )


def square_window(layer: Layer) -> Window | None:
    """The layer's window where it is the same along height and width."""
    high, wide = window(layer, -2), window(layer, -1)
    return high if high == wide else None


def ways(trace: Trace) -> tuple[tuple[Layer, ...] | None, ...]:
    """For each layer the windows that change the size between the network's input and its output, in order.

    None where something else changes the size on that way, or height and width are treated differently.
    """
    found: list[tuple[Layer, ...] | None] = []
    for layer in trace.layers:
        found.append(_way_on(layer, found[layer.inputs[0]] if layer.inputs else ()))
    return tuple(found)


def _way_on(layer: Layer, before: tuple[Layer, ...] | None) -> tuple[Layer, ...] | None:
    high, wide, _ = layer.sizes
    if before is None or high is None or high != wide or not layer.input_shapes:  # it may read nothing
        return None
    if len(layer.input_shapes[0]) != 4:
        return None
    step = square_window(layer)
    if step is not None and not step.keeps_size:
        return (*before, layer)
    return before if layer.input_shapes[0][-2:] == layer.output_shapes[0][-2:] else None


def windows(layers: tuple[Layer, ...]) -> tuple[Window, ...]:
    """The square windows of layers, which must have them."""
    return tuple(found for layer in layers if (found := square_window(layer)) is not None)


def sizes_along(steps: tuple[Window, ...], n: int) -> list[Term]:
    """The size after each step, for an input of n elements."""
    terms = []
    for step in steps:
        terms.append(step.size(n))
        n = terms[-1].number
    return terms


def needed_along(steps: tuple[Window, ...], m: int) -> list[Term]:
    """The size needed before each step, from the last step to the first, for m elements at the end."""
    terms = []
    for step in reversed(steps):
        terms.append(step.needed(m))
        m = terms[-1].number
    return terms
