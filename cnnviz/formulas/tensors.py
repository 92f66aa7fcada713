"""Operations that join, split, pad and resize tensors, or make them."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from cnnviz.errors import ReplayError, ShapeError
from cnnviz.formulas.formula import Formula, Term
from cnnviz.formulas.receptive_field import (
    Field,
    Fields,
    Reach,
    Shape,
    Shapes,
    join,
    scaled,
    spread,
    whole_span,
)
from cnnviz.formulas.rule import Rule, size_text
from cnnviz.formulas.shapes import AxesArguments, AxisArguments, Unsqueeze, from_end

CONCATENATED = Formula("c", sums="c")
TABLE = Formula("n * d")


class Concatenate(Rule):
    """Tensors side by side along one axis."""

    kind = "join"
    arguments = AxisArguments

    def outputs(self, a: AxisArguments, inputs: Shapes) -> tuple[Shape, ...]:
        first = inputs[0]
        axis = a.axis % len(first)
        before, after = first[:axis], first[axis + 1 :]
        for shape in {*inputs}:
            if shape[:axis] != before or shape[axis + 1 :] != after:
                got = " and ".join(size_text(s[1:]) for s in inputs)
                raise ShapeError(f"got {got}, needs equal sizes but along one axis")
        return ((*first[:axis], sum([s[axis] for s in inputs]), *after),)

    def shape_terms(self, a: AxisArguments, inputs: Shapes, outputs: Shapes) -> dict[str, Term]:
        if a.axis % len(inputs[0]) != 1:
            return {}
        return {"n_C": Term(CONCATENATED, (tuple(s[1] for s in inputs),))}

    def field(self, a: AxisArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        axis = from_end(a.axis, len(inputs[0]))
        scattered = [f and _scattered(f, axis, s) for f, s in zip(fields, inputs, strict=True)]
        return join(scattered, (outputs[0],) * len(inputs), outputs[0])


class Stack(Rule):
    """Tensors of one shape along a new axis."""

    kind = "join"
    arguments = AxisArguments

    def outputs(self, a: AxisArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        axis = a.axis % (len(x) + 1)
        return ((*x[:axis], len(inputs), *x[axis:]),)

    def field(self, a: AxisArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        moved = [Unsqueeze().field(AxesArguments((a.axis,)), (f,), (inputs[0],), outputs) for f in fields]
        return join(moved, (outputs[0],) * len(inputs), outputs[0])


class SplitArguments(NamedTuple):
    """The sizes of the pieces along one axis."""

    axis: int
    sizes: tuple[int, ...]


class Split(Rule):
    """One tensor cut into pieces of given sizes."""

    kind = "shape"
    arguments = SplitArguments
    alias = True

    def outputs(self, a: SplitArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        axis = a.axis % len(x)
        if sum(a.sizes) != x[axis]:
            raise ShapeError(f"cannot split {x[axis]} into {' + '.join(map(str, a.sizes))}")
        return tuple((*x[:axis], n, *x[axis + 1 :]) for n in a.sizes)


class ChunkArguments(NamedTuple):
    """Into how many pieces an axis is cut, or how long each is."""

    axis: int
    pieces: int  # 0: cut by size
    size: int  # 0: cut by number


class Chunk(Rule):
    """One tensor cut into equal pieces, the last perhaps smaller."""

    kind = "shape"
    arguments = ChunkArguments
    alias = True

    def outputs(self, a: ChunkArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        axis = a.axis % len(x)
        size = a.size or max(1, ceil(x[axis] / a.pieces))
        starts = range(0, x[axis], size)
        return tuple((*x[:axis], min(size, x[axis] - i), *x[axis + 1 :]) for i in starts)


class TakeArguments(NamedTuple):
    """How many entries are taken along one axis."""

    axis: int
    taken: int


class Take(Rule):
    """Chosen entries along one axis, as a connection table takes feature maps."""

    kind = "shape"
    arguments = TakeArguments

    def outputs(self, a: TakeArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        axis = a.axis % len(x)
        return ((*x[:axis], a.taken, *x[axis + 1 :]),)

    def field(self, a: TakeArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return fields[0] and _scattered(fields[0], from_end(a.axis, len(inputs[0])), inputs[0])


class PadArguments(NamedTuple):
    """Padding as torch.nn.functional.pad takes it: last axis first, before and after."""

    pads: tuple[int, ...]
    mode: str = "constant"  # reflect and circular take their values from the map, which must be large enough


class Pad(Rule):
    """Values added around a tensor."""

    kind = "shape"
    arguments = PadArguments

    def outputs(self, a: PadArguments, inputs: Shapes) -> tuple[Shape, ...]:
        out = list(inputs[0])
        for i in range(len(a.pads) // 2):
            before, after = a.pads[2 * i : 2 * i + 2]
            most = {"reflect": out[-1 - i] - 1, "circular": out[-1 - i]}.get(a.mode)
            if most is not None and max(before, after) > most:
                raise ShapeError(
                    f"got {size_text(inputs[0][2:])}, too small for {a.mode} padding of {max(before, after)}"
                )
            out[-1 - i] += before + after
        if min(out) < 1:
            raise ShapeError(f"got {size_text(inputs[0])}, of which padding {a.pads} leaves nothing")
        return (tuple(out),)

    def field(self, a: PadArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return fields[0] and tuple(self._padded(a, reach) for reach in fields[0])

    def _padded(self, a: PadArguments, reach: Reach) -> Reach:
        if reach.axis is None or reach.jump is None or -reach.axis > len(a.pads) // 2:
            return reach
        shift = a.pads[2 * (-reach.axis - 1)] * reach.jump
        return reach._replace(low=reach.low - shift, high=reach.high - shift)


class ResizeArguments(NamedTuple):
    """A target size or a scale (numerator, denominator) for each spatial axis, and how values are made."""

    size: tuple[int, ...]  # () where a scale is given
    scale: tuple[tuple[int, int], ...]
    taps: int  # input values that make one output along an axis: 1 nearest, 2 linear, 4 cubic


class Resize(Rule):
    """Interpolation to another size."""

    kind = "shape"
    arguments = ResizeArguments

    def outputs(self, a: ResizeArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        if a.size:
            return ((*x[:2], *a.size),)
        return ((*x[:2], *(n * p // q for n, (p, q) in zip(x[2:], a.scale, strict=True))),)

    def field(self, a: ResizeArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        if fields[0] is None:
            return None
        from fractions import Fraction

        scale = tuple(Fraction(m, n) for n, m in zip(inputs[0][2:], outputs[0][2:], strict=True))
        reaches = []
        resized = spread(fields[0], (1,) * len(scale), scale, (0,) * len(scale))
        for before, after in zip(fields[0], resized, strict=True):
            moved = before.jump is not None and before.axis is not None and -before.axis <= len(scale)
            high = before.high + (a.taps - 1) * (before.jump or 0) if moved else after.high
            reaches.append(after._replace(low=before.low if moved else after.low, high=high))
        return tuple(reaches)


class ShuffleArguments(NamedTuple):
    """The upscale factor of a pixel shuffle; negative for the way back."""

    factor: int


class PixelShuffle(Rule):
    """Channels become pixels (Shi et al. 2016), or pixels channels."""

    kind = "shape"
    arguments = ShuffleArguments

    def outputs(self, a: ShuffleArguments, inputs: Shapes) -> tuple[Shape, ...]:
        *front, c, h, w = inputs[0]
        r = abs(a.factor)
        if a.factor > 0:
            if c % (r * r):
                raise ShapeError(f"got {c} channels, needs a multiple of {r * r}")
            return ((*front, c // (r * r), h * r, w * r),)
        if h % r or w % r:
            raise ShapeError(f"got {h}x{w}, needs multiples of {r}")
        return ((*front, c * r * r, h // r, w // r),)

    def field(self, a: ShuffleArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        reaches = []
        for reach in fields[0] or ():
            if reach.axis is None or reach.jump is None:
                reaches.append(reach)
            elif a.factor > 0:
                reaches.append(reach._replace(jump=scaled(reach.jump, 1, a.factor)))
            else:
                high = reach.high + (-a.factor - 1) * reach.jump
                reaches.append(reach._replace(jump=reach.jump * -a.factor, high=high))
        return fields[0] and tuple(reaches)


class RepeatArguments(NamedTuple):
    """How often each axis is repeated."""

    times: tuple[int, ...]


class Repeat(Rule):
    """A tensor tiled along its axes."""

    kind = "shape"
    arguments = RepeatArguments

    def outputs(self, a: RepeatArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = (1,) * (len(a.times) - len(inputs[0])) + tuple(inputs[0])
        return (tuple(n * t for n, t in zip(x, a.times, strict=True)),)

    def field(self, a: RepeatArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        if fields[0] is None:
            return None
        repeated = {i - len(a.times) for i, t in enumerate(a.times) if t > 1}
        return tuple(_scattered_reach(reach, repeated, inputs[0]) for reach in fields[0])


class CreateArguments(NamedTuple):
    """The shape of a tensor made in the forward pass, the batch included."""

    shape: tuple[int, ...]


class Create(Rule):
    """torch.zeros, torch.arange and kin: a tensor that depends on no input."""

    arguments = CreateArguments

    def outputs(self, a: CreateArguments, inputs: Shapes) -> tuple[Shape, ...]:
        return (tuple(a.shape),)

    def field(self, a: CreateArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return None


class EmbeddingArguments(NamedTuple):
    """Size of a look-up table."""

    rows: int
    width: int


class Embedding(Rule):
    """A row of a table for each index; a look-up, no multiplication."""

    arguments = EmbeddingArguments

    def outputs(self, a: EmbeddingArguments, inputs: Shapes) -> tuple[Shape, ...]:
        return ((*inputs[0], a.width),)

    def parameters(self, a: EmbeddingArguments, inputs: Shapes) -> Term:
        return Term(TABLE, (a.rows, a.width))

    def field(self, a: EmbeddingArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return None


class OpaqueArguments(NamedTuple):
    """What torch itself made of an operation that has no rule."""

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]


class Opaque(Rule):
    """An operation without a rule: torch's own shapes, valid for just the inputs they were seen with."""

    arguments = OpaqueArguments
    counted = False

    def outputs(self, a: OpaqueArguments, inputs: Shapes) -> tuple[Shape, ...]:
        if tuple(inputs) != a.inputs:
            raise ReplayError("has no rule for other sizes")
        return a.outputs

    def field(self, a: OpaqueArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return None


def _scattered(field: Field, axis: int, shape: Shape) -> Field:
    return tuple(_scattered_reach(reach, {axis}, shape) for reach in field)


def _scattered_reach(reach: Reach, axes: set[int], shape: Shape) -> Reach:
    if reach.axis is None or reach.axis not in axes:
        return reach
    return reach._replace(jump=None, span=whole_span(reach, shape))
