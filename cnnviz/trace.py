"""A trace: every layer of a network at one input size, with what it costs and why. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from cnnviz.errors import ReplayError, ShapeError
from cnnviz.formulas import RULES, Field, Rule, Shape, size_text
from cnnviz.formulas.receptive_field import input_field
from cnnviz.layer import Layer, Measurement, per_image
from cnnviz.program import Operation, Parameter, Program, resolved
from cnnviz.record import Record

if TYPE_CHECKING:
    import graphviz
    import pandas as pd


class Trace(Record):
    """A network at one input size: an immutable value that can be compared, pickled and sent about.

    `input_shape` is without the batch axis; for several inputs it is a tuple of such shapes, in the order
    of `program.inputs`.
    """

    model: str  # "alexnet@course", or the class of a model of one's own
    program: Program
    input_shape: Shape | tuple[Shape, ...]
    batch_size: int = 1
    device: str = "meta"  # where it was measured: "cpu", "cuda"
    measured: tuple[Measurement, ...] | None = None  # one for each layer, of a real pass

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """One row for each operation, in the order of execution."""
        return tuple(_layers(self))

    @cached_property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """The dataflow as (from layer, to layer); -1 is the network's (first) input."""
        made = self.program.producers
        return tuple(
            (made[tensor], index)
            for index, operation in enumerate(self.program.operations)
            for tensor in operation.inputs
            if tensor >= 0
        )

    @cached_property
    def parameters(self) -> int:
        """All parameters, each counted once: the layers' and the unused ones."""
        return sum(layer.parameters for layer in self.layers) + self.unused_parameters

    @cached_property
    def trainable_parameters(self) -> int:
        unused = (p.numbers for p in self._unused if p.trainable)
        return sum(layer.trainable_parameters for layer in self.layers) + sum(unused)

    @cached_property
    def unused_parameters(self) -> int:
        """Parameters of parts that this pass did not run, such as auxiliary heads."""
        return sum(parameter.numbers for parameter in self._unused)

    @cached_property
    def macs(self) -> int:
        """Multiplications of convolutions, linear layers, matrix products for one image; no bias, no norm."""
        shapes, counted = self._shapes, 0
        steps = zip(self.program.operations, self.program.first_outputs, strict=True)
        for operation, first in steps:
            rule = RULES[operation.rule]
            if type(rule).macs is not Rule.macs:
                ins = [shapes[i] for i in operation.inputs]
                outs = shapes[first : first + operation.outputs]
                counted += per_image(rule.macs(self._arguments(operation), ins, outs).number, self.batch_size)
        return counted

    @cached_property
    def activation_bytes(self) -> int:
        """Training: bytes of every tensor that the forward pass makes and the backward pass may need.

        For the whole batch, without the input, the parameters and their gradients.
        """
        return sum(layer.activation_bytes for layer in self.layers)

    @cached_property
    def peak_activation_bytes(self) -> int:
        """Inference: most bytes of tensors alive at once, input included, each freed after its last use."""
        return _peak(self)

    @cached_property
    def weight_layers(self) -> int:
        """Depth: convolutional and fully connected layers on the longest way through the network."""
        depth: list[int] = [0] * len(self.program.inputs)
        for operation in self.program.operations:
            before = max((depth[i] for i in operation.inputs if i >= 0), default=0)
            depth += [before + RULES[operation.rule].depth(operation.arguments)] * operation.outputs
        return max(depth, default=0)

    @cached_property
    def uncounted(self) -> tuple[str, ...]:
        """Operations that may multiply and are in no count, with how often they occur."""
        names = [o.op for o in self.program.operations if not RULES[o.rule].counted]
        return tuple(f"{name} ({names.count(name)}x)" for name in dict.fromkeys(names))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know of how this trace came about."""
        return (*self.program.remarks, *_fitted(self))

    @property
    def latency_ms(self) -> float | None:
        """Time of the measured pass, the sum over its layers."""
        return sum(m.latency_ms for m in self.measured) if self.measured else None

    def at(self, input_shape: Shape | tuple[Shape, ...], *, batch_size: int | None = None) -> Trace:
        """The same network at another input size, in pure Python, in about a millisecond.

        Raises ShapeError where the size does not work, and ReplayError where the forward pass would take
        another way at that size and the model has to be traced again.
        """
        batch = self.batch_size if batch_size is None else batch_size
        trace = Trace(model=self.model, program=self.program, input_shape=input_shape, batch_size=batch)
        trace._check()
        return trace

    def to_json(self) -> str:
        """The stable JSON contract of `cnnviz trace --format json`."""
        from cnnviz.export import trace_json

        return trace_json(self)

    def to_dataframe(self) -> pd.DataFrame:
        """One row for each layer, one column for each quantity."""
        from cnnviz.export import dataframe

        return dataframe(self)

    def graph(self, **folding: Any) -> graphviz.Source:
        """The block graph, drawn by notebooks and saved by `.render()`."""
        from cnnviz.graph import graph_source

        return graph_source(self, **folding)

    def _repr_html_(self) -> str:
        from cnnviz.export import trace_html

        return trace_html(self)

    def __str__(self) -> str:
        from cnnviz.tables import text_table

        return text_table(self)

    def _check(self) -> None:
        """Work out the shapes now, so that a size that does not work is told at once."""
        try:
            assert self._shapes
        except ShapeError as error:
            raise ShapeError(_kind_message(self, error)) from None
        except ReplayError as error:
            there = size_text(self._input_shapes[0][1:])
            raise ReplayError(
                f"{self.model} cannot be moved to {there}: {error}; trace it again there"
            ) from None

    @cached_property
    def _shapes(self) -> list[Shape]:
        return self.program.shapes(self._input_shapes)

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """The shape of each input, without the batch axis."""
        return tuple(shape[1:] for shape in self._input_shapes)

    @property
    def _input_shapes(self) -> list[Shape]:
        return batched(self.input_shape, self.batch_size)

    @cached_property
    def _unused(self) -> tuple[Parameter, ...]:
        used = {i for operation in self.program.operations for i in operation.parameters}
        return tuple(p for i, p in enumerate(self.program.parameters) if i not in used)

    def _arguments(self, operation: Operation) -> Any:
        return resolved(operation.arguments, self._shapes) if self.program.sized else operation.arguments


def batched(input_shape: Shape | Sequence[Shape] | Mapping[str, Shape], batch_size: int) -> list[Shape]:
    """Input shapes with the batch axis, one for each input."""
    if isinstance(input_shape, Mapping):
        return [(batch_size, *shape) for shape in input_shape.values()]
    if input_shape and isinstance(input_shape[0], int):
        return [(batch_size, *input_shape)]
    return [(batch_size, *shape) for shape in input_shape]  # type: ignore[misc]


def _fitted(trace: Trace) -> Iterator[str]:
    """Fully connected layers that are not as published, because they are built for this input's size."""
    usual = [given.shape for given in trace.program.inputs]
    if [shape[1:] for shape in usual] == [shape[1:] for shape in trace._input_shapes]:
        return
    for layer in trace.layers:
        if layer.parameters and getattr(layer.arguments, "in_features", 0) is None:
            now, size = layer.input_shapes[0][-1], size_text(usual[0][1:])
            at_usual = trace.program.shapes(usual)[layer.operation.inputs[0]][-1]
            if now != at_usual:
                yield f"{layer.name} is built for this input: it takes {now:,} values, {at_usual:,} at {size}"


def _layers(trace: Trace) -> list[Layer]:
    program, shapes, made = trace.program, trace._shapes, trace.program.producers
    fields: list[Field | None] = [input_field(len(shape)) for shape in trace._input_shapes]
    seen: set[int] = set()
    layers = []
    for index, (operation, first) in enumerate(zip(program.operations, program.first_outputs, strict=True)):
        rule, arguments = RULES[operation.rule], trace._arguments(operation)
        ins = tuple(shapes[i] for i in operation.inputs)
        outs = tuple(shapes[first : first + operation.outputs])
        read = tuple(fields[i] if i >= 0 else None for i in operation.inputs)
        field = rule.field(arguments, read, ins, outs)
        fields += [field] * operation.outputs
        counts = _counts(program, operation, arguments, ins, seen) if operation.parameters else (0, 0, ())
        layers.append(
            Layer(
                index=index,
                operation=operation,
                arguments=arguments,
                inputs=tuple(made[i] for i in operation.inputs if i >= 0 and made[i] >= 0),
                input_shapes=ins,
                output_shapes=outs,
                parameters=counts[0],
                trainable_parameters=counts[1],
                shared_with=counts[2],
                activation_bytes=_new_bytes(operation, outs),
                fields=read,
                field=field,
                measured=trace.measured[index] if trace.measured else None,
            )
        )
    return layers


def _counts(
    program: Program, operation: Operation, arguments: Any, inputs: Sequence[Shape], seen: set[int]
) -> tuple[int, int, tuple[str, ...]]:
    """Own parameters, the trainable ones of them, and the names of those that were seen before."""
    own = [program.parameters[i] for i in operation.parameters if i not in seen]
    shared = tuple(program.parameters[i].name for i in operation.parameters if i in seen)
    seen.update(operation.parameters)
    count, trainable = sum(p.numbers for p in own), sum(p.numbers for p in own if p.trainable)
    if own and getattr(arguments, "in_features", 0) is None:  # built for the input's size
        count = RULES[operation.rule].parameters(arguments, inputs).number
        trainable = count if trainable else 0
    return count, trainable, shared


def _new_bytes(operation: Operation, outputs: Sequence[Shape]) -> int:
    if operation.in_place or operation.alias:
        return 0
    return sum(map(prod, outputs)) * operation.itemsize


def _peak(trace: Trace) -> int:
    program, shapes = trace.program, trace._shapes
    memory = list(range(len(program.inputs)))  # the tensor whose memory each tensor lies in
    size = {i: prod(shapes[i]) * given.itemsize for i, given in enumerate(program.inputs)}
    last: dict[int, int] = dict.fromkeys(memory, 0)
    for index, (operation, first) in enumerate(zip(program.operations, program.first_outputs, strict=True)):
        shares = (operation.in_place or operation.alias) and operation.inputs and operation.inputs[0] >= 0
        for tensor in range(first, first + operation.outputs):
            memory.append(memory[operation.inputs[0]] if shares else tensor)
            if not shares:
                size[tensor] = prod(shapes[tensor]) * operation.itemsize
            last[memory[tensor]] = index
        for tensor in operation.inputs:
            if tensor >= 0:
                last[memory[tensor]] = index
    for tensor in program.outputs:
        if tensor >= 0:
            last[memory[tensor]] = len(program.operations)
    ends: dict[int, int] = {}
    for tensor, index in last.items():
        ends[index] = ends.get(index, 0) + size[tensor]
    alive = peak = sum(size[i] for i in range(len(program.inputs)))
    for index, first in enumerate(program.first_outputs):
        alive += sum(size.get(t, 0) for t in range(first, first + program.operations[index].outputs))
        peak = max(peak, alive)
        alive -= ends.get(index, 0)
    return peak


def _kind_message(trace: Trace, error: ShapeError) -> str:
    """The error with the network's name, what it got, and the smallest input that would work."""
    program, got = trace.program, trace._input_shapes[0]
    wanted = program.inputs[0].shape
    if len(got) != len(wanted):
        like = size_text(wanted[1:])
        return f"{trace.model} needs an input like {like} (channels first), got {size_text(got[1:])}: {error}"
    if len(got) > 2 and got[1] != wanted[1]:
        channels = f"{wanted[1]} channel{'s' * (wanted[1] != 1)}"
        return f"{trace.model} needs an input with {channels}, got {size_text(got[1:])}: {error}"
    sides, smallest = got[2:], program.smallest
    if smallest is None or not sides:
        return f"{trace.model} cannot take {size_text(got[1:])}: {error}; {size_text(wanted[1:])} works"
    least = size_text((smallest,) * len(sides))
    if min(sides) < smallest:
        return f"{trace.model} needs an input of at least {least}, got {size_text(sides)}: {error}"
    return f"{trace.model} cannot take {size_text(sides)}: {error}; the smallest input that works is {least}"
