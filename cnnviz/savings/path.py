"""A path: layers that lead from one volume to another, written down as a program and traced. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from cnnviz.formulas import RULES, Shape
from cnnviz.formulas.convolution import ConvArguments
from cnnviz.formulas.linear import LinearArguments
from cnnviz.formulas.pooling import AdaptiveArguments, PoolArguments
from cnnviz.formulas.rule import Nothing
from cnnviz.formulas.shapes import AxisArguments, FlattenArguments
from cnnviz.layer import Layer
from cnnviz.program import Input, Operation, Parameter, Program
from cnnviz.trace import Trace

_MODULES = {
    "conv2d": "Conv2d",
    "linear": "Linear",
    "max_pool2d": "MaxPool2d",
    "adaptive_avg_pool2d": "AdaptiveAvgPool2d",
    "flatten": "Flatten",
}


class Step(NamedTuple):
    """One layer of a path."""

    name: str
    op: str  # "conv2d"
    rule: str  # key into formulas.RULES
    arguments: Any  # that rule's static arguments


class Lane(NamedTuple):
    """Layers in a row, one of several that take the same volume."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A row of layers, and behind it, where there are any, lanes side by side that join in one volume."""

    title: str  # "through a 1x1 bottleneck"
    input_shape: Shape  # without the batch axis
    stem: tuple[Step, ...] = ()
    lanes: tuple[Lane, ...] = ()
    join: str = "cat"  # or "add": how the lanes become one volume

    def trace(self) -> Trace:
        """Every layer with its costs. Raises ShapeError where one cannot take what it gets."""
        return _traced(self)

    def layers_of_lanes(self, trace: Trace) -> list[tuple[Layer, ...]]:
        """The layers of each lane."""
        first, found = len(self.stem), []
        for lane in self.lanes:
            found.append(trace.layers[first : first + len(lane.steps)])
            first += len(lane.steps)
        return found


def convolution(name: str, a: ConvArguments) -> Step:
    return Step(name, "conv2d", "convolution", a)


def window(
    channels: int,
    in_channels: int,
    kernel: Shape,
    *,
    stride: Shape = (1, 1),
    padding: Shape = (0, 0),
    groups: int = 1,
    bias: bool = True,
) -> ConvArguments:
    """The arguments of a convolution in two dimensions without dilation."""
    return ConvArguments(channels, in_channels, kernel, stride, padding, (1, 1), groups, bias)


def pointwise(channels: int, in_channels: int, *, bias: bool = True) -> ConvArguments:
    """The arguments of a 1x1 convolution."""
    return window(channels, in_channels, (1, 1), bias=bias)


def fully_connected(name: str, out_features: int, in_features: int, *, bias: bool) -> Step:
    return Step(name, "linear", "linear", LinearArguments(out_features, in_features, bias))


def max_pool(name: str, size: int) -> Step:
    """A pooling window that keeps height and width."""
    arguments = PoolArguments((size,) * 2, (1, 1), (size // 2,) * 2, (1, 1), False)
    return Step(name, "max_pool2d", "pooling", arguments)


def global_average(name: str) -> Step:
    return Step(name, "adaptive_avg_pool2d", "adaptive_pool", AdaptiveArguments((1, 1)))


def flatten(name: str) -> Step:
    return Step(name, "flatten", "flatten", FlattenArguments(1, -1))


@lru_cache(maxsize=256)  # a comparison, its break-even and its curve ask for the same ones
def _traced(path: Path) -> Trace:
    trace = Trace(model=path.title, program=_program(path), input_shape=path.input_shape)
    return trace.at(path.input_shape)


def _program(path: Path) -> Program:
    operations: list[Operation] = []
    parameters: list[Parameter] = []

    def add(step: Step, inputs: tuple[int, ...]) -> int:
        rule, first = RULES[step.rule], len(parameters)
        if step.rule in ("convolution", "linear"):
            weights = (1, getattr(step.arguments, "in_features", 0))  # what a linear layer's rule reads
            numbers = rule.parameters(step.arguments, [weights]).number
            parameters.append(Parameter(step.name, numbers, True))
        operations.append(
            Operation(
                scope=step.name,
                module=_MODULES.get(step.op, ""),
                op=step.op,
                rule=step.rule,
                arguments=step.arguments,
                inputs=inputs,
                parameters=tuple(range(first, len(parameters))),
                alias=rule.alias,
            )
        )
        return len(operations)  # tensor 0 is the input, tensor 1 what the first operation makes

    def row(steps: Sequence[Step], tensor: int) -> int:
        for step in steps:
            tensor = add(step, (tensor,))
        return tensor

    last = row(path.stem, 0)
    if path.lanes:
        ends = tuple(row(lane.steps, last) for lane in path.lanes)
        joined = (
            Step("", "cat", "concatenate", AxisArguments(1))
            if path.join == "cat"
            else Step("", "add", "arithmetic", Nothing())
        )
        last = add(joined, ends)
    return Program(
        inputs=(Input(name="", shape=(1, *path.input_shape)),),
        constants=(),
        operations=tuple(operations),
        parameters=tuple(parameters),
        outputs=(last,),
    )
