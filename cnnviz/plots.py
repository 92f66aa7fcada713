"""Figures of a network's layers. Each comes in two steps: the numbers, then the drawing of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import plotly.graph_objects as go

from cnnviz.tables import LayerRow

Sizes = tuple[int | None, ...]

# At least 3:1 on a white and on a near-black page; dashes tell the lines apart without their colours.
_COLOURS = {"n_H": "#2f7fd6", "n_W": "#1a9e74", "n_C": "#d9730d", "parameters": "#9b6bd3", "MACs": "#1a9e74"}
_DASHES = {"n_H": "solid", "n_W": "dot", "n_C": "dash", "parameters": "solid", "MACs": "dash"}
_MARGINS = {"l": 0, "r": 8, "t": 0, "b": 0}
_LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0.0}


class ShapeCurves(NamedTuple):
    """The output of each operation, in order; None where it has no such axis."""

    names: tuple[str, ...]
    n_H: Sizes  # noqa: N815 - the course's names
    n_W: Sizes  # noqa: N815
    n_C: Sizes  # noqa: N815

    @property
    def square(self) -> bool:
        return self.n_H == self.n_W


class CostCurves(NamedTuple):
    """What all operations up to this one cost together."""

    names: tuple[str, ...]
    parameters: tuple[int, ...]
    macs: tuple[int, ...]

    @property
    def parameters_percent(self) -> tuple[float, ...]:
        return _percent(self.parameters)

    @property
    def macs_percent(self) -> tuple[float, ...]:
        return _percent(self.macs)


def shape_curves(rows: Sequence[LayerRow]) -> ShapeCurves:
    """n_H, n_W and n_C through the depth."""
    return ShapeCurves(
        names=tuple(row.name for row in rows),
        n_H=tuple(row.n_H for row in rows),
        n_W=tuple(row.n_W for row in rows),
        n_C=tuple(row.n_C for row in rows),
    )


def cost_curves(rows: Sequence[LayerRow]) -> CostCurves:
    """Parameters and MACs, added up through the depth."""
    return CostCurves(
        names=tuple(row.name for row in rows),
        parameters=tuple(accumulate(row.parameters for row in rows)),
        macs=tuple(accumulate(row.macs for row in rows)),
    )


def shape_figure(curves: ShapeCurves) -> go.Figure:
    """n_H and n_W falling and n_C rising through the depth, on a logarithmic axis: halving is one step."""
    figure = go.Figure()
    for quantity in ("n_H", "n_C") if curves.square else ("n_H", "n_W", "n_C"):
        figure.add_scatter(
            x=_steps(curves.names),
            y=getattr(curves, quantity),
            name="n_H = n_W" if quantity == "n_H" and curves.square else quantity,
            customdata=curves.names,
            hovertemplate="%{customdata}: %{y:,}",
            **_line(quantity),
        )
    figure.update_yaxes(type="log", tickvals=[4**i for i in range(9)], tickformat="~d", title="size")
    return _laid_out(figure)


def cost_figure(curves: CostCurves) -> go.Figure:
    """The share of all parameters and of all MACs that is spent up to each operation."""
    figure = go.Figure()
    for quantity, counts, percent in (
        ("parameters", curves.parameters, curves.parameters_percent),
        ("MACs", curves.macs, curves.macs_percent),
    ):
        figure.add_scatter(
            x=_steps(curves.names),
            y=percent,
            name=f"{quantity} so far",
            customdata=list(zip(curves.names, counts, strict=True)),
            hovertemplate="%{customdata[0]}: %{customdata[1]:,} (%{y:.1f} %)",
            **_line(quantity),
        )
    figure.update_yaxes(range=[-3, 105], tickvals=[0, 25, 50, 75, 100], title="share in %")
    return _laid_out(figure)


def shape_words(curves: ShapeCurves) -> str:
    """The shape figure in words, for people who cannot see it."""
    ends = {name: _ends(sizes) for name, sizes in curves._asdict().items() if name != "names"}
    spans = ", ".join(f"{name} from {first:,} to {last:,}" for name, (first, last) in ends.items() if first)
    return f"Output sizes through {len(curves.names)} operations: {spans}."


def cost_words(curves: CostCurves) -> str:
    """The cost figure in words: where half of the parameters and of the MACs are reached."""
    halves = [
        f"half of the {total:,} {what} is reached at {curves.names[_first_over(percent, 50)]}"
        for what, total, percent in (
            ("parameters", _last(curves.parameters), curves.parameters_percent),
            ("MACs", _last(curves.macs), curves.macs_percent),
        )
        if total
    ]
    return f"Costs added up through the depth: {'; '.join(halves) or 'nothing is counted'}."


def _line(quantity: str) -> dict[str, Any]:
    style = {"shape": "hvh", "width": 2.5, "color": _COLOURS[quantity], "dash": _DASHES[quantity]}
    return {"mode": "lines", "line": style}


def _laid_out(figure: go.Figure) -> go.Figure:
    figure.update_xaxes(title={"text": "operation", "standoff": 2}, rangemode="tozero", showgrid=False)
    return figure.update_layout(margin=_MARGINS, legend=_LEGEND, hovermode="x unified", dragmode=False)


def _steps(names: Sequence[str]) -> list[int]:
    return list(range(len(names)))


def _percent(counts: Sequence[int]) -> tuple[float, ...]:
    total = _last(counts)
    return tuple(100 * count / total if total else 0.0 for count in counts)


def _last(counts: Sequence[int]) -> int:
    return counts[-1] if counts else 0


def _ends(sizes: Sizes) -> tuple[int, int]:
    known = [size for size in sizes if size is not None]
    return (known[0], known[-1]) if known else (0, 0)


def _first_over(values: Sequence[float], limit: float) -> int:
    return next(i for i, value in enumerate(values) if value >= limit)
