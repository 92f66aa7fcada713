"""The inputs of a network as a person gives them, checked: shapes without the batch axis, or tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cnnviz.errors import ShapeError
from cnnviz.formulas import Shape
from cnnviz.program import Input
from cnnviz.trace import batched

if TYPE_CHECKING:
    from torch import Tensor

LARGEST = 1_000_000  # channels, rows or columns of an input; images at once
InputShape = Shape | Sequence[Shape] | Mapping[str, Shape]


def inputs_of(
    input_shape: InputShape, batch_size: int, inputs: Any
) -> tuple[list[Input], list[Tensor] | None]:
    if inputs is None:
        batch(batch_size)
        names = list(input_shape) if isinstance(input_shape, Mapping) else []
        shapes = batched(input_shape, batch_size)
        for shape in shapes:
            checked_shape("the model", shape[1:])
        return [
            Input(name=str(names[i]) if names else "", shape=shape) for i, shape in enumerate(shapes)
        ], None
    tensors = list(inputs.values()) if isinstance(inputs, Mapping) else inputs
    names = list(inputs) if isinstance(inputs, Mapping) else []
    tensors = list(tensors) if isinstance(tensors, list | tuple) else [tensors]
    specs = [
        Input(name=names[i] if names else "", shape=tuple(t.shape), itemsize=t.element_size())
        for i, t in enumerate(tensors)
    ]
    return specs, tensors


def without_batch(specs: list[Input]) -> Any:
    shapes = tuple(spec.shape[1:] for spec in specs)
    return shapes[0] if len(shapes) == 1 else shapes


def one_shape(name: str, input_shape: InputShape) -> Shape:
    if isinstance(input_shape, Mapping) or not all(isinstance(n, int) for n in input_shape):
        raise ShapeError(f"{name} takes one input, channels x height x width, such as 3x224x224")
    return checked_shape(name, tuple(n for n in input_shape if isinstance(n, int)))


def checked_shape(name: str, shape: Shape) -> Shape:
    for n in shape:
        positive(n, f"each size of the input of {name}")
        if n > LARGEST:
            raise ShapeError(
                f"an input of {name} has at most {LARGEST:,} in each direction, got {_written(n)}"
            )
    return shape


def batch(size: object) -> int:
    """The batch size, checked."""
    count = positive(size, "the batch size")
    if count > LARGEST:
        raise ShapeError(f"the batch size is at most {LARGEST:,}, got {_written(count)}")
    return count


def _written(number: int) -> str:
    return f"{number:,}" if number < 10**15 else "a number of more than 15 digits"


def positive(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ShapeError(f"{what} must be a whole number of at least 1, got {value!s}")
    return value


def file_shapes(input_shape: InputShape | None) -> Sequence[Shape] | None:
    """The shapes of a file's inputs, without the batch axis, in the file's order; None for its own."""
    if input_shape is None:
        return None
    return [checked_shape("the network", shape[1:]) for shape in batched(input_shape, 1)]
