"""The figure of a trick: what each path costs against one width. The numbers come from `savings.curve`."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from cnnviz.savings import Curve

# At least 3:1 on a white and on a near-black page; dashes tell the lines apart without their colours.
_COLOURS = ("#2f7fd6", "#d9730d", "#1a9e74")
_DASHES = ("dash", "solid", "dot")
_GREY = "#7f8a97"
_LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0.0}
_MARGINS = {"l": 0, "r": 8, "t": 0, "b": 0}


def curve_figure(curve: Curve, label: str, names: tuple[str, ...]) -> go.Figure:
    """A line for each path, the chosen width as a point on each, the break-even as a line across.

    Args:
        curve: the numbers.
        label: what the width is called.
        names: what the paths are called, wherever the curve is.

    """
    widths = np.array(curve.widths)
    lines = [
        go.Scatter(
            x=widths,
            y=np.array(macs, dtype=float),
            name=name,
            mode="lines+markers" if curve.single else "lines",
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate="%{y:,}",
        )
        for macs, name, colour, dash in zip(curve.macs, names, _COLOURS, _DASHES, strict=False)
    ]
    chosen = go.Scatter(
        x=np.array([curve.chosen] * len(curve.chosen_macs)),
        y=np.array(curve.chosen_macs, dtype=float),
        name=f"chosen: {curve.chosen:,}",
        mode="markers",
        marker={"size": 11, "color": list(_COLOURS[: len(names)]), "line": {"width": 2, "color": _GREY}},
        hoverinfo="skip",
    )
    layout: dict[str, Any] = {
        "xaxis": {"title": {"text": label, "standoff": 8}, "range": [0, curve.widths[-1] * 1.02]},
        "yaxis": {"title": "MACs", "rangemode": "tozero"},
        "margin": _MARGINS,
        "legend": _LEGEND,
        "hovermode": "x unified",
        "dragmode": False,
    }
    if curve.break_even:
        at = curve.break_even
        layout["shapes"] = [
            {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper"}
            | {"layer": "below", "line": {"color": _GREY, "width": 1.5, "dash": "dot"}}
        ]
        left = at > 0.7 * curve.widths[-1]
        layout["annotations"] = [
            {"x": at, "y": 0.04, "yref": "paper", "text": f"break-even: {at:,}", "showarrow": False}
            | {"xanchor": "right" if left else "left", "xshift": -5 if left else 5}
        ]
    return go.Figure([*lines, chosen], layout)


def curve_words(curve: Curve, label: str, names: tuple[str, ...]) -> str:
    """The figure in words, for people who cannot see it."""
    costs = ", ".join(f"{name} {macs:,}" for name, macs in zip(names, curve.chosen_macs, strict=False))
    even = f"; the break-even is at {curve.break_even:,}" if curve.break_even else ""
    return f"Multiplications against {label}. At {curve.chosen:,}: {costs}{even}."
