"""Pooling: windows, fixed and adaptive, and reductions of whole axes."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from cnnviz.errors import ShapeError
from cnnviz.formulas.convolution import SIZE, SIZE_DILATED, effective_windows
from cnnviz.formulas.formula import Formula, Term
from cnnviz.formulas.receptive_field import Field, Fields, Shape, Shapes, mix_axes, scaled, slide
from cnnviz.formulas.rule import NUMBER, Extra, Rule, axis_names, least_size, need_rank, size_text
from cnnviz.formulas.shapes import from_end, without

# ceil_mode lets the last window hang over the edge, unless it would start in the padding behind the map.
SIZE_CEIL = Formula("ceil((n + 2*p - (d*(f - 1) + 1)) / s) + 1")
SIZE_CEIL_LESS = Formula("ceil((n + 2*p - (d*(f - 1) + 1)) / s)")


class PoolArguments(NamedTuple):
    """The static arguments of a pooling window; one entry of each tuple for each spatial axis."""

    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    ceil_mode: bool


class Pooling(Rule):
    """Max or average pooling with a fixed window."""

    kind = "pool"
    arguments = PoolArguments

    def outputs(self, a: PoolArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        rank = len(a.kernel)
        check_rank(rank, x)
        sizes = [_size(a, i, n).number for i, n in enumerate(x[-rank:])]
        if min(sizes) < 1:
            least = least_size(a.kernel, a.dilation, tuple(2 * p for p in a.padding))
            raise ShapeError(f"got {size_text(x[-rank:])}, needs at least {size_text(least)}")
        return ((*x[:-rank], *sizes),)

    def shape_terms(self, a: PoolArguments, inputs: Shapes, outputs: Shapes) -> dict[str, Term]:
        x, rank = inputs[0], len(a.kernel)
        sizes = {name: _size(a, i, x[i - rank]) for i, name in enumerate(axis_names(rank))}
        return {**sizes, "n_C": Term(NUMBER, (x[-rank - 1],))}

    def extra(self, a: PoolArguments, inputs: Shapes, outputs: Shapes) -> Extra:
        return Extra(pooling=prod(outputs[0]) * prod(a.kernel))

    def field(self, a: PoolArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return fields[0] and slide(fields[0], a.kernel, a.stride, a.padding, a.dilation, inputs[0])

    def field_steps(self, a: PoolArguments, inputs: Shapes) -> tuple[Shape, Shape] | None:
        return effective_windows(a.kernel, a.dilation), a.stride


class AdaptiveArguments(NamedTuple):
    """The output sizes asked for; None keeps the input's."""

    size: tuple[int | None, ...]


class AdaptivePooling(Rule):
    """Pooling to a given output size: windows from floor(i*n/m) to ceil((i + 1)*n/m)."""

    kind = "pool"
    arguments = AdaptiveArguments

    def outputs(self, a: AdaptiveArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x, rank = inputs[0], len(a.size)
        check_rank(rank, x)
        sizes = [n if m is None else m for n, m in zip(x[-rank:], a.size, strict=True)]
        return ((*x[:-rank], *sizes),)

    def shape_terms(self, a: AdaptiveArguments, inputs: Shapes, outputs: Shapes) -> dict[str, Term]:
        rank, out = len(a.size), outputs[0]
        sizes = {name: Term(NUMBER, (out[i - rank],)) for i, name in enumerate(axis_names(rank))}
        return {**sizes, "n_C": Term(NUMBER, (out[-rank - 1],))}

    def extra(self, a: AdaptiveArguments, inputs: Shapes, outputs: Shapes) -> Extra:
        reads = 1
        for n, m in zip(inputs[0][-len(a.size) :], outputs[0][-len(a.size) :], strict=True):
            reads *= sum(-(-(i + 1) * n // m) - i * n // m for i in range(m))
        return Extra(pooling=prod(inputs[0][: -len(a.size)]) * reads)

    def field(self, a: AdaptiveArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        if fields[0] is None:
            return None
        reaches = list(fields[0])
        for k, reach in enumerate(reaches):
            if reach.axis is not None and -reach.axis <= len(a.size) and reach.jump is not None:
                n, m = inputs[0][reach.axis], outputs[0][reach.axis]
                high = reach.high + (_widest(n, m) - 1) * reach.jump
                reaches[k] = reach._replace(jump=scaled(reach.jump, n, m), high=high)
        return tuple(reaches)

    def field_steps(self, a: AdaptiveArguments, inputs: Shapes) -> tuple[Shape, Shape] | None:
        sizes = inputs[0][-len(a.size) :]
        if any(m is not None and n % m for n, m in zip(sizes, a.size, strict=True)):
            return None  # uneven windows: no one stride describes them
        steps = tuple(1 if m is None else n // m for n, m in zip(sizes, a.size, strict=True))
        return steps, steps


class ReduceArguments(NamedTuple):
    """The axes that are reduced; none named means all."""

    axes: tuple[int, ...]
    keep: bool


class Reduce(Rule):
    """Mean, sum, maximum and kin over some axes."""

    kind = "pool"
    arguments = ReduceArguments

    def outputs(self, a: ReduceArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        gone = {axis % len(x) for axis in a.axes} if a.axes else set(range(len(x)))
        if a.keep:
            return (tuple(1 if i in gone else n for i, n in enumerate(x)),)
        return (tuple(n for i, n in enumerate(x) if i not in gone),)

    def extra(self, a: ReduceArguments, inputs: Shapes, outputs: Shapes) -> Extra:
        return Extra(pooling=prod(inputs[0]))

    def field(self, a: ReduceArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        if fields[0] is None:
            return None
        x = inputs[0]
        axes = [from_end(axis, len(x)) for axis in a.axes] or list(range(-len(x), 0))
        left = mix_axes(fields[0], axes, x)
        if a.keep:
            return left
        return tuple(without(reach, set(axes)) for reach in left)


class ReduceWithIndex(Reduce):
    """Maximum or minimum along one axis, with where it is."""

    def outputs(self, a: ReduceArguments, inputs: Shapes) -> tuple[Shape, ...]:
        (values,) = super().outputs(a, inputs)
        return values, values


def check_rank(axes: int, x: Shape) -> None:
    """Raise ShapeError unless a pooling over that many axes can take the tensor."""
    if len(x) not in (axes + 1, axes + 2):
        need_rank(f"{axes}-d pooling", x, axes + 1, axes + 2)


def _size(a: PoolArguments, i: int, n: int) -> Term:
    f, s, p, d = a.kernel[i], a.stride[i], a.padding[i], a.dilation[i]
    if not a.ceil_mode:
        return Term(SIZE, (n, p, f, s)) if d == 1 else Term(SIZE_DILATED, (n, p, d, f, s))
    size = SIZE_CEIL(n, p, d, f, s)
    hangs = (size - 1) * s >= n + p
    return Term(SIZE_CEIL_LESS if hangs else SIZE_CEIL, (n, p, d, f, s))


def _widest(n: int, m: int) -> int:
    if n % m == 0:
        return n // m
    return max(-(-(i + 1) * n // m) - i * n // m for i in range(m))
