"""The page around the ideas: the bar, the index, and what stands above and below the picture of an idea."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

import streamlit as st

from cnnviz.architectures import find as find_network
from cnnviz.errors import CnnvizError
from cnnviz.ideas import GROUPS, IDEAS, Idea, find
from cnnviz.ideas.course import CHAPTERS, Chapter
from cnnviz.ideas.idea import Place
from cnnviz.ideas.photos import OWN
from cnnviz.trace import Trace
from cnnviz.ui import cached, links, widgets
from cnnviz.ui.ideas import browser, photo

ALL = ""  # the link of the index
SECTIONS = "sections"  # and of the sections of a course
_PICKED = "ideas_picked"  # the select box, whose labels are for people, while the link has the name
_TITLES = {ALL: "All ideas", SECTIONS: "Section by section"} | {idea.name: idea.title for idea in IDEAS}
_NAMES = list(_TITLES)


def bar() -> None:
    """Which idea: a box, one step back or on, and what there is to save. Called within the frame's bar."""
    now = _now()
    name = now.name if now else SECTIONS if _said() == SECTIONS else ALL
    st.session_state[_PICKED] = name
    place = st.container(width=340)
    place.selectbox(
        "Idea",
        _NAMES,
        format_func=_TITLES.__getitem__,
        key=_PICKED,
        on_change=_picked,
        label_visibility="collapsed",
    )
    for icon, step, what in (("arrow_back", -1, "Previous idea"), ("arrow_forward", 1, "Next idea")):
        at = _NAMES.index(name) + step
        there = 0 <= at < len(_NAMES)
        st.button(
            what.partition(" ")[0],
            key=f"ideas_{icon}",
            icon=f":material/{icon}:",
            help=_TITLES[_NAMES[at]] if there else what,
            disabled=not there,
            on_click=_open,
            args=(_NAMES[at] if there else name,),
        )
    if now:  # here, as it would be sent again with every step from within the idea's fragment
        with st.popover("Export", icon=":material/download:"):
            browser.files(now.name, now.title)
    st.toggle("Present", key=links.PRESENT, bind="query-params")


def page() -> None:
    """The idea that the link names, or the index."""
    if _said() == SECTIONS:
        _head("Section by section", "Where each part of a course on convolutional networks can be touched.")
        _course()
        return
    _problem()
    idea = _now()
    if idea is None:
        _head("The ideas behind the blocks", index=True)
        browser.cards(_cards(), key="ideas_index", large=links.presenting(), on_picked=_open)
        return
    _screen(idea)
    if any(OWN in value.choices for value in idea.values):
        photo.own_button(idea)
    if not links.presenting():
        _below(idea)


@st.fragment
def _screen(idea: Idea) -> None:
    """What is touched, with what the link says of it; a change runs this alone."""
    if _now() is not idea:  # another one was typed in the link's field
        st.rerun()
    _head(idea.title, idea.sentence)
    import_module(f"cnnviz.ui.ideas.{idea.name}").live(idea)


def _head(title: str, sentence: str = "", *, index: bool = False) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### {title}", width="content")
        if sentence:
            st.markdown(sentence, width="content")
        if index:
            st.button("By the sections of a course", icon=":material/toc:", on_click=_open, args=(SECTIONS,))
        with st.popover("Link", icon=":material/link:", help="What the address bar says of this page"):
            st.text_input("Idea", key=links.IDEA, bind="query-params", placeholder="none: the index")
            st.text_input("Its values", key=links.IDEA_VALUES, bind="query-params", placeholder="the usual")


def _course() -> None:
    """Every section of the notes, with the ways to it."""
    for column, chapters in zip(st.columns(3, gap="large"), _columns(), strict=True):
        column.markdown("\n\n".join(map(_chapter, chapters)))


def _columns() -> tuple[tuple[Chapter, ...], ...]:
    first, second, *others = CHAPTERS
    return (first,), (second,), tuple(others)


def _chapter(chapter: Chapter) -> str:
    lines = [
        f"- **{section.title}**: {', '.join(_link(place) for place in section.places)}"
        for section in chapter.sections
    ]
    return f"##### {chapter.title}\n\n" + "\n".join(lines)


def _link(place: Place) -> str:
    address = links.address(place.page, _query(place)).removesuffix("?")
    return f"[{widgets.typeset(place.words)}]({address})"


@lru_cache(maxsize=512)
def _query(place: Place) -> tuple[tuple[str, str], ...]:
    """The place's link, the layer by its index."""
    if not place.layer:
        return place.query
    network = find_network(dict(place.query)[links.NET])
    trace = cached.traced(network.name, (), network.input_shape)
    return (*place.query, (links.LAYER, str(_index(trace, place.layer))))


def _index(trace: Trace, name: str) -> int:
    """The layer of that name; where several operations have it, the one that does more than turn axes."""
    named = [layer for layer in trace.layers if layer.name == name]
    return next((layer.index for layer in named if layer.kind != "shape"), named[0].index)


def _below(idea: Idea) -> None:
    """The idea in words, who uses it, and where it comes from."""
    left, right = st.columns([3, 2], gap="large")
    left.markdown(idea.words)
    if idea.uses:
        lines = [
            f"- [{title}]({links.address(links.EXPLORE_PAGE, query)}): {words}"
            for title, query, words in _uses(idea.name)
        ]
        right.markdown("**Networks that use it**, in Explore\n\n" + "\n".join(lines))
    if idea.places:
        places = "\n".join(f"- {_link(place)}" for place in idea.places)
        right.markdown(f"**Elsewhere in the app**\n\n{places}")
    if idea.papers:
        papers = "\n".join(f"- [{paper.text}]({paper.link})" for paper in idea.papers)
        right.markdown(f"**Read on**\n\n{papers}")


@lru_cache(maxsize=len(IDEAS))
def _uses(name: str) -> tuple[tuple[str, tuple[tuple[str, str], ...], str], ...]:
    """Title, link into Explore and words of each layer that uses the idea."""
    told = []
    for use in find(name).uses:
        network = find_network(use.network)
        trace = cached.traced(network.name, (), network.input_shape)
        query = (
            (links.NET, network.architecture.name),
            (links.VARIANT, network.variant.name),
            (links.LAYER, str(_index(trace, use.layer))),
        )
        title = widgets.plain(f"{network.architecture.title}, {use.layer}")
        told.append((title, query, widgets.typeset(use.words)))
    return tuple(told)


@lru_cache(maxsize=1)
def _cards() -> tuple[dict[str, object], ...]:
    """The index: groups in order, with what their cards say."""
    return tuple(
        {
            "title": group,
            "ideas": [
                {"name": idea.name, "title": idea.title, "sentence": idea.sentence}
                for idea in IDEAS
                if idea.group == group
            ],
        }
        for group in GROUPS
        if any(idea.group == group for idea in IDEAS)
    )


def _said() -> str:
    """What the link says, before its widget is drawn too."""
    said = st.session_state.get(links.IDEA, st.query_params.get(links.IDEA))
    return str(said or ALL).strip()


def _now() -> Idea | None:
    try:
        return find(_said()) if _said() else None
    except CnnvizError:
        return None  # `page` says so, and shows the index


def _problem() -> None:
    """Says what is wrong with the link's name."""
    try:
        if _said():
            find(_said())
    except CnnvizError as error:
        widgets.error(f"{widgets.sentence(str(error))} Here they all are.", icon=":material/link_off:")


def _open(name: str) -> None:
    """Another idea begins with its own values."""
    st.session_state[links.IDEA] = name
    st.session_state[links.IDEA_VALUES] = ""


def _picked() -> None:
    _open(st.session_state[_PICKED])
