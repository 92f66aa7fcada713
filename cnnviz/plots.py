"""Figures of a network's layers. Each comes in two steps: the numbers, then the drawing of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnviz.tables import LayerRow, main_line

Sizes = tuple[int | None, ...]

# At least 3:1 on a white and on a near-black page; dashes tell the lines apart without their colours.
_COLOURS = {"n_H": "#2f7fd6", "n_W": "#1a9e74", "n_C": "#d9730d", "parameters": "#9b6bd3", "MACs": "#1a9e74"}
_DASHES = {"n_H": "solid", "n_W": "dot", "n_C": "dash", "parameters": "solid", "MACs": "dash"}
_MARGINS = {"l": 0, "r": 8, "t": 0, "b": 0}
_MARK = {
    "type": "line",
    "layer": "below",
    "yref": "paper",
    "y0": 0,
    "y1": 1,
    "line": {"color": "#7f8a97", "width": 1.5},
}
_CLICKABLE = {"size": 10, "color": "rgba(0,0,0,0)"}  # only a marker can be clicked, even one that nobody sees
_LONGEST_NAME = 28  # letters of a module path that fit below an axis
_LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0.0}


class ShapeCurves(NamedTuple):
    """The outputs along the main line of a network, in order; None where one has no such axis."""

    indexes: tuple[int, ...]
    names: tuple[str, ...]
    n_H: Sizes  # noqa: N815 - the course's names
    n_W: Sizes  # noqa: N815
    n_C: Sizes  # noqa: N815
    end: int  # number of operations, where the last output ends

    @property
    def square(self) -> bool:
        return self.n_H == self.n_W


class Mark(NamedTuple):
    """An operation that a figure marks with a line."""

    at: int  # its index
    name: str

    @property
    def words(self) -> str:
        """What the line says, for the axis: `operation; the line is at 3, conv2`."""
        name = self.name if len(self.name) <= _LONGEST_NAME else f"…{self.name[1 - _LONGEST_NAME :]}"
        return f"operation; the line is at {self.at}, {name}"


class CostCurves(NamedTuple):
    """What all operations up to this one cost together."""

    names: tuple[str, ...]
    parameters: tuple[int, ...]
    macs: tuple[int, ...]  # or what the rows' convention counts
    heading: str = "MACs"  # what that is

    @property
    def parameters_percent(self) -> tuple[float, ...]:
        return _percent(self.parameters)

    @property
    def macs_percent(self) -> tuple[float, ...]:
        return _percent(self.macs)


def shape_curves(rows: Sequence[LayerRow], edges: Sequence[tuple[int, int]]) -> ShapeCurves:
    """n_H, n_W and n_C through the depth, along the main line: what runs inside branches is left out.

    `edges` are those of the trace, (from layer, to layer). A bottleneck's few channels or one branch of an
    inception module would otherwise hide how the channels of the network grow.
    """
    main = main_line(rows, edges)
    return ShapeCurves(
        indexes=tuple(row.index for row in main),
        names=tuple(row.name for row in main),
        n_H=tuple(row.n_H for row in main),
        n_W=tuple(row.n_W for row in main),
        n_C=tuple(row.n_C for row in main),
        end=len(rows),
    )


def cost_curves(rows: Sequence[LayerRow], heading: str = "MACs") -> CostCurves:
    """Parameters and MACs, or what the rows' convention counts, added up through the depth."""
    return CostCurves(
        names=tuple(row.name for row in rows),
        parameters=tuple(accumulate(row.parameters for row in rows)),
        macs=tuple(accumulate(row.counted for row in rows)),
        heading=heading,
    )


def shape_figure(curves: ShapeCurves, mark: Mark | None = None) -> go.Figure:
    """n_H and n_W falling and n_C rising through the depth, on a logarithmic axis: halving is one step."""
    lines = [
        _line(
            quantity,
            _steps(curves.indexes, getattr(curves, quantity), curves.names, curves.end),
            name="n_H = n_W" if quantity == "n_H" and curves.square else quantity,
            hovertemplate="%{customdata}: %{y:,}",
        )
        for quantity in (("n_H", "n_C") if curves.square else ("n_H", "n_W", "n_C"))
    ]
    powers = [4**i for i in range(9)]
    axis = {"type": "log", "tickvals": powers, "tickformat": "~d", "title": "size"}
    return _figure(lines, axis, curves.end, mark)


def cost_figure(curves: CostCurves, mark: Mark | None = None) -> go.Figure:
    """The share of all parameters and of all MACs that is spent up to each operation."""
    lines = []
    for style, quantity, counts, percent in (
        ("parameters", "parameters", curves.parameters, curves.parameters_percent),
        ("MACs", curves.heading, curves.macs, curves.macs_percent),
    ):
        said = [f"{name}: {count:,}" for name, count in zip(curves.names, counts, strict=True)]
        points = _steps(range(len(percent)), percent, said, len(percent))
        template = "%{customdata} (%{y:.1f} %)"
        lines.append(_line(style, points, name=f"{quantity} so far", hovertemplate=template))
    axis = {"range": [-3, 105], "tickvals": [0, 25, 50, 75, 100], "title": "share in %"}
    return _figure(lines, axis, len(curves.names), mark)


def shape_words(curves: ShapeCurves) -> str:
    """The shape figure in words, for people who cannot see it."""
    sizes = {"n_H": curves.n_H, "n_W": curves.n_W, "n_C": curves.n_C}
    ends = {name: [n for n in known if n is not None] for name, known in sizes.items()}
    spans = [f"{name} from {known[0]:,} to {known[-1]:,}" for name, known in ends.items() if known]
    return f"Output sizes along the main line: {', '.join(spans) or 'none is known'}."


def cost_words(curves: CostCurves) -> str:
    """The cost figure in words: where half of the parameters and of the MACs are reached."""
    halves = [
        f"half of the {total:,} {what} is reached at {curves.names[_first_over(percent, 50)]}"
        for what, total, percent in (
            ("parameters", _last(curves.parameters), curves.parameters_percent),
            (curves.heading, _last(curves.macs), curves.macs_percent),
        )
        if total
    ]
    return f"Costs added up through the depth: {'; '.join(halves) or 'nothing is counted'}."


def _steps(
    x: Sequence[int], y: Sequence[float | None], words: Sequence[str], end: int
) -> dict[str, np.ndarray]:
    """The points of a staircase, with the end of the last step before each gap."""
    points: list[tuple[int, float | None, str]] = []
    for i, (value, after) in enumerate(zip(y, [*y[1:], None], strict=True)):
        points.append((x[i], value, words[i]))
        if value is not None and after is None:
            points.append((x[i + 1] if i + 1 < len(x) else end, value, words[i]))
    xs, ys, said = zip(*points, strict=True) if points else ((), (), ())
    # Arrays: plotly checks lists element by element, and sends arrays of numbers in a compact form.
    return {"x": np.array(xs), "y": np.array(ys, dtype=float), "customdata": np.array(said, dtype=object)}


def _line(quantity: str, points: dict[str, np.ndarray], **words: str) -> go.Scatter:
    style = {"shape": "hv", "width": 2.5, "color": _COLOURS[quantity], "dash": _DASHES[quantity]}
    return go.Scatter(mode="lines+markers", line=style, marker=_CLICKABLE, **points, **words)


def _figure(lines: list[go.Scatter], y_axis: dict[str, Any], end: int, mark: Mark | None) -> go.Figure:
    # Everything in one call: each later update of a figure costs as much again.
    title = {"text": mark.words if mark else "operation", "standoff": 8}
    x_axis = {"title": title, "range": [0, max(end, 1)], "showgrid": False}
    layout: dict[str, Any] = {"xaxis": x_axis, "yaxis": y_axis, "margin": _MARGINS, "legend": _LEGEND}
    if mark:
        layout["shapes"] = [{**_MARK, "x0": mark.at, "x1": mark.at}]
    return go.Figure(lines, {**layout, "hovermode": "x unified", "dragmode": False})


def _percent(counts: Sequence[int]) -> tuple[float, ...]:
    total = _last(counts)
    return tuple(100 * count / total if total else 0.0 for count in counts)


def _last(counts: Sequence[int]) -> int:
    return counts[-1] if counts else 0


def _first_over(values: Sequence[float], limit: float) -> int:
    return next(i for i, value in enumerate(values) if value >= limit)
