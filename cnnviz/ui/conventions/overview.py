"""All conventions beside each other, one of them line by line, and one that the visitor puts together."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from cnnviz import conventions, count_plots
from cnnviz.architectures import find
from cnnviz.conventions.named import NAMESAKES
from cnnviz.conventions.overview import (
    Overview,
    difference_markdown,
    overview_csv,
    overview_markdown,
    report,
)
from cnnviz.conventions.overview import overview as compared
from cnnviz.formulas import Shape, size_text
from cnnviz.trace import Trace
from cnnviz.ui import cached, counting, visit, widgets
from cnnviz.ui.cached import Options
from cnnviz.ui.exports import save
from cnnviz.ui.links import Chosen

_PICKED = "conventions_picked"  # the pills: the link has the frame's switch
_UNIT, _PARTS = "conventions_unit", "conventions_parts"
_UNITS = ("MACs", "FLOPs")
_TOOLS = len({convention.package for convention in conventions.TOOLS}) + 1  # and torch's own
_WORDS = "no one two three four five six seven eight nine ten eleven".split()


@visit.apart(st.cache_resource(max_entries=256, show_spinner=False))
def _rows(name: str, options: Options, input_shape: Shape, own: str) -> list[Overview]:
    """A row for each preset, and one for the visitor's own convention where that is none of them."""
    shown = dict(conventions.PRESETS) | ({own: conventions.find(own)} if own else {})
    return compared(cached.traced(name, options, input_shape), list(shown.values()))


@visit.apart(st.cache_resource(max_entries=256, show_spinner=False))
def _figure(name: str, options: Options, input_shape: Shape, own: str) -> tuple[go.Figure, str, str]:
    # FLOPs and MACs add nothing to the multiplications: a bar of theirs would be empty.
    rows = [row for row in _rows(name, options, input_shape, own) if any(row.beyond.values())]
    return count_plots.beyond_figure(rows), count_plots.beyond_words(rows), count_plots.mistakes(rows)


@visit.apart(st.cache_resource(max_entries=512, show_spinner=False))
def _lines(name: str, options: Options, input_shape: Shape, convention: str) -> str:
    trace = cached.traced(name, options, input_shape)
    return difference_markdown(trace, conventions.find(convention))


@st.cache_resource(show_spinner=False)
def _namesakes() -> str:
    """The networks that share a name, with numbers of their traces."""
    lines = ["| Network | Input | Parameters | MACs |", "|:--|:--|--:|--:|"]
    notes = []
    for same in NAMESAKES:
        notes.append(f"- **{same.name}**: {widgets.typeset(same.why)}")
        for name, options in same.networks:
            trace = cached.traced(name, options, find(name).input_shape)
            name = ", ".join([name, *(option for option, _ in options)])
            size = size_text(trace.input_shapes[0][1:])
            lines.append(f"| {name} | {size} | {trace.parameters:,} | {trace.macs:,} |")
    return "\n".join(lines) + "\n\n" + "\n".join(notes)


def heading(choice: Chosen, trace: Trace) -> None:
    """The question, with as many answers as there are for this network."""
    totals = {row.total for row in _rows(*choice.key, "") if not row.problem}
    name = choice.network.architecture.title
    answers = f"{_WORDS[len(totals)]} answer{'s' * (len(totals) != 1)}"
    st.markdown(f"### Why do {_WORDS[_TOOLS]} tools give {answers} for {name}?")
    st.markdown(
        f"It is the same network, `{trace.model}` with {trace.parameters:,} parameters, at "
        f"{size_text(trace.input_shapes[0][1:])}. The tools differ in what they call an operation."
    )


def table(choice: Chosen) -> None:
    """Every convention's count, and the files of it."""
    rows = _rows(*choice.key, _own())
    st.markdown(overview_markdown(rows))
    trace = cached.traced(*choice.key)
    with st.container(horizontal=True, gap="xsmall"):
        name = f"{choice.network.name}-conventions"
        save("CSV", f"{name}.csv", "text/csv", lambda: overview_csv(rows) + "\n", menu=False)
        save("Markdown", f"{name}.md", "text/markdown", lambda: report(trace, rows) + "\n", menu=False)


def bars(choice: Chosen) -> None:
    """What each adds to the multiplications."""
    figure, words, mistakes = _figure(*choice.key, _own())
    st.markdown("**What each adds to the multiplications**")
    st.plotly_chart(figure, alt=words, config={"displayModeBar": False}, key="conventions_bars")
    if mistakes:
        st.markdown(f":small[{mistakes}]")


def builder() -> None:
    """Chooses what the whole app counts: as a tool does, or a convention of one's own."""
    counted = counting.selected()
    st.session_state[_PICKED] = counted.name if counted.name in conventions.PRESETS else None
    st.pills(
        "Count everywhere in this app",
        list(conventions.PRESETS),
        format_func=lambda name: conventions.PRESETS[name].title,
        key=_PICKED,
        on_change=_pick,
    )
    own = conventions.parts(counted.name) or (counted.flops, frozenset())
    st.session_state[_UNIT] = _UNITS[own[0]]
    st.session_state[_PARTS] = [word for word in conventions.ADDED if word in own[1]]
    unit, added = st.columns([1, 4])
    with unit:
        st.segmented_control("Or build your own", _UNITS, key=_UNIT, on_change=_build, required=True)
    with added:
        st.pills(
            "and count as well",
            list(conventions.ADDED),
            selection_mode="multi",
            key=_PARTS,
            on_change=_build,
            help="Each with 1 for one addition, element or number read; a batch norm with one multiply-add",
        )


def line_by_line(choice: Chosen, trace: Trace) -> None:
    """What makes the chosen convention differ from plain MACs."""
    counted = counting.selected()
    name = counted.title.removeprefix("as ")
    if counted is conventions.DEFAULT:
        st.markdown(
            f"#### MACs, line by line\n\n{trace.macs:,} multiplications of convolutions, linear layers and "
            "matrix products, no bias, no norm: what torchvision publishes, and half of what torch's own "
            "FlopCounterMode says. Choose another above to see what it adds."
        )
        return
    if problem := conventions.unfit(trace, counted):
        st.markdown(f"#### {_first(counted.title)}, line by line\n\n{_first(problem)}.")
        return
    source = f" It calls its figure “{counted.says}”; read from its version {counted.version}."
    text = [
        f"#### {_first(counted.title)}, line by line",
        f"{_first(counted.words)}: what {name} counts differently from the {trace.macs:,} MACs."
        f"{source if counted.package else ''}",
        _lines(*choice.key, counted.name),
        "\n".join(f"- {note}" for note in counted.notes),
    ]
    st.markdown("\n\n".join(text))


def namesakes() -> None:
    """The other reason for different numbers: another network under the same name."""
    with st.expander("Same name, other network: what else makes numbers differ", icon=":material/badge:"):
        st.markdown(_namesakes())


def _first(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[0].upper() + text[1:]


def _own() -> str:
    """The visitor's own convention; "" where one of the presets is chosen."""
    name = counting.selected().name
    return "" if name in conventions.PRESETS else name


def _pick() -> None:
    counting.choose(st.session_state[_PICKED] or conventions.DEFAULT.name)


def _build() -> None:
    state = st.session_state
    counting.choose(conventions.text(flops=state[_UNIT] == _UNITS[1], added=state[_PARTS] or ()))
