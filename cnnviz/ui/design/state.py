"""The design on the page: one word in the link, and what undo needs."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cnnviz.design import Built, Design, built, packed
from cnnviz.design.text import designed
from cnnviz.errors import CnnvizError
from cnnviz.ui import cached, links

_PAST, _FUTURE = "design_past", "design_future"  # words, the newest last
_TURN = "design_turn"  # the last thing that the editor said
_ERROR = "design_error"  # why the last edit was not taken
MOST_STEPS = 200
EMPTY = Design()


def current() -> Built:
    """The design of the link, worked out; an empty one where there is none, or where it is broken."""
    packed_design = word()
    try:
        return cached.designed(packed_design) if packed_design else built(EMPTY)
    except CnnvizError as error:
        st.session_state[_ERROR] = str(error)
        return built(EMPTY)


def link_box() -> None:
    """Draws the field that holds the link's word; the bench draws it, so that the address follows an edit."""
    st.popover("Link", icon=":material/link:").text_input(
        "The whole design, as the address bar has it",
        key=links.DESIGN,
        bind="query-params",
    )


def put(design: Design) -> None:
    """Makes it the design of the page; undo goes back. Only callbacks may."""
    before, after = word(), packed(design)
    if before == after:
        return
    cached.keep_design(after, design)
    past = [*st.session_state.get(_PAST, []), before]
    st.session_state[_PAST] = past[-MOST_STEPS:]
    st.session_state[_FUTURE] = []
    _show(after)


def take(turn: int, said: object) -> None:
    """Takes an edit as the browser has it; what is not allowed leaves the design as it was."""
    st.session_state[_TURN] = turn
    try:
        put(designed(said if isinstance(said, Mapping) else {}))
    except CnnvizError as error:
        st.session_state[_ERROR] = str(error)


def step(turn: int, way: str) -> None:
    """Undoes or redoes one edit."""
    st.session_state[_TURN] = turn
    taken, given = (_PAST, _FUTURE) if way == "undo" else (_FUTURE, _PAST)
    words = list(st.session_state.get(taken, []))
    if words:
        st.session_state[given] = [*st.session_state.get(given, []), word()]
        _show(words.pop())
        st.session_state[taken] = words


def turn() -> int:
    return int(st.session_state.get(_TURN, 0))


def steps() -> tuple[bool, bool]:
    """Whether there is something to undo, and to redo."""
    return bool(st.session_state.get(_PAST)), bool(st.session_state.get(_FUTURE))


def fail(message: str) -> None:
    """Says why something was not taken, below the rows."""
    st.session_state[_ERROR] = message


def error() -> str:
    """Why the last edit was not taken; said once."""
    return str(st.session_state.pop(_ERROR, ""))


def word() -> str:
    """The design as the link has it, known before its field is drawn; "" where it has none."""
    kept = st.session_state if links.DESIGN in st.session_state else st.query_params
    return str(kept.get(links.DESIGN) or "").strip()


def _show(word: str) -> None:
    st.session_state[links.DESIGN] = word
