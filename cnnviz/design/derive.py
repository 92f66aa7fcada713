"""The rows of a catalogue network, found by building rows until they make the same network.

A tensor's meaning is the operation that makes it, its arguments, and the meanings of what goes in. Rows are
proposed from the operations that come next, built, and kept where what they make has the meaning of a tensor
of the network. So rows that are found are right: only their order in time and their names may differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cnnviz.design.blocks import BUILD
from cnnviz.design.builder import Builder
from cnnviz.design.built import values_of
from cnnviz.design.design import MOST_NAME, Design, Row, row
from cnnviz.design.kinds import ACTIVATIONS, MOST_LAYERS, MOST_REPEATS, NO_ACTIVATION
from cnnviz.errors import DesignError, ShapeError
from cnnviz.formulas import Shape
from cnnviz.program import Operation, Program
from cnnviz.trace import Trace

_AHEAD = 24  # operations that a block is proposed from


class Meanings:
    """Numbers for the meanings of tensors, the same for the same."""

    def __init__(self) -> None:
        self._known: dict[Any, int] = {}
        self._parts: dict[int, tuple[int, ...]] = {}  # of what is put side by side

    def of(self, operation: Operation, inputs: tuple[int, ...]) -> int:
        if operation.rule == "concatenate":
            inputs = tuple(part for i in inputs for part in self._parts.get(i, (i,)))
            if len(inputs) == 1:
                return inputs[0]
        if operation.op in ("add", "mul"):
            inputs = tuple(sorted(inputs))
        arguments = operation.arguments
        if operation.rule == "linear":  # what comes in decides, also where the catalogue leaves it open
            arguments = (arguments.out_features, arguments.bias)
        key = (operation.op, operation.rule, arguments, inputs)
        meaning = self._known.setdefault(key, len(self._known) + 1)
        if operation.rule == "concatenate":
            self._parts[meaning] = inputs
        return meaning

    def tensors(self, program: Program) -> list[int]:
        """The meaning of every tensor of a program; 0 is its input, -1 and below what has none here."""
        found = [0]
        for operation in program.operations:
            inputs = tuple(found[i] if i >= 0 else i for i in operation.inputs)
            found.append(self.of(operation, inputs))
            found += [-len(found) - n for n in range(1, operation.outputs)]
        return found


@dataclass(slots=True)
class _Search:
    """Where the search for rows stands."""

    trace: Trace
    meanings: Meanings
    tensors: dict[int, int]  # a tensor of the network by its meaning
    at: int = 0  # the tensor that the rows so far make
    meaning: int = 0

    def reached(self, made: Row) -> tuple[int, int] | None:
        """The tensor of the network that this row makes next, and its meaning."""
        shape = self.shape
        builder = Builder(shape)
        try:
            BUILD[made.kind](builder, 0, "", values_of(made, 0))
        except (ShapeError, IndexError, ZeroDivisionError, ValueError):
            return None  # a proposal that fits nothing
        found = [self.meaning]
        for operation in builder.operations:
            found.append(self.meanings.of(operation, tuple(found[i] for i in operation.inputs)))
        tensor = self.tensors.get(found[-1])
        return (tensor, found[-1]) if tensor is not None and len(found) > 1 else None

    @property
    def shape(self) -> Shape:
        operations = self.trace.program.operations
        if not self.at:
            return self.trace.input_shapes[0]
        assert len(operations) >= self.at
        return self.trace.layers[self.at - 1].output_shape

    def ahead(self) -> list[Operation]:
        return list(self.trace.program.operations[self.at : self.at + _AHEAD])


def derived(trace: Trace) -> Design:
    """The design of a traced network. Raises DesignError with the layer that no kind of row is like.

    What a trace does not tell has its default: a dropout's share, how many channels a response norm looks
    at. Parts that do not run in it, such as auxiliary heads, are left out.
    """
    program = trace.program
    shape = trace.input_shapes[0]
    chain = len(program.inputs) == 1 and program.outputs and all(o.outputs == 1 for o in program.operations)
    if not chain or len(shape) != 3:
        raise DesignError(f"{trace.model} is no chain of rows from one image to one answer")
    meanings = Meanings()
    tensors = meanings.tensors(program)
    search = _Search(trace, meanings, {meaning: tensor for tensor, meaning in enumerate(tensors)})
    rows: list[Row] = []
    while search.at != program.outputs[0]:
        step = _next(search, rows[-1] if rows else None)
        if step is None:
            raise DesignError(_no_kind(trace, search.at))
        made, search.at, search.meaning = step
        rows.append(made)
    name = "".join(c if c.isalnum() or c in " .+@()-_" else "-" for c in trace.model)[:MOST_NAME]
    return Design(name=name, input_shape=(shape[0], shape[1], shape[2])).having(_folded(rows))


def _next(search: _Search, last: Row | None) -> tuple[Row, int, int] | None:
    """The row that takes the search furthest, so that a block comes before the layers that it is made of.

    One more of the last row comes first: a shortcut's kind, say, tells nothing where shapes agree.
    """
    best: tuple[Row, int, int] | None = None
    again = [row(last.kind, values_of(last, 1))] if last else []
    for made in (*again, *_proposals(search.ahead())):
        reached = search.reached(made)
        if reached and (best is None or reached[0] > best[1]):
            best = (made, *reached)
    return _longest_dense(search, best) if best else None


def _longest_dense(search: _Search, best: tuple[Row, int, int]) -> tuple[Row, int, int]:
    """A dense block with as many layers as follow each other."""
    while best[0].kind == "dense" and (layers := int(dict(best[0].values)["layers"])) < MOST_LAYERS:
        longer = best[0].having(layers=layers + 1)
        reached = search.reached(longer)
        if not reached:
            break
        best = (longer, *reached)
    return best


def _proposals(ahead: list[Operation]) -> Iterator[Row]:
    """Rows that the operations ahead may be."""
    if not ahead:
        return
    seen: set[Row] = set()
    for kind, values in (*_layers(ahead), *_blocks(ahead)):
        try:
            made = row(kind, values)
        except DesignError:
            continue  # beyond a bound
        if made not in seen:
            seen.add(made)
            yield made


def _layers(ahead: list[Operation]) -> Iterator[tuple[str, dict[str, Any]]]:
    first = ahead[0]
    a = first.arguments
    if first.rule == "convolution" and len({*a.kernel}) == len({*a.stride}) == len({*a.padding}) == 1:
        yield from _convs(ahead)
    elif first.rule == "linear":
        for function in (NO_ACTIVATION, _function(ahead[1:2])):
            yield "linear", {"features": a.out_features, "bias": a.bias, "activation": function}
    elif first.rule == "pooling" and len({*a.kernel}) == len({*a.stride}) == len({*a.padding}) == 1:
        mode = "max" if first.op == "max_pool2d" else "avg"
        window = {"kernel": a.kernel[0], "stride": a.stride[0], "padding": a.padding[0]}
        yield "pool", {"mode": mode, "ceil": a.ceil_mode, **window}
    elif first.rule == "adaptive_pool" and a.size[0] == a.size[1]:
        yield "global_pool", {"mode": "max" if "max" in first.op else "avg", "size": a.size[0]}
    elif first.op in ACTIVATIONS:
        yield "activation", {"function": first.op}
    simple = {
        "batch_norm": "batch_norm",
        "dropout": "dropout",
        "flatten": "flatten",
    }
    if first.rule == "response_norm":
        yield "lrn", {"size": a.size}
    elif first.op in simple:
        yield simple[first.op], {}


def _convs(ahead: list[Operation]) -> Iterator[tuple[str, dict[str, Any]]]:
    a = ahead[0].arguments
    window = {
        "kernel": a.kernel[0],
        "stride": a.stride[0],
        "padding": a.padding[0],
        "dilation": a.dilation[0],
    }
    fixed = {"channels": a.channels, "groups": a.groups, **window}
    for norm in (False, True):
        bias = "auto" if a.bias != norm else "on" if a.bias else "off"
        for function in (NO_ACTIVATION, _function(ahead[1 + norm : 2 + norm])):
            yield "conv", {**fixed, "bias": bias, "batch_norm": norm, "activation": function}


def _blocks(ahead: list[Operation]) -> Iterator[tuple[str, dict[str, Any]]]:
    convs = [o.arguments for o in ahead if o.rule == "convolution"]
    if not convs:
        return
    function = next((o.op for o in ahead if o.op in ACTIVATIONS), NO_ACTIVATION)
    common = {
        "activation": function,
        "batch_norm": any(o.op == "batch_norm" for o in ahead[:3]),
    }
    biased = {"bias": "auto" if convs[0].bias != common["batch_norm"] else "on" if convs[0].bias else "off"}
    joins = [o.op for o in ahead if o.op in ("add", "mul", "cat")]
    if len(convs) > 1:
        yield from _separables(convs, {**common, **biased})
        yield from _dense(ahead, convs)
    if "cat" in joins:
        yield from _side_by_side(convs, common, biased)
    if "add" in joins:
        yield from _residuals(convs, {**common, **biased})
    if "mul" in joins and ahead[0].rule == "adaptive_pool":
        reduction = max(1, convs[1].channels // convs[0].channels) if len(convs) > 1 else 1
        yield "squeeze_excite", {"reduction": reduction, "activation": function}
    yield from _inverted(ahead, convs, function)


def _separables(convs: list[Any], common: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if convs[0].groups == convs[0].in_channels > 1:
        window = {"kernel": convs[0].kernel[0], "stride": convs[0].stride[0]}
        yield "separable", {"channels": convs[1].channels, **window, **common}


def _dense(ahead: list[Operation], convs: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    bias = "on" if convs[0].bias else "auto"
    yield "dense", {"layers": 1, "growth": convs[0].channels, "bias": bias}
    yield "dense", {"layers": 1, "growth": convs[1].channels, "reduce": convs[0].channels, "bias": bias}


def _side_by_side(
    convs: list[Any], common: dict[str, Any], biased: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    if len(convs) >= 3:
        squeeze, small, large = (a.channels for a in convs[:3])
        fire = {"squeeze": squeeze, "expand1x1": small, "expand3x3": large}
        yield "fire", {**fire, "activation": common["activation"]}
    if len(convs) >= 6:
        names = ("n1x1", "reduce3x3", "n3x3", "reduce5x5", "n5x5", "pool_proj")
        counts = {name: a.channels for name, a in zip(names, convs, strict=False)}
        yield "inception", {**counts, "kernel": convs[4].kernel[0], **common, **biased}


def _residuals(convs: list[Any], common: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for shortcut in ("projection", "conv", "padding"):
        base = {"shortcut": shortcut, **common}
        if len(convs) >= 2:
            window = {"kernel": convs[0].kernel[0], "stride": convs[0].stride[0]}
            yield "residual", {"channels": convs[0].channels, **window, **base}
        if len(convs) >= 3:
            sizes = {"width": convs[0].channels, "channels": convs[2].channels, "groups": convs[1].groups}
            stride_in = "1x1" if convs[0].stride[0] > 1 else "3x3"
            stride = max(convs[0].stride[0], convs[1].stride[0])
            yield "bottleneck", {**sizes, "stride": stride, "stride_in": stride_in, **base}


def _inverted(
    ahead: list[Operation], convs: list[Any], function: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    wide = convs[0].channels // convs[0].in_channels if convs[0].groups == 1 else 1
    depthwise = convs[min(wide > 1, len(convs) - 1)]
    rest = convs[2 if wide > 1 else 1 :]
    base = {
        "expansion": max(1, wide),
        "stride": depthwise.stride[0],
        "kernel": depthwise.kernel[0],
        "activation": function,
    }
    if rest:
        yield "inverted", {"channels": rest[0].channels, **base}
    if len(rest) >= 3 and any(o.op == "mul" for o in ahead):
        squeeze = max(1, convs[0].in_channels // rest[0].channels)
        yield "inverted", {"channels": rest[2].channels, "squeeze": squeeze, **base}


def _function(operations: list[Operation]) -> str:
    return operations[0].op if operations and operations[0].op in ACTIVATIONS else NO_ACTIVATION


def _folded(rows: list[Row]) -> list[Row]:
    """Equal rows as one that repeats; a block that strides takes in those that follow it and do not."""
    folded: list[Row] = []
    for made in rows:
        last = folded[-1] if folded else None
        if last and last.repeat < MOST_REPEATS and made == row(last.kind, values_of(last, 1)):
            folded[-1] = last.having(repeat=last.repeat + 1)
        else:
            folded.append(made)
    return folded


def _no_kind(trace: Trace, at: int) -> str:
    """Which block cannot be a row, in words."""
    layer = trace.layers[at] if at < len(trace.layers) else trace.layers[-1]
    return (
        f"no kind of row is like {layer.name or layer.op} of {trace.model} ({layer.module}, {layer.op}); "
        "everything before it can be rows"
    )
