"""What a rule is: how one kind of operation turns shapes into shapes, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from cnnviz.errors import ShapeError
from cnnviz.formulas.formula import Formula, Term
from cnnviz.formulas.receptive_field import Field, Fields, Shape, Shapes, join

NUMBER = Formula("n")
PRODUCT = Formula("n", products="n")
NOTHING = Term(NUMBER, (0,))


class Extra(NamedTuple):
    """Arithmetic that is not a multiplication of a convolution, linear layer or matrix product.

    Each is a count of operations on the whole batch; the tracer divides by the batch size. Conventions that
    count them too (2 for each batch norm element, say) start from these.
    """

    bias: int = 0  # one addition for each element that gets a bias
    normalisation: int = 0  # elements normalised: one multiplication and one addition each, once folded
    activation: int = 0  # elements that go through an activation function
    pooling: int = 0  # elements read by pooling windows
    elementwise: int = 0  # elements computed by +, -, *, / and other arithmetic between tensors


NO_EXTRA = Extra()


class Nothing(NamedTuple):
    """The static arguments of an operation that has none."""


class Rule:
    """One kind of operation. Shapes include the batch axis; `a` holds the operation's static arguments.

    A subclass says how the output's shape follows from the inputs', and whatever else is not zero.
    Everything raises ShapeError where an operation cannot take what it gets.
    """

    kind: ClassVar[str] = "other"  # what the graph colours by: conv pool norm act linear join shape other
    arguments: ClassVar[Any] = Nothing  # a NamedTuple
    alias: ClassVar[bool] = False  # the output shares the first input's memory, as a view does
    counted: ClassVar[bool] = True  # False: it may multiply, and nobody has written down how often

    def outputs(self, a: Any, inputs: Shapes) -> tuple[Shape, ...]:
        """The shapes of what comes out."""
        return (inputs[0],)

    def shape_terms(self, a: Any, inputs: Shapes, outputs: Shapes) -> dict[str, Term]:
        """The sizes worth explaining, each with its formula: `n_H`, `n_W`, `n_C`, or `n`."""
        return {}

    def parameters(self, a: Any, inputs: Shapes) -> Term:
        return NOTHING

    def macs(self, a: Any, inputs: Shapes, outputs: Shapes) -> Term:
        """Multiplications of convolutions, linear layers and matrix products, for the whole batch."""
        return NOTHING

    def extra(self, a: Any, inputs: Shapes, outputs: Shapes) -> Extra:
        return NO_EXTRA

    def field(self, a: Any, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        """What an element of the first output sees of the network's input."""
        return join(fields[:1], inputs[:1], outputs[0]) if fields else None

    def depth(self, a: Any) -> int:
        """How many layers with weights (convolutional, fully connected) this operation is."""
        return 0

    def field_steps(self, a: Any, inputs: Shapes) -> tuple[Shape, Shape] | None:
        """Effective window and stride along the last axes, where the operation moves a window."""
        return None


def need_rank(what: str, shape: Shape, *ranks: int) -> None:
    """Raise ShapeError unless the tensor has one of these numbers of axes, the batch included."""
    if len(shape) not in ranks:
        axes = " or ".join(str(rank) for rank in ranks)
        raise ShapeError(f"{what} needs a tensor with {axes} axes, batch included, got {size_text(shape)}")


def size_text(shape: Sequence[int]) -> str:
    """`3x224x224`."""
    return "x".join(str(n) for n in shape) or "a single number"


def axis_names(rank: int) -> tuple[str, ...]:
    """`n_H`, `n_W` and kin for that many spatial axes."""
    return {1: ("n_W",), 2: ("n_H", "n_W"), 3: ("n_D", "n_H", "n_W")}.get(rank, ())


def least_size(kernel: Shape, dilation: Shape, padding: Shape) -> Shape:
    """The smallest map that a window fits on; `padding` is the sum of both sides."""
    windows = (d * (f - 1) + 1 - p for f, d, p in zip(kernel, dilation, padding, strict=True))
    return tuple(max(1, window) for window in windows)
