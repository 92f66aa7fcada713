"""Operations that rearrange values: flatten, view, permute, squeeze, expand, index."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from cnnviz.errors import ShapeError
from cnnviz.formulas.formula import Formula, Term
from cnnviz.formulas.linear import broadcast
from cnnviz.formulas.receptive_field import Field, Fields, Reach, Shape, Shapes, join, whole_span
from cnnviz.formulas.rule import Rule, size_text

FLATTENED = Formula("n", products="n")


def reshaped(field: Field | None, old: Shape, new: Shape) -> Field | None:
    """The field after a reshape: an axis that keeps its size and place is followed, others are scattered."""
    if field is None:
        return None
    return tuple(_reshaped(reach, old, new) for reach in field)


def _reshaped(reach: Reach, old: Shape, new: Shape) -> Reach:
    if reach.axis is None or old == new:
        return reach
    size, behind = old[reach.axis], prod(old[len(old) + reach.axis + 1 :])
    for axis in range(-len(new), 0):
        after = prod(new[len(new) + axis + 1 :])
        if after == behind and new[axis] == size:
            return reach._replace(axis=axis)
        if after <= behind and after * new[axis] >= behind * size:
            return reach._replace(axis=axis, jump=None, span=whole_span(reach, old))
    low, high = whole_span(reach, old)  # split over several axes, as windows are: an upper bound
    return Reach(low=low, high=high, fixed=reach.fixed)


class FlattenArguments(NamedTuple):
    """The axes that become one."""

    start: int
    end: int


class Flatten(Rule):
    """Axes `start` to `end` as one."""

    kind = "shape"
    arguments = FlattenArguments
    alias = True

    def outputs(self, a: FlattenArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        start, end = a.start % len(x), a.end % len(x)
        return ((*x[:start], prod(x[start : end + 1]), *x[end + 1 :]),)

    def shape_terms(self, a: FlattenArguments, inputs: Shapes, outputs: Shapes) -> dict[str, Term]:
        return {"n_C": Term(FLATTENED, (inputs[0][1:],))} if len(outputs[0]) == 2 else {}

    def field(self, a: FlattenArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return reshaped(fields[0], inputs[0], outputs[0])


class AxisArguments(NamedTuple):
    """One axis of a tensor, the batch included."""

    axis: int


class ViewArguments(NamedTuple):
    """The shape asked for; one entry may be -1."""

    shape: tuple[int, ...]


class View(Rule):
    """view, reshape, unflatten: the same values in another shape."""

    kind = "shape"
    arguments = ViewArguments
    alias = True

    def outputs(self, a: ViewArguments, inputs: Shapes) -> tuple[Shape, ...]:
        total = prod(inputs[0])
        known = prod(n for n in a.shape if n != -1)
        if known == 0 or total % known or (-1 not in a.shape and total != known):
            raise ShapeError(f"cannot view {size_text(inputs[0])} as {size_text(a.shape)}")
        return (tuple(total // known if n == -1 else n for n in a.shape),)

    def shape_terms(self, a: ViewArguments, inputs: Shapes, outputs: Shapes) -> dict[str, Term]:
        flat = len(outputs[0]) == 2 and outputs[0][:1] == inputs[0][:1]
        return {"n_C": Term(FLATTENED, (inputs[0][1:],))} if flat else {}

    def field(self, a: ViewArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return reshaped(fields[0], inputs[0], outputs[0])


class AxesArguments(NamedTuple):
    """Axes of a tensor, the batch included."""

    axes: tuple[int, ...]


class Permute(Rule):
    """The axes in another order."""

    kind = "shape"
    arguments = AxesArguments
    alias = True

    def outputs(self, a: AxesArguments, inputs: Shapes) -> tuple[Shape, ...]:
        if len(a.axes) != len(inputs[0]):
            raise ShapeError(f"got {len(inputs[0])} axes, needs {len(a.axes)}")
        return (tuple(inputs[0][axis] for axis in a.axes),)

    def field(self, a: AxesArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        if fields[0] is None:
            return None
        rank = len(a.axes)
        place = {from_end(axis, rank): i - rank for i, axis in enumerate(a.axes)}
        return tuple(r if r.axis is None else r._replace(axis=place[r.axis]) for r in fields[0])


class Squeeze(Rule):
    """Axes of size one removed; with no axes named, all of them."""

    kind = "shape"
    arguments = AxesArguments
    alias = True

    def outputs(self, a: AxesArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        named = {axis % len(x) for axis in a.axes} if a.axes else set(range(len(x)))
        return (tuple(n for i, n in enumerate(x) if not (i in named and n == 1)),)

    def field(self, a: AxesArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        x = inputs[0]
        named = {axis % len(x) for axis in a.axes} if a.axes else set(range(len(x)))
        gone = {i - len(x) for i in named if x[i] == 1}
        return fields[0] and tuple(without(reach, gone) for reach in fields[0])


class Unsqueeze(Rule):
    """A new axis of size one."""

    kind = "shape"
    arguments = AxesArguments
    alias = True

    def outputs(self, a: AxesArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        axis = a.axes[0] % (len(x) + 1)
        return ((*x[:axis], 1, *x[axis:]),)

    def field(self, a: AxesArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        new = a.axes[0] % (len(inputs[0]) + 1) - len(outputs[0])
        moved = (
            r if r.axis is None or r.axis > new else r._replace(axis=r.axis - 1) for r in fields[0] or ()
        )
        return fields[0] and tuple(moved)


class Expand(Rule):
    """Axes of size one repeated without copying; -1 keeps an axis."""

    kind = "shape"
    arguments = ViewArguments
    alias = True

    def outputs(self, a: ViewArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = (1,) * (len(a.shape) - len(inputs[0])) + tuple(inputs[0])
        wanted = tuple(n if m == -1 else m for n, m in zip(x, a.shape, strict=True))
        return (broadcast(x, wanted),)

    def field(self, a: ViewArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return join((fields[0], None), (inputs[0], outputs[0]), outputs[0])


class Unbind(Rule):
    """One tensor cut into its entries along one axis, which is gone then."""

    kind = "shape"
    arguments = AxisArguments
    alias = True

    def outputs(self, a: AxisArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        axis = a.axis % len(x)
        return ((*x[:axis], *x[axis + 1 :]),) * x[axis]

    def field(self, a: AxisArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        gone = {from_end(a.axis, len(inputs[0]))}
        return fields[0] and tuple(without(reach, gone) for reach in fields[0])


class IndexArguments(NamedTuple):
    """Basic slices: entries ("slice", start, stop, step), ("int", i), ("new",), ("rest",), one an axis."""

    entries: tuple[tuple[str | int | None, ...], ...]


class Index(Rule):
    """`x[:, 0]`, `x[..., ::2]` and other basic slices."""

    kind = "shape"
    arguments = IndexArguments
    alias = True

    def outputs(self, a: IndexArguments, inputs: Shapes) -> tuple[Shape, ...]:
        return (tuple(n for n, _ in self._axes(a, inputs[0])),)

    def field(self, a: IndexArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        if fields[0] is None:
            return None
        axes = self._axes(a, inputs[0])
        place = {source: (i - len(axes), step) for i, (_, (source, step)) in enumerate(axes)}
        reaches = []
        for reach in fields[0]:
            if reach.axis is None:
                reaches.append(reach)
            elif reach.axis in place:
                axis, step = place[reach.axis]
                jump = None if reach.jump is None else reach.jump * step
                reaches.append(reach._replace(axis=axis, jump=jump))
            else:
                reaches.append(Reach(low=reach.low, high=reach.high, fixed=reach.fixed))
        return tuple(reaches)

    def _axes(self, a: IndexArguments, x: Shape) -> list[tuple[int, tuple[int | None, int]]]:
        """Each axis of the output: its size, the input axis it comes from (from the end), and the step."""
        used = sum(1 for entry in a.entries if entry[0] in ("int", "slice"))
        if used > len(x):
            raise ShapeError(f"got {len(x)} axes, needs at least {used}")
        rest: tuple[tuple[str | int | None, ...], ...] = (("slice", None, None, None),) * (len(x) - used)
        entries = list(a.entries)
        at = next((i for i, entry in enumerate(entries) if entry[0] == "rest"), len(entries))
        entries[at : at + 1] = rest
        axes: list[tuple[int, tuple[int | None, int]]] = []
        axis = 0
        for kind, *bounds in entries:
            if kind == "new":
                axes.append((1, (None, 1)))
                continue
            if kind == "slice":
                cut = slice(*bounds).indices(x[axis])
                axes.append((len(range(*cut)), (axis - len(x), cut[2])))
            elif not -x[axis] <= int(bounds[0] or 0) < x[axis]:
                raise ShapeError(f"got {x[axis]} along axis {axis}, needs more than {bounds[0]}")
            axis += 1
        return axes


def from_end(axis: int, rank: int) -> int:
    return axis if axis < 0 else axis - rank


def without(reach: Reach, gone: set[int]) -> Reach:
    """The reach after some axes (counted from the end) have gone: the axes before them move up."""
    if reach.axis is None:
        return reach
    if reach.axis in gone:
        return Reach(low=reach.low, high=reach.high, fixed=reach.fixed)
    return reach._replace(axis=reach.axis + sum(1 for axis in gone if axis > reach.axis))
