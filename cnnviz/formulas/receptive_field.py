"""Which pixels of the input an element of a tensor can see.

Along one axis of the network's input, element `i` of a feature map sees the pixels from `i*jump + low` to
`i*jump + high`, padding included: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill 2019, https://distill.pub/2019/computing-receptive-fields. Where branches meet, the union
counts. Normalisation layers are taken as element-wise, as is usual, although the statistics of some run over
the whole map.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from cnnviz.formulas.formula import Formula

Shape = tuple[int, ...]
Shapes = Sequence[Shape]
if TYPE_CHECKING:
    from fractions import Fraction  # few networks need it, and it takes longer to load than to trace them

    Interval = tuple[Fraction | int, Fraction | int]

FIELD_SIZE = Formula("r + (f - 1)*j")  # Distill 2019, equation 2
FIELD_JUMP = Formula("j*s")


class Reach(NamedTuple):
    """What a tensor sees along one axis of the network's input; its own axes are counted from the end."""

    axis: int | None = None  # the tensor axis that walks along the input axis; None: none does
    jump: Fraction | int | None = None  # pixels between neighbours; None: scattered, as after flatten
    low: Fraction | int = 0  # pixels that element 0 sees, or, with no jump, any one element
    high: Fraction | int = 0
    span: Interval | None = None  # pixels that all elements see together, where they lie scattered
    fixed: Interval | None = None  # pixels that every element sees besides, such as through a gate

    @property
    def size(self) -> int:
        """Pixels seen by one element."""
        moving = self.high - self.low + 1
        return math.ceil(max(moving, self.fixed[1] - self.fixed[0] + 1) if self.fixed else moving)


Field = tuple[Reach, ...]  # one for each spatial axis of the network's input
Fields = Sequence[Field | None]  # None: the tensor does not depend on the input


def input_field(rank: int) -> Field:
    """The field of a network input with `rank` axes, the batch included: its last axes, after N and C."""
    return tuple(Reach(axis=axis, jump=1) for axis in range(-(rank - 2), 0))


def slide(field: Field, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, shape: Shape) -> Field:
    """The field after a window has moved over the last `len(kernel)` axes of a tensor of this shape."""
    return tuple(_slid(reach, kernel, stride, padding, dilation, shape) for reach in field)


def _slid(reach: Reach, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, shape: Shape) -> Reach:
    axis, jump, low, high, span, fixed = reach
    if axis is None or -axis > len(kernel):
        return reach
    if jump is None:
        return reach if kernel[axis] == 1 else mixed(reach, shape)._replace(axis=axis, span=span)
    reached = low - padding[axis] * jump
    beyond = high + (dilation[axis] * (kernel[axis] - 1) - padding[axis]) * jump
    return Reach(axis, _whole(jump * stride[axis]), _whole(reached), _whole(beyond), span, fixed)


def spread(field: Field, kernel: Shape, stride: Shape | tuple[Fraction, ...], padding: Shape) -> Field:
    """The field after an upsampling: `stride` outputs an input, each made from up to ceil(f / s) inputs."""
    from fractions import Fraction

    reaches = []
    for reach in field:
        if reach.axis is None or reach.jump is None or -reach.axis > len(kernel):
            reaches.append(reach)
            continue
        f, s, p, jump = kernel[reach.axis], stride[reach.axis], padding[reach.axis], reach.jump
        inputs = math.ceil(Fraction(f) / s)
        low = reach.low + jump * (math.ceil(Fraction(p - f + 1) / s))
        high = reach.high + jump * math.ceil(Fraction(p - f + 1) / s) + (inputs - 1) * jump
        reaches.append(reach._replace(jump=_whole(Fraction(jump) / s), low=_whole(low), high=_whole(high)))
    return tuple(reaches)


def join(fields: Fields, shapes: Shapes, out: Shape) -> Field | None:
    """The field of an element-wise operation on several tensors: the union, with broadcasting."""
    known = [(field, shape) for field, shape in zip(fields, shapes, strict=True) if field is not None]
    if not known:
        return None
    first, first_shape = known[0]
    if len(known) == 1 and first_shape[-len(out) :] == out:
        return first
    depth = max(len(field) for field, _ in known)
    merged: list[Reach] = []
    for k in range(depth):
        reaches = [_broadcast(field[k], shape, out) for field, shape in known if k < len(field)]
        union = reaches[0]
        for reach in reaches[1:]:
            union = _union(union, reach)
        merged.append(union)
    return tuple(merged)


def _broadcast(reach: Reach, shape: Shape, out: Shape) -> Reach:
    if reach.axis is None or shape[reach.axis] == out[reach.axis]:
        return reach
    return Reach(low=reach.low, high=reach.high, fixed=reach.fixed)  # one element, seen from everywhere


def _union(a: Reach, b: Reach) -> Reach:
    if a == b:
        return a
    if a.axis is None and b.axis is None:
        return Reach(low=min(a.low, b.low), high=max(a.high, b.high), fixed=_hull(a.fixed, b.fixed))
    if a.axis is None:
        a, b = b, a
    if b.axis is None:
        return a._replace(fixed=_hull(_hull(a.fixed, b.fixed), (b.low, b.high)))
    jump = None if a.jump is None or b.jump is None else max(a.jump, b.jump)
    low, high = min(a.low, b.low), max(a.high, b.high)
    return Reach(a.axis, jump, low, high, _hull(a.span, b.span), _hull(a.fixed, b.fixed))


def mixed(reach: Reach, shape: Shape) -> Reach:
    """One element that sees all that the elements along the reach's axis see together."""
    if reach.axis is None:
        return reach
    low, high = whole_span(reach, shape)
    return Reach(low=low, high=high, fixed=reach.fixed)


def whole_span(reach: Reach, shape: Shape) -> Interval:
    """The pixels that all elements of a tensor of this shape see together."""
    if reach.axis is None:
        return reach.low, reach.high
    if reach.jump is None:
        return reach.span or (reach.low, reach.high)
    return reach.low, _whole((shape[reach.axis] - 1) * reach.jump + reach.high)


def mix_axes(field: Field, axes: Sequence[int], shape: Shape, *, keep: bool = False) -> Field:
    """The field after every element along these axes (counted from the end) has been combined with the rest.

    With `keep` the axis stays, as after a softmax or attention over positions; without it is gone, as after a
    sum or a fully connected layer.
    """
    reaches = []
    for reach in field:
        if reach.axis is None or reach.axis not in axes:
            reaches.append(reach)
            continue
        seen = mixed(reach, shape)
        kept = seen._replace(axis=reach.axis, span=(seen.low, seen.high))
        reaches.append(kept if keep else seen)
    return tuple(reaches)


def _hull(a: Interval | None, b: Interval | None) -> Interval | None:
    if a is None or b is None:
        return a or b
    return min(a[0], b[0]), max(a[1], b[1])


def scaled(jump: Fraction | int, n: int, m: int) -> Fraction | int:
    """The jump times n / m: a whole number wherever it is one."""
    if isinstance(jump, int) and jump * n % m == 0:
        return jump * n // m
    from fractions import Fraction

    return _whole(jump * Fraction(n, m))


def _whole(value: Fraction | int) -> Fraction | int:
    return value if isinstance(value, int) or value.denominator != 1 else value.numerator
