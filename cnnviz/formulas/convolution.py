"""Convolutions, in one to three dimensions, and their transposes."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

from cnnviz.errors import ShapeError
from cnnviz.formulas.formula import Formula, Term
from cnnviz.formulas.receptive_field import Field, Fields, Shape, Shapes, slide, spread
from cnnviz.formulas.rule import NUMBER, Extra, Rule, axis_names, least_size, need_rank, size_text

# The window fits floor((n + 2p - f) / s) times after the first; a dilated window covers d*(f - 1) + 1.
SIZE = Formula("floor((n + 2*p - f) / s) + 1")
SIZE_DILATED = Formula("floor((n + 2*p - (d*(f - 1) + 1)) / s) + 1")
SIZE_UNEVEN = Formula("floor((n + p - (d*(f - 1) + 1)) / s) + 1", sums="p")
SIZE_TRANSPOSED = Formula("(n - 1)*s - 2*p + d*(f - 1) + q + 1")

# One f_H x f_W x C kernel, and its bias, for each of n_C filters.
PARAMETERS = Formula("f*C * n", products="f")
PARAMETERS_BIAS = Formula("(f*C + 1) * n", products="f")
PARAMETERS_TRANSPOSED = Formula("C * f*n", products="f")
PARAMETERS_TRANSPOSED_BIAS = Formula("C * f*n + b", products="f")
# Each of n_H x n_W x n_C outputs is a sum of f_H x f_W x C products, C = input channels / groups.
MACS = Formula("n*m * (f*C)", products="n f")
# A transposed convolution slides over the *input*: each input value is multiplied with every kernel value.
MACS_TRANSPOSED = Formula("n*C * (f*m)", products="n f")


class ConvArguments(NamedTuple):
    """The static arguments of a convolution; one entry of each tuple for each spatial axis."""

    channels: int  # of the output: the number of filters
    in_channels: int
    kernel: Shape
    stride: Shape
    padding: Shape  # on either side
    dilation: Shape
    groups: int
    bias: bool
    padding_after: Shape | None = None  # where it differs, as `padding="same"` does for even windows


@lru_cache(maxsize=4096)
def _sizes(n: Shape, padding: Shape, dilation: Shape, kernel: Shape, stride: Shape) -> Shape:
    """The sizes of a convolution's output; a network asks for the same few over and over."""
    return tuple(SIZE_DILATED.several(n, padding, dilation, kernel, stride))


class Convolution(Rule):
    """A convolution (cross-correlation) with a bank of filters."""

    kind = "conv"
    arguments = ConvArguments

    def outputs(self, a: ConvArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        channels, in_channels, kernel, stride, padding, dilation, _, _, padding_after = a
        if len(x) != len(kernel) + 2 or x[1] != in_channels:
            _check(a, x)
        if padding_after is None:
            sizes = _sizes(x[2:], padding, dilation, kernel, stride)
        else:
            sizes = tuple(_size(a, i, n).number for i, n in enumerate(x[2:]))
        if min(sizes) < 1:
            both = tuple(p + q for p, q in zip(padding, padding_after or padding, strict=True))
            least = least_size(kernel, dilation, both)
            raise ShapeError(f"got {size_text(x[2:])}, needs at least {size_text(least)}")
        return ((x[0], channels, *sizes),)

    def shape_terms(self, a: ConvArguments, inputs: Shapes, outputs: Shapes) -> dict[str, Term]:
        names = axis_names(len(a.kernel))
        sizes = {name: _size(a, i, inputs[0][2 + i]) for i, name in enumerate(names)}
        return {**sizes, "n_C": Term(NUMBER, (a.channels,))}

    def depth(self, a: ConvArguments) -> int:
        return 1

    def parameters(self, a: ConvArguments, inputs: Shapes) -> Term:
        formula = PARAMETERS_BIAS if a.bias else PARAMETERS
        return Term(formula, (a.kernel, a.in_channels // a.groups, a.channels))

    def macs(self, a: ConvArguments, inputs: Shapes, outputs: Shapes) -> Term:
        n, channels, *sizes = outputs[0]
        positions = (*sizes,) if n == 1 else (n, *sizes)
        return Term(MACS, (positions, channels, a.kernel, a.in_channels // a.groups))

    def extra(self, a: ConvArguments, inputs: Shapes, outputs: Shapes) -> Extra:
        return Extra(bias=prod(outputs[0]) if a.bias else 0)

    def field(self, a: ConvArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return fields[0] and slide(fields[0], a.kernel, a.stride, a.padding, a.dilation, inputs[0])

    def field_steps(self, a: ConvArguments, inputs: Shapes) -> tuple[Shape, Shape] | None:
        return effective_windows(a.kernel, a.dilation), a.stride


class TransposedArguments(NamedTuple):
    """The static arguments of a transposed convolution."""

    channels: int
    in_channels: int
    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    groups: int
    bias: bool
    output_padding: Shape


class TransposedConvolution(Rule):
    """A transposed ("de-") convolution: every input value adds a scaled kernel to the output."""

    kind = "conv"
    arguments = TransposedArguments

    def outputs(self, a: TransposedArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        _check(a, x)
        sizes = [_transposed_size(a, i, n).number for i, n in enumerate(x[2:])]
        if min(sizes) < 1:
            raise ShapeError(f"got {size_text(x[2:])}, of which padding {a.padding} leaves nothing")
        return ((x[0], a.channels, *sizes),)

    def shape_terms(self, a: TransposedArguments, inputs: Shapes, outputs: Shapes) -> dict[str, Term]:
        names = axis_names(len(a.kernel))
        sizes = {name: _transposed_size(a, i, inputs[0][2 + i]) for i, name in enumerate(names)}
        return {**sizes, "n_C": Term(NUMBER, (a.channels,))}

    def depth(self, a: TransposedArguments) -> int:
        return 1

    def parameters(self, a: TransposedArguments, inputs: Shapes) -> Term:
        values = (a.in_channels, a.kernel, a.channels // a.groups)
        if a.bias:
            return Term(PARAMETERS_TRANSPOSED_BIAS, (*values, a.channels))
        return Term(PARAMETERS_TRANSPOSED, values)

    def macs(self, a: TransposedArguments, inputs: Shapes, outputs: Shapes) -> Term:
        n, channels, *sizes = inputs[0]
        positions = (*sizes,) if n == 1 else (n, *sizes)
        return Term(MACS_TRANSPOSED, (positions, channels, a.kernel, a.channels // a.groups))

    def extra(self, a: TransposedArguments, inputs: Shapes, outputs: Shapes) -> Extra:
        return Extra(bias=prod(outputs[0]) if a.bias else 0)

    def field(self, a: TransposedArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return fields[0] and spread(fields[0], effective_windows(a.kernel, a.dilation), a.stride, a.padding)


def _check(a: ConvArguments | TransposedArguments, x: Shape) -> None:
    if len(x) != len(a.kernel) + 2:
        need_rank(f"a {len(a.kernel)}-d convolution", x, len(a.kernel) + 2)
    if x[1] != a.in_channels:
        raise ShapeError(f"got {x[1]} input channel{'s' * (x[1] != 1)}, needs {a.in_channels}")


def _size(a: ConvArguments, i: int, n: int) -> Term:
    f, s, p, d = a.kernel[i], a.stride[i], a.padding[i], a.dilation[i]
    if a.padding_after is not None and a.padding_after[i] != p:
        return Term(SIZE_UNEVEN, (n, (p, a.padding_after[i]), d, f, s))
    return Term(SIZE, (n, p, f, s)) if d == 1 else Term(SIZE_DILATED, (n, p, d, f, s))


def _transposed_size(a: TransposedArguments, i: int, n: int) -> Term:
    values = (n, a.stride[i], a.padding[i], a.dilation[i], a.kernel[i], a.output_padding[i])
    return Term(SIZE_TRANSPOSED, values)


def effective_windows(kernel: Shape, dilation: Shape) -> Shape:
    """The sizes that dilated windows cover."""
    return tuple(d * (f - 1) + 1 for f, d in zip(kernel, dilation, strict=True))
