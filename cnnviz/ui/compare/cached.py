"""What comparisons share between visitors: immutable, bounded, known by the contestants' labels."""

from __future__ import annotations

from functools import lru_cache

import plotly.graph_objects as go
import streamlit as st

from cnnviz.compare import figures, published, sheets
from cnnviz.compare.claims import Claim
from cnnviz.compare.claims import claims as decided
from cnnviz.compare.contestants import Contestant, label_of, network_and_shape, of_network, read
from cnnviz.compare.difference import Difference, difference
from cnnviz.compare.findings import Finding, findings
from cnnviz.compare.measures import Measure
from cnnviz.compare.sheet import Sheet
from cnnviz.errors import ShapeError, TargetError
from cnnviz.ui import cached, links

Labels = tuple[str, ...]
_ENTRIES = 256


@lru_cache(maxsize=_ENTRIES)
def label(text: str) -> str:
    """The shortest text for the contestant that a text names. Raises CnnvizError, without tracing it."""
    spec = read(text)
    if spec.own:  # a visitor never makes the server import anything
        raise TargetError(
            f"the app compares networks of the catalogue, and {spec.target:.60} is none: in a shell, "
            "cnnviz compare takes models of one's own"
        )
    network, shape = network_and_shape(spec)
    if max(shape[1:], default=1) > links.LARGEST_SIZE:
        raise ShapeError(f"{network.name}: the app takes inputs up to {links.LARGEST_SIZE} wide and high")
    return label_of(network, shape)


@lru_cache(maxsize=_ENTRIES)
def contestant(of: str) -> Contestant:
    """The contestant with this label. Raises CnnvizError where its input does not work."""
    network, shape = network_and_shape(read(of))
    made = cached.traced(network.name, tuple(network.changed.items()), shape)
    return of_network(network, made)


def contestants(labels: Labels) -> tuple[Contestant, ...]:
    return tuple(map(contestant, labels))


@st.cache_resource(max_entries=_ENTRIES, show_spinner=False)
def totals(labels: Labels) -> tuple[Sheet, go.Figure, tuple[str, ...]]:
    """The totals as a table, as a figure, and who published the errors."""
    compared = contestants(labels)
    made = sheets.totals_sheet(compared)
    errors = [
        f"{of.label}: top-{top[3]} error {figure.text}, {figure.source}; {figure.note}".rstrip("; ")
        for of in compared
        for top in figures.ERRORS
        if (figure := of.published(top))
    ]
    return made, figures.totals_figure(compared), tuple(errors)


def totals_with_sources(labels: Labels) -> Sheet:
    return sheets.totals_sheet(contestants(labels), sources=True)


@st.cache_resource(max_entries=_ENTRIES, show_spinner=False)
def stages(labels: Labels, measure: Measure) -> tuple[Sheet, Sheet, Sheet]:
    """By output size: how much, in percent, and which sizes and channels."""
    compared = contestants(labels)
    return (
        sheets.stages_sheet(compared, measure),
        sheets.stages_sheet(compared, measure, share=True),
        sheets.stage_sizes_sheet(compared),
    )


@st.cache_resource(max_entries=_ENTRIES, show_spinner=False)
def cost_figure(labels: Labels, measure: Measure, *, relative: bool, along: bool) -> go.Figure:
    return figures.cost_figure(contestants(labels), measure, relative=relative, along=along)


@st.cache_resource(max_entries=_ENTRIES, show_spinner=False)
def size_figure(labels: Labels, side: figures.Side, *, along: bool) -> go.Figure:
    return figures.size_figure(contestants(labels), side, along=along)


@st.cache_resource(max_entries=_ENTRIES, show_spinner=False)
def types(labels: Labels, measure: Measure) -> tuple[go.Figure, Sheet]:
    compared = contestants(labels)
    return figures.types_figure(compared, measure), sheets.types_sheet(compared, measure)


@st.cache_resource(max_entries=_ENTRIES, show_spinner=False)
def difference_of(before: str, after: str) -> tuple[Difference, list[Finding], Sheet]:
    found = difference(contestant(before), contestant(after))
    told = findings(found)
    return found, told, sheets.difference_sheet(found, told)


@st.cache_resource(max_entries=2, show_spinner="Tracing the catalogue …")
def _catalogue() -> tuple[Contestant, ...]:
    return published.catalogue()


@st.cache_resource(max_entries=_ENTRIES, show_spinner=False)
def bubbles(
    labels: Labels, top: published.Top, cost: figures.CostName, *, everything: bool
) -> tuple[go.Figure, list[published.Point], list[published.Point]]:
    """Errors against cost, the points of the figure, and those of them on the Pareto front."""
    ours = contestants(labels)
    others = [of for of in _catalogue() if of.label not in labels] if everything else []
    shown = published.points([*ours, *others], top)
    front = published.front(shown, cost)
    return figures.bubble_figure(shown, labels, front, top, cost), shown, front


@st.cache_resource(max_entries=_ENTRIES, show_spinner="Tracing the catalogue …")
def timeline(labels: Labels, top: published.Top) -> tuple[go.Figure, list[published.Moment]]:
    moments = _timeline(top)
    return figures.timeline_figure(moments, labels, top), figures.drawn_moments(moments)


@lru_cache(maxsize=2)
def _timeline(top: published.Top) -> list[published.Moment]:
    return published.timeline(top)


@st.cache_resource(max_entries=1, show_spinner="Tracing …")
def claims() -> list[Claim]:
    return decided()


def claims_sheet() -> Sheet:
    return sheets.claims_sheet(claims())
