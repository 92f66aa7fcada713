"""A design worked out: its program, what each row costs, and the first row that does not fit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any

from cnnviz.design.blocks import BUILD, FIRST_STRIDE, ON_ANYTHING, ON_VECTORS
from cnnviz.design.builder import Builder
from cnnviz.design.design import Design, Row
from cnnviz.errors import DesignError, ShapeError
from cnnviz.formulas import RULES, Shape
from cnnviz.program import Program
from cnnviz.trace import Trace

# What the rules of windows say; `got` is where it happened, which may be inside a repeated row.
_TOO_SMALL = re.compile(r"got (?P<got>[\dx]+), needs at least (?P<least>\d+x\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCost:
    """What one row makes and costs, all its repeats together."""

    scope: str  # the module path of its operations: "residual2"
    first: int  # its first operation
    last: int
    channels_in: tuple[int, ...]  # what comes into each of its repeats
    output_shape: Shape  # without the batch axis
    parameters: int
    macs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """The first row that does not fit the rows before it."""

    row: int  # from 0
    text: str  # "conv 7x7, 16 filters: needs at least 7x7, gets 3x3"
    fix: str  # "use padding 2 or a smaller window, or remove a pooling above"

    @property
    def message(self) -> str:
        """Both in one line, with the row as people count."""
        return f"row {self.row + 1}, {self.text}{f': {self.fix}' if self.fix else ''}"


@dataclass(frozen=True, kw_only=True)
class Built:
    """A design with its numbers: those of every row, or of the rows before the first problem."""

    design: Design
    program: Program
    costs: tuple[RowCost, ...]  # of the rows that fit
    problem: Problem | None

    @cached_property
    def trace(self) -> Trace:
        """The trace of the rows that fit."""
        return Trace(model=self.design.name, program=self.program, input_shape=self.design.input_shape)

    @property
    def output_shape(self) -> Shape:
        return self.costs[-1].output_shape if self.costs else self.design.input_shape

    @property
    def parameters(self) -> int:
        return sum(cost.parameters for cost in self.costs)

    @property
    def macs(self) -> int:
        return sum(cost.macs for cost in self.costs)


def built(design: Design) -> Built:
    """The design worked out, as far as its rows fit together."""
    builder, x = Builder(design.input_shape), 0
    costs: list[RowCost] = []
    for number, (row, scope) in enumerate(zip(design.rows, scopes(design.rows), strict=True)):
        operations, parameters = len(builder.operations), len(builder.parameters)
        try:
            x, channels_in = _add(builder, x, scope, row)
        except ShapeError as error:
            program = builder.program_until(operations, parameters)
            problem = _problem(number, row, builder.shapes[-1][1:], error)
            return Built(design=design, program=program, costs=tuple(costs), problem=problem)
        costs.append(_cost(builder, scope, operations, parameters, channels_in))
    return Built(design=design, program=builder.program(), costs=tuple(costs), problem=None)


def whole(design: Design) -> Built:
    """The design with every row. Raises DesignError at the first row that does not fit, with the fix."""
    made = built(design)
    if made.problem:
        raise DesignError(f"{design.name}: {made.problem.message}")
    if not made.costs:
        raise DesignError(f"{design.name} has no rows yet: add a layer")
    return made


def trace_design(design: Design) -> Trace:
    """Every layer of the design. Raises DesignError as `whole` does."""
    return whole(design).trace


def scopes(rows: tuple[Row, ...]) -> list[str]:
    """The module path of each row: `conv1`, `pool1`, `conv2`."""
    counts: dict[str, int] = {}
    names = []
    for row in rows:
        counts[row.kind] = counts.get(row.kind, 0) + 1
        names.append(f"{row.kind}{counts[row.kind]}")
    return names


def values_of(row: Row, repetition: int) -> dict[str, Any]:
    """The row's values at one of its repeats: of blocks, only the first strides."""
    values = dict(row.values)
    if repetition and row.kind in FIRST_STRIDE:
        values["stride"] = 1
    return values


def _add(builder: Builder, x: int, scope: str, row: Row) -> tuple[int, tuple[int, ...]]:
    """The tensor that the row makes, and the channels that come into each of its repeats."""
    build, channels_in = BUILD[row.kind], []
    for repetition in range(row.repeat):
        _check_rank(row.kind, builder.shapes[x][1:])
        channels_in.append(builder.channels(x))
        name = scope if row.repeat == 1 else f"{scope}.{repetition}"
        x = build(builder, x, name, values_of(row, repetition))
    return x, tuple(channels_in)


def _check_rank(kind: str, shape: Shape) -> None:
    if kind in ON_ANYTHING or (len(shape) == 1) == (kind in ON_VECTORS):
        return
    raise ShapeError("needs a vector" if kind in ON_VECTORS else "needs a map")


def _cost(
    builder: Builder, scope: str, operations: int, parameters: int, channels_in: tuple[int, ...]
) -> RowCost:
    macs = 0
    for index in range(operations, len(builder.operations)):
        operation = builder.operations[index]
        ins = [builder.shapes[i] for i in operation.inputs]
        macs += RULES[operation.rule].macs(operation.arguments, ins, [builder.shapes[index + 1]]).number
    return RowCost(
        scope=scope,
        first=operations,
        last=len(builder.operations) - 1,
        channels_in=channels_in,
        output_shape=builder.shapes[-1][1:],
        parameters=sum(p.numbers for p in builder.parameters[parameters:]),
        macs=macs,
    )


def _problem(number: int, row: Row, got: Shape, error: ShapeError) -> Problem:
    """What is wrong and the way out; `got` is what comes into the row."""
    said, gets = str(error), sized(got)
    small = _TOO_SMALL.fullmatch(said)
    if small:
        text = f"needs at least {small['least']}, gets {small['got']}"
        fix = _room_for(row, min(map(int, small["got"].split("x"))))
    elif "needs a vector" in said:
        text, fix = (
            f"{said}, gets {gets}",
            "put a flatten before it, or a global average pooling and a flatten",
        )
    elif "needs a map" in said:
        text, fix = f"{said}, gets {gets}", "move it above the flatten"
    elif "groups" in said:
        text, fix = f"{said}, gets {gets}", "change its groups or its channels"
    elif "too large" in said or "no more" in said:
        text, fix = said, "use fewer channels, fewer repeats, or pool before it"
    else:
        text, fix = f"{said}; gets {gets}", ""
    return Problem(row=number, text=f"{row.text}: {text}", fix=fix)


def _room_for(row: Row, side: int) -> str:
    """How a window that is larger than the map may be made to fit."""
    values: dict[str, Any] = dict(row.values)
    ways = []
    if "padding" in values:
        kernel, dilation = int(values["kernel"]), int(values.get("dilation", 1))
        padding = values["padding"] + ceil((dilation * (kernel - 1) + 1 - side - 2 * values["padding"]) / 2)
        if padding <= (kernel // 2 if row.kind == "pool" else 32):
            ways.append(f"use padding {padding}")
        ways.append("a smaller window" if dilation == 1 else "less dilation")
    if row.repeat > 1:
        ways.append("repeat it less often")
    return ", ".join([*ways, "or remove a pool or stride above it"])


def sized(shape: Shape) -> str:
    """A shape as people say it here: `28x28x6`, `a vector of 400`."""
    if len(shape) == 1:
        return f"a vector of {shape[0]:,}"
    n_C, n_H, n_W = shape
    return f"{n_H}x{n_W}x{n_C}"
