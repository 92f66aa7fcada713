"""Small random networks, convolutions and pooling in a row, that always work. No torch."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, TypeVar

from cnnviz.formulas.convolution import ConvArguments
from cnnviz.formulas.linear import LinearArguments
from cnnviz.formulas.pooling import PoolArguments
from cnnviz.formulas.shapes import FlattenArguments
from cnnviz.program import Input, Operation, Parameter, Program
from cnnviz.trace import Trace

T = TypeVar("T")
SMALL_SIDES = (16, 20, 24, 28, 32)
SIDES = (16, 20, 24, 28, 32, 48, 56, 64, 96, 112, 128, 224, 227)
CHANNELS = (1, 3, 3, 3, 8, 16)
FILTERS = (4, 6, 8, 10, 12, 16, 20, 24, 32, 64)
CLASSES = (5, 10, 20, 100)
SMALLEST_MAP = 4  # no layer makes a smaller map


class Draw:
    """Random choices that are the same on every machine and Python.

    They use nothing but `random()`, the one method whose sequence for a seed Python promises to keep.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        return int(self._random.random() * n)

    def choice(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def chance(self, one_in: int) -> bool:
        return self.below(one_in) == 0

    def shuffled(self, options: Sequence[T]) -> list[T]:
        left, order = list(options), []
        while left:
            order.append(left.pop(self.below(len(left))))
        return order


class _Chain:
    """A program that grows by one layer at a time."""

    def __init__(self, side: int, channels: int) -> None:
        self.input_shape = (channels, side, side)
        self.side, self.channels = side, channels
        self.operations: list[Operation] = []
        self.parameters: list[Parameter] = []
        self.counts: dict[str, int] = {}

    def add(self, prefix: str, module: str, op: str, rule: str, arguments: Any, *weights: int) -> None:
        """One layer; `weights` are the sizes of its parameter tensors."""
        self.counts[prefix] = self.counts.get(prefix, 0) + 1
        name, first = f"{prefix}{self.counts[prefix]}", len(self.parameters)
        for kind, numbers in zip(("weight", "bias"), weights, strict=False):
            self.parameters.append(Parameter(f"{name}.{kind}", numbers, True))
        self.operations.append(
            Operation(
                scope=name,
                module=module,
                op=op,
                rule=rule,
                arguments=arguments,
                inputs=(len(self.operations),),
                parameters=tuple(range(first, len(self.parameters))),
                alias=op == "flatten",
            )
        )

    def trace(self) -> Trace:
        program = Program(
            inputs=(Input(name="", shape=(1, *self.input_shape)),),
            constants=(),
            operations=tuple(self.operations),
            parameters=tuple(self.parameters),
            outputs=(len(self.operations),),
        )
        return Trace(model="chain", program=program, input_shape=self.input_shape)


def random_chain(draw: Draw, *, layers: int, classes: bool = False) -> Trace:
    """A trace of so many layers, convolutions and pooling; with `classes`, flatten and one more behind."""
    sides = SMALL_SIDES if classes else SIDES
    chain = _Chain(draw.choice(sides), draw.choice(CHANNELS))
    for index in range(layers):
        pooled = index > 0 and chain.operations[-1].op != "conv2d"
        if index == 0 or pooled or chain.side < 2 * SMALLEST_MAP or not draw.chance(3):
            _convolution(chain, draw)
        else:
            _pooling(chain, draw)
    if classes:
        n_in, n_out = chain.side * chain.side * chain.channels, draw.choice(CLASSES)
        chain.add("flatten", "Flatten", "flatten", "flatten", FlattenArguments(1, -1))
        arguments = LinearArguments(n_out, None, True)
        chain.add("fc", "Linear", "linear", "linear", arguments, n_in * n_out, n_out)
    return chain.trace()


def _convolution(chain: _Chain, draw: Draw) -> None:
    n, C = chain.side, chain.channels
    f = draw.choice((11, 7, 5) if n > 100 else (5, 5, 3, 3) if n > 10 else (3, 3, 1))
    s = draw.choice((4, 2) if f == 11 else (1, 1, 2)) if n > 3 * SMALLEST_MAP else 1
    p = draw.choice((0, (f - 1) // 2, 1 if f > 1 else 0))
    d = 2 if f == 3 and n > 16 and draw.chance(8) else 1
    if _size(n, f, s, p, d) < SMALLEST_MAP:
        s, p, d = 1, (f - 1) // 2, 1
    filters = draw.choice(FILTERS)
    groups = 2 if C % 2 == 0 and filters % 2 == 0 and draw.chance(8) else 1
    bias = not draw.chance(6)
    weights = (f * f * C // groups * filters, *((filters,) if bias else ()))
    arguments = ConvArguments(filters, C, (f, f), (s, s), (p, p), (d, d), groups, bias)
    chain.add("conv", "Conv2d", "conv2d", "convolution", arguments, *weights)
    chain.side, chain.channels = _size(n, f, s, p, d), filters


def _pooling(chain: _Chain, draw: Draw) -> None:
    f, s, p = draw.choice(((2, 2, 0), (2, 2, 0), (3, 2, 0), (3, 2, 1)))
    if _size(chain.side, f, s, p, 1) < SMALLEST_MAP:
        f, s, p = 2, 2, 0
    kind, op = draw.choice((("MaxPool2d", "max_pool2d"), ("AvgPool2d", "avg_pool2d")))
    chain.add("pool", kind, op, "pooling", PoolArguments((f, f), (s, s), (p, p), (1, 1), False))
    chain.side = _size(chain.side, f, s, p, 1)


def _size(n: int, f: int, s: int, p: int, d: int) -> int:
    return (n + 2 * p - (d * (f - 1) + 1)) // s + 1
