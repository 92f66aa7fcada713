"""What an operation of an ONNX graph is made of, and what it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cnnviz.errors import ModelFileError
from cnnviz.formulas import Shape
from cnnviz.onnx.model import FLOATS, Model, Node, Tensor

PREVIOUS = "\0"  # an operand: what the step before has made
LIMIT = 2**63
LARGEST = 10**7  # of a kernel, a stride, a padding, an axis


class Made(NamedTuple):
    """One operation of a program; names instead of numbers."""

    op: str
    rule: str
    arguments: Any
    operands: tuple[str, ...]
    weights: tuple[str, ...] = ()  # learned tensors besides
    alias: bool = False
    itemsize: int = 0  # bytes of an output's element; 0: as its first operand


class Known(NamedTuple):
    """A small tensor whose values are known: a number, a list or a table, that shapes are made from."""

    shape: Shape  # at most two axes
    values: tuple[float, ...]

    @property
    def integers(self) -> tuple[int, ...]:
        return tuple(int(value) for value in self.values)


class Context:
    """What is known of every tensor while the graph is read from its beginning to its end."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.shapes: dict[str, Shape] = {}
        self.known: dict[str, Known] = {}
        self.weights: dict[str, Tensor] = dict(model.weights)
        self.same: dict[str, str] = {}  # another name of a weight
        self.plain: set[str] = set()  # constants of the graph: not learned
        self.roles = any(model.values[name].role for name in model.weights if name in model.values)
        self.folded = 0  # numbers that were read and made to work out shapes
        self.sized = False  # something was worked out from the size of a tensor
        for name, tensor in model.weights.items():
            self.constant(name, tensor)

    def constant(self, name: str, tensor: Tensor) -> None:
        self.weights[name] = tensor
        self.shapes[name] = tensor.shape
        if tensor.values is not None and all(abs(value) < LIMIT for value in tensor.values):
            self.known[name] = Known(tensor.shape, tensor.values)

    def weight(self, name: str) -> Tensor | None:
        """The tensor of the file that has this name."""
        return self.weights.get(self.same.get(name, name))

    def is_weight(self, name: str) -> bool:
        return self.same.get(name, name) in self.weights

    def learned(self, name: str, *, surely: bool = False) -> bool:
        """Whether a tensor of the file is a parameter: one with fractions that is no table and no constant.

        `surely`: it is where a layer has its weights.
        """
        name = self.same.get(name, name)
        tensor = self.weights.get(name)
        if tensor is None or name in self.plain:
            return False
        if surely:
            return True
        if tensor.kind not in FLOATS:
            return False
        value = self.model.values.get(name)
        role = value.role if value else ""
        return role == "PARAMETER" if self.roles else bool(tensor.shape)

    def shape(self, name: str) -> Shape:
        found = self.shapes.get(name)
        if found is None:
            raise ModelFileError(f"reads {name[:80]!r}, which nothing before it makes: the file is broken")
        return found

    def numbers(self, name: str) -> tuple[int, ...] | None:
        """The values of a small tensor of whole numbers; None where they are not known."""
        found = self.known.get(name)
        return found.integers if found and len(found.shape) < 2 else None


def given(node: Node, index: int) -> str:
    """The name of an operand; "" where it is left out."""
    return node.inputs[index] if index < len(node.inputs) else ""


def need(node: Node, count: int) -> tuple[str, ...]:
    """The first operands, which must be there."""
    found = node.inputs[:count]
    if len(found) < count or not all(found):
        raise ModelFileError(f"needs {count} input{'s' * (count != 1)}, has {len(node.inputs)}")
    return found


def integer(node: Node, name: str, default: int) -> int:
    """A whole number that the node has as an attribute."""
    value = node.attributes.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise ModelFileError(f"its {name} must be a whole number, got {str(value)[:40]!r}")
    return value


def integers(node: Node, name: str, default: Sequence[int], *, least: int = 1) -> tuple[int, ...]:
    """A list of whole numbers, as many as the default has."""
    value = node.attributes.get(name) or tuple(default)
    fits = isinstance(value, tuple) and len(value) == len(default)
    if not fits or not all(isinstance(n, int) and least <= n <= LARGEST for n in value):
        raise ModelFileError(
            f"its {name} must be {len(default)} whole numbers of at least {least}, got {str(value)[:60]}"
        )
    return tuple(value)


def word(node: Node, name: str, default: str) -> str:
    value = node.attributes.get(name, default)
    return value if isinstance(value, str) else default


def axes_of(context: Context, node: Node, index: int, rank: int) -> tuple[int, ...] | None:
    """The axes that a node names, as an attribute or, in newer operator sets, as an input; () for none.

    None where they depend on values.
    """
    name = given(node, index)
    if name:
        found = context.numbers(name)
    else:
        attribute: Any = node.attributes.get("axes", ())
        found = attribute if isinstance(attribute, tuple) else None
    return None if found is None else tuple(axis_in(axis, rank) for axis in found)


def axis_in(axis: Any, rank: int) -> int:
    """The axis, counted from the front."""
    if not isinstance(axis, int) or not -rank <= axis < rank:
        raise ModelFileError(f"names axis {str(axis)[:40]} of a tensor with {rank} axes")
    return axis % rank
