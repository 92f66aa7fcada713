"""Figures of a comparison: each draws numbers that were worked out elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import plotly.graph_objects as go

from cnnviz.compare.contestants import Contestant
from cnnviz.compare.curves import cost_curve, size_curve
from cnnviz.compare.findings import short
from cnnviz.compare.measures import Measure, words
from cnnviz.compare.published import Moment, Point, Top, lowest
from cnnviz.compare.sheets import convention_of
from cnnviz.compare.totals import share, totals, type_rows
from cnnviz.tables import bytes_text

if TYPE_CHECKING:
    from cnnviz.conventions import Convention

Side = Literal["n_H", "n_W", "n_C"]
CostName = Literal["parameters", "macs", "counted"]

# At least 3:1 on a white and on a near-black page; from the eighth network on, dashes tell them apart.
COLOURS = ("#2f7fd6", "#d9730d", "#1a9e74", "#9b6bd3", "#c2528b", "#8c7a14", "#6f7f8f")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
QUIET = "#8a94a0"
_TYPE_COLOURS = {
    "1x1 convolution": "#7fb4ec",
    "3x3 convolution": "#2f7fd6",
    "other convolution": "#1b4f8a",
    "grouped convolution": "#3aa6a6",
    "depthwise convolution": "#1a9e74",
    "linear at each position": "#e8a76b",
    "fully connected": "#d9730d",
    "normalisation": "#9b6bd3",
    "activation": "#c9a227",
    "pooling": "#c2528b",
    "add or join": "#8c6d4f",
    "other": "#6f7f8f",
    "not run": "#b0b8c0",
}
INSIDE = 0.4  # of the longest bar: where a number fits into a bar, on a phone too
_MARGINS = {"l": 0, "r": 12, "t": 8, "b": 0}
_LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0.0}
ERRORS: dict[Top, str] = {"top1_error": "top-1 error in %", "top5_error": "top-5 error in %"}


def broken(label: str) -> str:
    """A label in two lines for an axis: the name, then variant and changes."""
    name, at, rest = label.partition("@")
    return f"{name}<br>@{rest.replace(',', '<br>')}" if at else label


def totals_figure(compared: Sequence[Contestant]) -> go.Figure:
    """Parameters, MACs and memory as bars, one panel each, a network in the same row of all."""
    found = [totals(of) for of in compared]
    panels: tuple[tuple[str, list[int], Any], ...] = (
        ("parameters", [t.parameters for t in found], short),
        (words("counted", convention_of(compared)), [t.counted for t in found], short),
        ("memory to train", [t.activation_bytes for t in found], bytes_text),
    )
    names = [broken(t.label) for t in found]
    colours = [COLOURS[i % len(COLOURS)] for i in range(len(found))]
    bars, axes = [], {}
    for i, (title, values, said) in enumerate(panels):
        number = "" if i == 0 else str(i + 1)
        bars.append(
            go.Bar(
                x=values,
                y=names,
                orientation="h",
                xaxis=f"x{number}",
                marker={"color": colours},
                text=[said(value) for value in values],
                # Chosen here: plotly would shrink a number to fit into a short bar.
                textposition=["inside" if v > INSIDE * max(values) else "outside" for v in values],
                textangle=0,
                cliponaxis=False,
                hovertemplate=f"%{{y}}: %{{x:,}} {title}<extra></extra>",
            )
        )
        axes[f"xaxis{number}"] = {
            "domain": [i * 0.35, i * 0.35 + 0.3],
            "title": {"text": title},
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
        }
    layout = {**axes, "yaxis": {"autorange": "reversed"}, "margin": _MARGINS, "showlegend": False}
    return go.Figure(bars, {**layout, "dragmode": False, "bargap": 0.25})


def cost_figure(
    compared: Sequence[Contestant], measure: Measure, *, relative: bool, along: bool
) -> go.Figure:
    """What is spent up to each depth; `relative` in percent of the total, `along` in percent of the depth."""
    lines, said = [], "%{y:.1f} %" if relative else "%{y:.3s}"
    for i, of in enumerate(compared):
        curve = cost_curve(of, measure)
        y = np.array(curve.percent if relative else curve.so_far, dtype=float)
        lines.append(_line(i, of.label, _depths(len(y), along=along), y, said))
    title = f"{words(measure, convention_of(compared))} so far"
    unit = " in %" if relative else " in bytes" if measure == "activation_bytes" else ""
    axis: dict[str, Any] = {"title": {"text": title + unit}, "rangemode": "tozero"}
    if not relative:
        axis["tickformat"] = "~s"
    return _curves(lines, axis, along=along)


def size_figure(compared: Sequence[Contestant], side: Side, *, along: bool) -> go.Figure:
    """Height, width or channels along the main line, on a logarithmic axis: halving is one step."""
    lines = []
    for i, of in enumerate(compared):
        points = [point for point in size_curve(of) if getattr(point, side) is not None]
        whole = max(of.trace.weight_layers, 1)
        x = np.array([100 * p.depth / whole if along else p.depth for p in points], dtype=float)
        y = np.array([getattr(point, side) for point in points], dtype=float)
        lines.append(_line(i, of.label, x, y, "%{y:,}"))
    powers = [4**i for i in range(9)]
    axis = {"type": "log", "tickvals": powers, "tickformat": "~d", "title": {"text": side}}
    return _curves(lines, axis, along=along)


def types_figure(compared: Sequence[Contestant], measure: Measure) -> go.Figure:
    """Which operations a measure is spent on, in percent of each network's total."""
    names = [broken(of.label) for of in compared]
    bars = []
    for row in type_rows(compared):
        percent = [share(part, of, measure) for part, of in zip(row.parts, compared, strict=True)]
        if not any(percent):
            continue
        bars.append(
            go.Bar(
                name=row.type,
                x=percent,
                y=names,
                orientation="h",
                marker={"color": _TYPE_COLOURS[row.type], "line": {"width": 1, "color": "rgba(0,0,0,.35)"}},
                text=[f"{p:.0f} %" if p >= 7 else "" for p in percent],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                customdata=[
                    bytes_text(n) if measure == "activation_bytes" else f"{n:,}"
                    for n in (getattr(part, measure) for part in row.parts)
                ],
                hovertemplate=f"{row.type}: %{{customdata}} (%{{x:.1f}} %)<extra>%{{y}}</extra>",
            )
        )
    axis = {
        "range": [0, 100],
        "title": {"text": f"share of {words(measure, convention_of(compared))} in %"},
        "showgrid": False,
    }
    legend = {**_LEGEND, "traceorder": "normal"}
    layout = {"barmode": "stack", "xaxis": axis, "yaxis": {"autorange": "reversed"}}
    return go.Figure(bars, {**layout, "legend": legend, "margin": _MARGINS, "dragmode": False, "bargap": 0.3})


def bubble_figure(
    shown: Sequence[Point],
    compared: Sequence[str],
    front: Sequence[Point],
    top: Top,
    cost: CostName,
    convention: Convention | None = None,
) -> go.Figure:
    """Published error against cost; the bubble's area is the other cost, the line joins the Pareto front."""
    other: CostName = "counted" if cost == "parameters" else "parameters"
    largest = max((getattr(point, other) for point in shown), default=1)
    ours = [point for point in shown if point.label in compared]
    rest = [point for point in shown if point.label not in compared]
    parts = [_front_line(front, cost)] if front else []
    for points, colour, name in ((rest, QUIET, "others of the catalogue"), (ours, COLOURS[1], "compared")):
        if points:
            labelled = points if points is ours else [p for p in points if p in front]
            parts.append(
                _bubbles(
                    points, cost, other, largest, colour, name, labelled, front, words("counted", convention)
                )
            )
    title = words(cost, convention)
    x: dict[str, Any] = {
        "type": "log",
        "title": {"text": f"{title}, logarithmic"},
        "tickformat": "~s",
        "dtick": "D2",
    }
    costs = [getattr(point, cost) for point in shown]
    x["range"] = [log10(0.4 * min(costs, default=1)), log10(1.6 * max(costs, default=10))]
    y = {"title": {"text": ERRORS[top]}, "rangemode": "normal"}
    layout: dict[str, Any] = {"xaxis": x, "yaxis": y, "legend": _LEGEND, "margin": _MARGINS}
    return go.Figure(parts, {**layout, "dragmode": False})


def timeline_figure(moments: Sequence[Moment], compared: Sequence[str], top: Top) -> go.Figure:
    """Published errors, a row for each network from the earliest down, so that each has room for its name."""
    drawn = drawn_moments(moments)
    rows = {id(moment): i for i, moment in enumerate(drawn)}
    record = lowest(drawn)
    sorts: dict[str, tuple[str, str]] = {
        "on ImageNet": ("circle", COLOURS[0]),
        "compared": ("circle", COLOURS[1]),
        "on other images": ("diamond-open", QUIET),
    }
    parts = [
        go.Scatter(
            x=[m.error.value if m.error else None for m in record],
            y=[rows[id(m)] for m in record],
            mode="markers",
            name="lowest so far",
            marker={"size": 22, "symbol": "circle-open", "color": COLOURS[2], "line": {"width": 2}},
            hoverinfo="skip",
        )
    ]
    for name, (symbol, colour) in sorts.items():
        here = [m for m in drawn if _sort(m, compared) == name]
        if here:
            parts.append(
                go.Scatter(
                    x=[m.error.value if m.error else 0 for m in here],
                    y=[rows[id(m)] for m in here],
                    mode="markers+text",
                    name=name,
                    text=[f"  {m.error.value:.3g}" if m.error else f" {m.elsewhere}" for m in here],
                    textposition="middle right",
                    marker={"size": 12, "symbol": symbol, "color": colour},
                    customdata=[_moment_data(m) for m in here],
                    hovertemplate="<b>%{customdata[0]}</b> (%{customdata[1]})<br>%{customdata[3]} "
                    "parameters, %{customdata[4]} MACs<br>%{customdata[2]}<extra></extra>",
                )
            )
    years = [moment.year for moment in drawn]
    names = [
        f"<b>{m.year}</b>  {m.title}" if m.year not in years[:i] else m.title for i, m in enumerate(drawn)
    ]
    worst = max((m.error.value for m in drawn if m.error), default=1.0)
    x = {"title": {"text": ERRORS[top]}, "range": [-0.02 * worst, 1.25 * worst], "zeroline": False}
    y = {"tickvals": list(range(len(drawn))), "ticktext": names, "range": [len(drawn) - 0.4, -0.6]}
    layout: dict[str, Any] = {"xaxis": x, "yaxis": y, "legend": _LEGEND, "margin": _MARGINS}
    return go.Figure(parts, {**layout, "dragmode": False})


def drawn_moments(moments: Sequence[Moment]) -> list[Moment]:
    """What the timeline shows: all with an error on ImageNet, and what came before there was one."""
    first = min((moment.year for moment in moments if moment.error), default=0)
    return [moment for moment in moments if moment.error or moment.year < first]


def _depths(count: int, *, along: bool) -> np.ndarray:
    depths = np.arange(count, dtype=float)
    return 100 * depths / max(count - 1, 1) if along else depths


def _line(i: int, label: str, x: np.ndarray, y: np.ndarray, said: str) -> go.Scatter:
    style = {
        "width": 2.5,
        "color": COLOURS[i % len(COLOURS)],
        "dash": DASHES[i // len(COLOURS) % len(DASHES)],
    }
    return go.Scatter(x=x, y=y, name=label, mode="lines", line={"shape": "hv", **style}, hovertemplate=said)


def _curves(lines: list[go.Scatter], y_axis: dict[str, Any], *, along: bool) -> go.Figure:
    title = "depth in % of the network's" if along else "depth in layers with weights"
    x_axis = {"title": {"text": title}, "showgrid": False, "rangemode": "tozero"}
    layout: dict[str, Any] = {"xaxis": x_axis, "yaxis": y_axis, "legend": _LEGEND, "margin": _MARGINS}
    return go.Figure(lines, {**layout, "hovermode": "x unified", "dragmode": False})


def _front_line(front: Sequence[Point], cost: CostName) -> go.Scatter:
    return go.Scatter(
        x=[getattr(point, cost) for point in front],
        y=[point.error.value for point in front],
        mode="lines",
        name="Pareto front",
        line={"shape": "hv", "color": COLOURS[2], "width": 2.5},
        hoverinfo="skip",
    )


def _bubbles(
    points: Sequence[Point],
    cost: CostName,
    other: CostName,
    largest: int,
    colour: str,
    name: str,
    labelled: Sequence[Point],
    front: Sequence[Point],
    unit: str,
) -> go.Scatter:
    return go.Scatter(
        x=[getattr(point, cost) for point in points],
        y=[point.error.value for point in points],
        mode="markers+text",
        name=name,
        text=[point.short if point in labelled else "" for point in points],
        textposition=["bottom left" if point in front else "top center" for point in points],
        marker={
            "size": [max(getattr(point, other), 1) for point in points],
            "sizemode": "area",
            "sizeref": 2 * largest / 44**2,
            "sizemin": 4,
            "color": colour,
            "opacity": 0.75,
            "line": {"width": 1, "color": "rgba(0,0,0,.45)"},
        },
        customdata=[
            [p.title, p.year, f"{p.parameters:,}", f"{p.counted:,}", p.source.replace("; ", "<br>")]
            for p in points
        ],
        hovertemplate="<b>%{customdata[0]}</b> (%{customdata[1]}): %{y} %<br>%{customdata[2]} parameters, "
        f"%{{customdata[3]}} {unit}<br>%{{customdata[4]}}<extra></extra>",
    )


def _sort(moment: Moment, compared: Sequence[str]) -> str:
    if moment.error is None:
        return "on other images"
    names = {label.partition("@")[0] for label in compared}  # of whichever variant the figure is
    return "compared" if moment.label.partition("@")[0] in names else "on ImageNet"


def _moment_data(moment: Moment) -> list[Any]:
    counts = (f"{moment.parameters:,}", f"{moment.macs:,}")
    return [moment.title, moment.year, moment.source.replace("; ", "<br>"), *counts]
