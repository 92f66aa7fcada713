"""What networks cost as a whole, side by side; by the size of their maps; by what sort of operation."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2, prod
from typing import NamedTuple

from cnnviz.architectures import Published
from cnnviz.compare.contestants import Contestant
from cnnviz.compare.measures import TYPES, Cost, Measure
from cnnviz.formulas import size_text
from cnnviz.tables import LayerRow, main_line

NO_MAP = -2  # the stage of vectors and of maps of 1x1
NOT_RUN = -3  # the stage of what this pass does not run


class Totals(NamedTuple):
    """One contestant as a whole."""

    label: str
    input: str  # "3x224x224"
    parameters: int
    macs: int
    counted: int  # what the convention counts
    activation_bytes: int  # kept for training
    peak_activation_bytes: int  # alive at once in inference
    weight_layers: int
    top1_error: Published | None  # None: nothing was published for just this
    top5_error: Published | None


class Part(NamedTuple):
    """Some of a contestant's layers together."""

    layers: int
    parameters: int
    macs: int
    counted: int
    activation_bytes: int


class Stage(NamedTuple):
    """The layers of a contestant whose outputs are about the same size."""

    sizes: str  # "55x55", or the largest and the smallest of them: "149x149 to 147x147"
    n_C: int | None  # noqa: N815 - of the last output on the main line; None where none lies there
    part: Part


class StageRow(NamedTuple):
    """One stage of all contestants."""

    label: str  # "about 56x56", "vector or 1x1", "not run"
    stages: tuple[Stage | None, ...]  # one for each contestant; None where it has no such maps


class TypeRow(NamedTuple):
    """One sort of operation of all contestants."""

    type: str
    parts: tuple[Part, ...]  # one for each contestant


def totals(of: Contestant) -> Totals:
    trace = of.trace
    return Totals(
        label=of.label,
        input=" and ".join(map(size_text, trace.input_shapes)),
        parameters=trace.parameters,
        macs=trace.macs,
        counted=of.counted,
        activation_bytes=trace.activation_bytes,
        peak_activation_bytes=trace.peak_activation_bytes,
        weight_layers=trace.weight_layers,
        top1_error=of.published("top1_error"),
        top5_error=of.published("top5_error"),
    )


def stage_rows(compared: Sequence[Contestant]) -> list[StageRow]:
    """The stages of all contestants, aligned by output size, largest first; columns add up to the totals.

    Sizes differ a little from network to network, 55 here and 56 there. They are in one row where they are
    nearest to the same one of 224, 112, 56, 28, 14, 7: the halvings that most networks go through.
    """
    found = [_stages(of) for of in compared]
    rows = []
    for octave in sorted({octave for stages in found for octave in stages}, reverse=True):
        stages = tuple(stages.get(octave) for stages in found)
        sizes = {stage.sizes for stage in stages if stage}
        rows.append(StageRow(_stage_label(octave, sizes), stages))
    return rows


def type_rows(compared: Sequence[Contestant]) -> list[TypeRow]:
    """What each sort of operation costs each contestant; columns add up to the totals."""
    found = []
    for of in compared:
        layers: dict[str, list[Cost]] = {}
        for cost in of.costs:
            layers.setdefault(cost.type, []).append(cost)
        parts = {name: _part(costs) for name, costs in layers.items()}
        if of.trace.unused_parameters:
            parts["not run"] = Part(0, of.trace.unused_parameters, 0, 0, 0)
        found.append(parts)
    return [
        TypeRow(name, tuple(parts.get(name, Part(0, 0, 0, 0, 0)) for parts in found))
        for name in TYPES
        if any(name in parts for parts in found)
    ]


def share(part: Part, of: Contestant, measure: Measure) -> float:
    """How much of a contestant's total a part is, in percent."""
    whole = {
        "parameters": of.trace.parameters,
        "macs": of.trace.macs,
        "counted": of.counted,
        "activation_bytes": of.trace.activation_bytes,
    }[measure]
    return 100 * float(getattr(part, measure)) / whole if whole else 0.0


def octave_of(row: LayerRow) -> int:
    """How many doublings of 7 a layer's output is nearest to: 3 for 55x55, 2 for 28x28, 0 for 7x7."""
    sides = [side for side in (row.n_H, row.n_W) if side is not None]
    area = prod(sides)
    if not sides or area == 1:
        return NO_MAP
    return max(round(log2(area ** (1 / len(sides)) / 7)), NO_MAP + 1)


def _stages(of: Contestant) -> dict[int, Stage]:
    layers: dict[int, list[Cost]] = {}
    for cost in of.costs:
        layers.setdefault(octave_of(cost.row), []).append(cost)
    main = {octave_of(row): row.n_C for row in main_line([c.row for c in of.costs], of.trace.edges)}
    stages = {
        octave: Stage(_sizes(costs, octave), main.get(octave), _part(costs))
        for octave, costs in layers.items()
    }
    if of.trace.unused_parameters:
        stages[NOT_RUN] = Stage("", None, Part(0, of.trace.unused_parameters, 0, 0, 0))
    return stages


def _sizes(costs: Sequence[Cost], octave: int) -> str:
    if octave == NO_MAP:
        return "1x1" if any(cost.row.n_W == 1 for cost in costs) else "vector"
    sizes = [tuple(n for n in (cost.row.n_H, cost.row.n_W) if n is not None) for cost in costs]
    largest, smallest = max(sizes, key=prod), min(sizes, key=prod)
    if largest == smallest:
        return size_text(largest)
    return f"{size_text(largest)} to {size_text(smallest)}"


def _stage_label(octave: int, sizes: set[str]) -> str:
    if octave == NOT_RUN:
        return "not run"
    if octave == NO_MAP:
        return "vector or 1x1"
    if len(sizes) == 1 and " to " not in (only := next(iter(sizes))):
        return only
    if octave == NO_MAP + 1:
        return "below 5x5"
    side = 7 * 2**octave
    return f"about {side}x{side}"


def _part(costs: Sequence[Cost]) -> Part:
    return Part(
        layers=len(costs),
        parameters=sum(cost.parameters for cost in costs),
        macs=sum(cost.macs for cost in costs),
        counted=sum(cost.counted for cost in costs),
        activation_bytes=sum(cost.activation_bytes for cost in costs),
    )
