"""What comparisons share between visitors: immutable, bounded, known by the contestants' keys.

`convention` is what is counted, by its name; "" for MACs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar

import plotly.graph_objects as go
import streamlit as st

from cnnviz.compare import figures, published, sheets
from cnnviz.compare.claims import Claim
from cnnviz.compare.claims import claims as decided
from cnnviz.compare.contestants import Contestant
from cnnviz.compare.difference import Difference, difference
from cnnviz.compare.findings import Finding, findings
from cnnviz.compare.measures import Measure
from cnnviz.compare.sheet import Sheet
from cnnviz.conventions import chosen
from cnnviz.ui import visit
from cnnviz.ui.compare.entries import contestants

Keys = tuple[str, ...]
_ENTRIES = 256
_Asked = ParamSpec("_Asked")
_Result = TypeVar("_Result")


def _shared(
    *, spinner: str | bool = False
) -> Callable[[Callable[_Asked, _Result]], Callable[_Asked, _Result]]:
    """Keeps comparisons for everybody, but those with what belongs to a visit with that visit."""
    return visit.apart(st.cache_resource(max_entries=_ENTRIES, show_spinner=spinner))


@_shared()
def totals(keys: Keys, convention: str) -> tuple[Sheet, go.Figure, tuple[str, ...]]:
    """The totals as a table, as a figure, and who published the errors."""
    compared = contestants(keys, convention)
    made = sheets.totals_sheet(compared)
    errors = [
        f"{of.label}: top-{top[3]} error {figure.text}, {figure.source}; {figure.note}".rstrip("; ")
        for of in compared
        for top in figures.ERRORS
        if (figure := of.published(top))
    ]
    return made, figures.totals_figure(compared), tuple(errors)


def totals_with_sources(keys: Keys, convention: str) -> Sheet:
    return sheets.totals_sheet(contestants(keys, convention), sources=True)


@_shared()
def stages(keys: Keys, measure: Measure, convention: str) -> tuple[Sheet, Sheet, Sheet]:
    """By output size: how much, in percent, and which sizes and channels."""
    compared = contestants(keys, convention)
    return (
        sheets.stages_sheet(compared, measure),
        sheets.stages_sheet(compared, measure, share=True),
        sheets.stage_sizes_sheet(compared),
    )


@_shared()
def cost_figure(keys: Keys, measure: Measure, convention: str, *, relative: bool, along: bool) -> go.Figure:
    return figures.cost_figure(contestants(keys, convention), measure, relative=relative, along=along)


@_shared()
def size_figure(keys: Keys, side: figures.Side, *, along: bool) -> go.Figure:
    return figures.size_figure(contestants(keys), side, along=along)


@_shared()
def types(keys: Keys, measure: Measure, convention: str) -> tuple[go.Figure, Sheet]:
    compared = contestants(keys, convention)
    return figures.types_figure(compared, measure), sheets.types_sheet(compared, measure)


@_shared()
def difference_of(before: str, after: str, convention: str) -> tuple[Difference, list[Finding], Sheet]:
    found = difference(*contestants((before, after), convention))
    told = findings(found)
    return found, told, sheets.difference_sheet(found, told)


@st.cache_resource(max_entries=16, show_spinner="Tracing the catalogue …")
def _catalogue(convention: str) -> tuple[Contestant, ...]:
    return published.catalogue(chosen(convention))


@_shared()
def bubbles(
    keys: Keys, top: published.Top, cost: figures.CostName, convention: str, *, everything: bool
) -> tuple[go.Figure, list[published.Point], list[published.Point], tuple[str, ...]]:
    """Errors against cost, its points, those on the Pareto front, and which of the compared it has not."""
    ours = contestants(keys, convention)
    others = [of for of in _catalogue(convention) if of.label not in keys] if everything else []
    shown = published.points([*ours, *others], top)
    front = published.front(shown, cost)
    drawn = {point.label for point in shown}
    missing = tuple(of.label for of in ours if of.label not in drawn)
    return figures.bubble_figure(shown, keys, front, top, cost, chosen(convention)), shown, front, missing


@_shared(spinner="Tracing the catalogue …")
def timeline(keys: Keys, top: published.Top) -> tuple[go.Figure, list[published.Moment]]:
    moments = _timeline(top)
    return figures.timeline_figure(moments, keys, top), figures.drawn_moments(moments)


@lru_cache(maxsize=2)
def _timeline(top: published.Top) -> list[published.Moment]:
    return published.timeline(top)


@st.cache_resource(max_entries=1, show_spinner="Tracing …")
def claims() -> list[Claim]:
    return decided()


def claims_sheet() -> Sheet:
    return sheets.claims_sheet(claims())
