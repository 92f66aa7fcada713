"""A figure of counting conventions: what each adds to the plain multiplications."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from cnnviz.conventions import MACS, PARTS
from cnnviz.conventions.overview import Overview

# At least 3:1 on a white and on a near-black page; patterns tell the parts apart without their colours.
# What a tool counts of the multiplications themselves is left out: a mistake there would hide all else.
_STYLES = {
    "bias": ("#7f8a97", ""),
    "normalisation": ("#2f7fd6", ""),
    "activation": ("#d9730d", "/"),
    "pooling": ("#1a9e74", "\\"),
    "elementwise": ("#9b6bd3", "."),
}
_PATTERN = {"fillmode": "overlay", "fgcolor": "#ffffff", "fgopacity": 0.6, "size": 6}
_ROW_PX = 30


def beyond_figure(rows: Sequence[Overview]) -> go.Figure:
    """A bar for each convention, stacked from what its parts add to the multiplications."""
    names = [row.convention.title for row in rows]
    bars = []
    for part, (colour, pattern) in _STYLES.items():
        counts = [row.beyond[part] for row in rows]
        if not any(counts):
            continue
        said = PARTS[part]
        bars.append(
            go.Bar(
                y=names,
                x=counts,
                name=said,
                orientation="h",
                marker={"color": colour, "pattern": _PATTERN | {"shape": pattern}},
                hovertemplate=f"%{{y}}: {said} %{{x:,}}<extra></extra>",
            )
        )
    layout = {
        "barmode": "relative",
        "height": 90 + _ROW_PX * len(rows),
        "margin": {"l": 0, "r": 8, "t": 0, "b": 0},
        "yaxis": {"autorange": "reversed", "automargin": True, "ticksuffix": "  "},
        "xaxis": {"title": {"text": "operations for one image"}, "tickformat": "~s"},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0.0},
        "dragmode": False,
    }
    return go.Figure(bars, layout)


def mistakes(rows: Sequence[Overview]) -> str:
    """What is not in the figure: multiplications that a tool counts too much or too little; often nothing."""
    wrong = [(row.convention.title.removeprefix("as "), row.beyond[MACS]) for row in rows if row.beyond[MACS]]
    told = [f"{name} counts {abs(n):,} multiplications too {'few' if n < 0 else 'many'}" for name, n in wrong]
    return f"Not in the bars: {'; '.join(told)}." if told else ""


def beyond_words(rows: Sequence[Overview]) -> str:
    """The figure in words, for people who cannot see it."""
    told = []
    for row in rows:
        parts = [f"{PARTS[part]} {count:,}" for part, count in row.beyond.items() if count]
        told.append(f"{row.convention.title}: {', '.join(parts) or 'nothing'}")
    return f"What each adds to the multiplications. {'; '.join(told)}."
