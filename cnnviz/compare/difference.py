"""What is different between two networks, and which difference brings which part of the sums.

A layer that is itself different (another kernel, stride, padding, number of filters, ...) is a cause, and so
is one that was added or removed. A layer that is the same but works on a tensor of another size costs
something else because of a layer before it; what it costs more or less counts for that layer. So every layer
belongs to just one cause, and the causes add up to the difference of the totals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cnnviz.compare.contestants import Contestant
from cnnviz.compare.measures import Cost
from cnnviz.compare.pairing import Pair, pairs
from cnnviz.layer import Layer
from cnnviz.program import Size

# What follows from the tensor that comes in, and is no decision of the layer itself.
_GIVEN = frozenset({"in_channels", "in_features", "axis"})
_INPUT = -1  # the cause of what costs more because the network's input is another one


class Sums(NamedTuple):
    """Differences, after less before."""

    parameters: int = 0
    macs: int = 0
    counted: int = 0  # what the convention counts
    activation_bytes: int = 0

    def plus(self, other: Sums) -> Sums:
        return Sums(*(a + b for a, b in zip(self, other, strict=True)))


class Change(NamedTuple):
    """One thing about a layer that is different."""

    what: str  # "kernel", "stride", "filters", ...; "added", "removed", "input"
    before: str
    after: str


class Cause(NamedTuple):
    """One layer that is different, and what that costs in it and in the layers after it."""

    name: str  # module path
    parent: str  # the block that it is in
    work: str  # what it does, in words: "3x3 convolution"
    changes: tuple[Change, ...]
    sums: Sums


class Difference(NamedTuple):
    """Two networks and all that is different between them."""

    before: Contestant
    after: Contestant
    causes: tuple[Cause, ...]  # in the order of execution
    same: int  # layers that are the same in both, whatever they work on
    not_run: int  # difference of the parameters that these passes do not run

    @property
    def total(self) -> Sums:
        """The difference of the totals, worked out from them and not from the causes."""
        old, new = self.before.trace, self.after.trace
        return Sums(
            new.parameters - old.parameters,
            new.macs - old.macs,
            self.after.counted - self.before.counted,
            new.activation_bytes - old.activation_bytes,
        )


def difference(before: Contestant, after: Contestant) -> Difference:
    """What is different in `after`, cause by cause."""
    old, new = before.trace.layers, after.trace.layers
    costs = (before.costs, after.costs)
    aligned = pairs(old, new, costs)
    found = _Causes(old, new, costs)
    for pair in aligned:
        found.add(pair)
    return Difference(
        before=before,
        after=after,
        causes=tuple(found.finished()),
        same=sum(None not in pair for pair in aligned) - found.changed,
        not_run=after.trace.unused_parameters - before.trace.unused_parameters,
    )


class _Causes:
    """Goes through the aligned layers and hands what each costs more or less to what brought it about."""

    def __init__(
        self, old: Sequence[Layer], new: Sequence[Layer], costs: tuple[Sequence[Cost], Sequence[Cost]]
    ) -> None:
        self.old, self.new, self.costs = old, new, costs
        self.causes: dict[int, Cause] = {}  # by number, in order of appearance
        self.of_new: dict[int, int] = {}  # the cause of the size of a layer's output, by its index
        self.waiting = Sums()  # of layers that nothing before them explains
        self.changed = 0
        self.gone = 0  # the removed layer that came last, as a cause

    def add(self, pair: Pair) -> None:
        a, b = pair
        changes = self._changes(pair)
        sums = self._sums(pair)
        if changes:
            number = len(self.causes) + 1
            index = b if b is not None else a
            layer = self.new[b] if b is not None else self.old[a or 0]
            assert index is not None
            cost = self.costs[1][b] if b is not None else self.costs[0][index]
            self.causes[number] = Cause(
                layer.name or layer.op, _parent(layer), work_words(layer, cost), changes, sums
            )
            if b is not None:
                self.of_new[b] = number
            else:
                self.gone = number
            self.changed += None not in pair
            return
        assert a is not None
        assert b is not None
        number = self._inherited(a, b)
        self.of_new[b] = number
        self._count(number, sums)

    def finished(self) -> list[Cause]:
        """All causes; what no layer explains is left to the input."""
        found = list(self.causes.values())
        if any(self.waiting):
            old, new = (
                " and ".join("x".join(map(str, shape[1:])) for shape in layers[0].input_shapes)
                for layers in (self.old, self.new)
                if layers
            )
            found.insert(0, Cause("input", "", "input", (Change("input", old, new),), self.waiting))
        return found

    def _count(self, number: int, sums: Sums) -> None:
        if number in self.causes:
            cause = self.causes[number]
            self.causes[number] = cause._replace(sums=cause.sums.plus(sums))
        else:
            self.waiting = self.waiting.plus(sums)

    def _inherited(self, a: int, b: int) -> int:
        """The cause of what comes into a layer that is the same: of the first input that is different."""
        old, new = self.old[a], self.new[b]
        known = [self.of_new.get(i, _INPUT) for i in new.inputs]
        if old.output_shapes == new.output_shapes and old.input_shapes == new.input_shapes:
            return known[0] if known else _INPUT
        shapes = zip(old.input_shapes, new.input_shapes, strict=False)
        read = [i for i in new.operation.inputs if i >= 0]
        for position, (x, y) in enumerate(shapes):
            if x != y and position < min(len(known), len(read)):
                return known[position] if known[position] != _INPUT else self.gone or _INPUT
        return next((n for n in known if n != _INPUT), self.gone or _INPUT)

    def _changes(self, pair: Pair) -> tuple[Change, ...]:
        a, b = pair
        if a is None:
            return (Change("added", "", ""),)
        if b is None:
            return (Change("removed", "", ""),)
        return tuple(_changed(self.old[a], self.new[b]))

    def _sums(self, pair: Pair) -> Sums:
        a, b = pair
        old = self._cost(0, a)
        new = self._cost(1, b)
        return Sums(*(y - x for x, y in zip(old, new, strict=True)))

    def _cost(self, side: int, index: int | None) -> Sums:
        if index is None:
            return Sums()
        cost = self.costs[side][index]
        return Sums(cost.parameters, cost.macs, cost.counted, cost.activation_bytes)


def _changed(old: Layer, new: Layer) -> list[Change]:
    """What a layer decides for itself and does otherwise."""
    if old.operation.rule != new.operation.rule:
        return [Change("operation", old.op, new.op)]
    found = [Change("operation", old.op, new.op)] if old.op != new.op else []
    for name in getattr(new.arguments, "_fields", ()):
        if name in _GIVEN or (name == "channels" and new.kind == "norm"):
            continue
        x, y = getattr(old.arguments, name, None), getattr(new.arguments, name, None)
        if x != y and not (isinstance(x, Size) or isinstance(y, Size)) and not _follows(name, old, new):
            found.append(Change(_NAMES.get(name, name.replace("_", " ")), *_texts(name, x, y)))
    return found


_NAMES = {"channels": "filters", "out_features": "outputs"}
_NOUNS = {
    "add": "addition",
    "mul": "multiplication",
    "cat": "concatenation",
    "dropout": "dropout layer",
    "flatten": "flattening",
    "max pool": "max pooling",
    "avg pool": "average pooling",
    "adaptive avg pool": "adaptive average pooling",
    "batch norm": "batch normalisation",
    "layer norm": "layer normalisation",
    "local response norm": "local response normalisation",
}


def _follows(name: str, old: Layer, new: Layer) -> bool:
    """Whether an argument only says again what comes in: a depthwise convolution has a group a channel."""
    if name not in ("groups", "channels"):
        return False
    return all(
        getattr(layer.arguments, "groups", 1) == getattr(layer.arguments, "in_channels", 0) > 1
        and layer.arguments.channels == layer.arguments.in_channels
        for layer in (old, new)
    )


def _texts(name: str, x: Any, y: Any) -> tuple[str, str]:
    """Both values for people: `5x5` for a kernel, `2` for a stride that is the same along both axes."""
    if name == "kernel":
        return "x".join(map(str, x or ())), "x".join(map(str, y or ()))
    return _text(x), _text(y)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple) and value and all(isinstance(n, int) for n in value):
        return str(value[0]) if len(set(value)) == 1 else "x".join(map(str, value))
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _parent(layer: Layer) -> str:
    """The block that a layer is in: the module that holds the branch that holds the layer."""
    return layer.name.rpartition(".")[0]


def work_words(layer: Layer, cost: Cost) -> str:
    """What a layer does: `3x3 convolution`, `batch norm`."""
    if layer.kind == "conv":
        kernel = "x".join(map(str, layer.arguments.kernel))
        sort = cost.type.partition(" ")[0] + " " if cost.type.startswith(("depthwise", "grouped")) else ""
        return f"{kernel} {sort}convolution"
    if layer.kind == "linear":
        return "fully connected layer" if layer.op == "linear" else layer.op
    name = layer.op.removesuffix("2d").strip("_").replace("_", " ")
    if layer.kind == "act":
        return f"{name} activation"
    return _NOUNS.get(name, name)
