"""The roofline and where the time goes, drawn. Numbers first, then the figure."""

from __future__ import annotations

import plotly.graph_objects as go

from cnnviz.roofline import Machine, Point, Report, shares

# Each kind of operation has a colour and a sign of its own: at least 3:1 on white and on near-black.
_STYLES = {
    "conv": ("#2f7fd6", "circle", "convolution"),
    "grouped": ("#0f9aa8", "hexagon", "grouped, depthwise convolution"),
    "linear": ("#d9730d", "square", "fully connected"),
    "join": ("#1a9e74", "diamond", "addition, concatenation"),
    "norm": ("#9b6bd3", "cross", "normalisation"),
    "act": ("#c0568c", "triangle-up", "activation"),
    "pool": ("#8a7a2a", "triangle-down", "pooling"),
    "shape": ("#6d7f8d", "x", "reshaping"),
    "other": ("#7f8a97", "star", "other"),
}
_ROOF = "#7f8a97"
_SMALLEST, _LARGEST = 8, 26  # diameter of a dot, by its share of the time


def roofline_figure(report: Report) -> go.Figure:
    """MACs per second against MACs per byte, both on logarithmic axes, below the roof of the machine."""
    machine = report.machine
    dots = [point for point in report.points if point.macs and point.latency_ms > 0]
    low, high = intensities(dots, machine)
    xs = [low, machine.ridge, high]
    traces = [
        go.Scatter(
            x=xs,
            y=[machine.roof(x) for x in xs],
            mode="lines",
            name="roof of this machine",
            line={"color": _ROOF, "width": 2.5},
            hovertemplate="%{x:.3g} MACs per byte: at most %{y:.3s}MAC/s",
        )
    ]
    for kind in dict.fromkeys(point.kind for point in dots):
        of = [point for point in dots if point.kind == kind]
        colour, sign, words = _STYLES[kind]
        traces.append(
            go.Scatter(
                x=[point.intensity for point in of],
                y=[point.macs_per_second for point in of],
                mode="markers",
                name=words,
                marker={"color": colour, "symbol": sign, "size": sizes(of, report), "opacity": 0.8},
                customdata=[
                    [point.index, point.name, point.latency_ms, point.bound(machine)] for point in of
                ],
                hovertemplate="%{customdata[0]} %{customdata[1]}: %{customdata[2]:.3f} ms<br>"
                "%{x:.3g} MACs per byte, %{y:.3s}MAC/s<br>bound by %{customdata[3]}<extra></extra>",
            )
        )
    axis = {"type": "log", "exponentformat": "SI", "dtick": 1}
    return go.Figure(
        traces,
        {
            "xaxis": {**axis, "title": "arithmetic intensity, MACs per byte moved", "exponentformat": "none"},
            "yaxis": {**axis, "title": "MACs per second"},
            "margin": {"l": 0, "r": 8, "t": 0, "b": 0},
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0.0},
            "dragmode": False,
        },
    )


def intensities(points: list[Point], machine: Machine) -> tuple[float, float]:
    """The ends of the axis: all dots and the ridge between them."""
    found = [point.intensity for point in points] + [machine.ridge]
    return min(found) / 2, max(found) * 2


def sizes(points: list[Point], report: Report) -> list[float]:
    """Diameters; the area says how much of the time a layer takes."""
    longest = max(point.latency_ms for point in report.points)
    return [_SMALLEST + (_LARGEST - _SMALLEST) * (point.latency_ms / longest) ** 0.5 for point in points]


def shares_figure(report: Report) -> go.Figure:
    """Three bars, each of all operations: shares of MACs, of bytes moved, of time."""
    bars = []
    for kind, macs, moved, time in shares(report.points):
        colour, _, words = _STYLES[kind]
        values = [100 * share for share in (time, moved, macs)]
        bars.append(
            go.Bar(
                y=["time", "bytes moved", "MACs"],
                x=values,
                name=words,
                orientation="h",
                marker={"color": colour},
                text=[f"{value:.0f} %" if value >= 6 else "" for value in values],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                hovertemplate=f"{words}: %{{x:.1f}} % of the %{{y}}<extra></extra>",
            )
        )
    return go.Figure(
        bars,
        {
            "barmode": "stack",
            "xaxis": {"range": [0, 100], "ticksuffix": " %", "showgrid": False},
            "margin": {"l": 0, "r": 8, "t": 0, "b": 0},
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0.0},
            "dragmode": False,
        },
    )


def roofline_words(report: Report) -> str:
    """The roofline in words, for people who cannot see it."""
    found = [point.bound(report.machine) for point in report.points if point.macs]
    return (
        f"Of {len(found)} operations with multiplications, {found.count('compute')} are bound by "
        f"multiplying, {found.count('memory')} by moving bytes, {found.count('overhead')} by their start. "
        f"The ridge is at {report.machine.ridge:.3g} MACs per byte."
    )


def shares_words(report: Report) -> str:
    """The shares in words."""
    parts = [
        f"{_STYLES[kind][2]} {100 * macs:.0f} % of the MACs, {100 * moved:.0f} % of the bytes moved "
        f"and {100 * time:.0f} % of the time"
        for kind, macs, moved, time in shares(report.points)
        if max(macs, moved, time) >= 0.005
    ]
    return "; ".join(parts) + "."
