"""Where a design begins: empty, an example, a network of the catalogue, a file."""

from __future__ import annotations

import streamlit as st

from cnnviz.design import Design, loads
from cnnviz.design.derive import derived
from cnnviz.design.examples import NAMES, example
from cnnviz.design.text import MOST_TEXT
from cnnviz.errors import CnnvizError
from cnnviz.ui import cached, links
from cnnviz.ui.design import state
from cnnviz.ui.links import Chosen

_MENU = "design_start"  # whether it is open
_TRIES = "design_files"  # numbers the uploader: a new one forgets the file that the last one had
_TEXT = "design_text"


def start_menu() -> None:
    """Draws the menu. Whatever is begun, undo brings back what was there."""
    menu = st.popover(
        "Start",
        icon=":material/add_notes:",
        help="Empty, an example, a network, a file",
        key=_MENU,
        on_change="rerun",
    )
    if menu.open:
        with menu:
            _choices()


def _choices() -> None:
    """What a design may begin with; sent only while the menu is open."""
    st.button("Empty", on_click=_begin, args=(Design(),), width="stretch", icon=":material/draft:")
    for name in NAMES:
        design = example(name)
        label = design.name[0].upper() + design.name[1:]
        st.button(label, on_click=_begin, args=(design,), width="stretch", key=f"design_{name}")
    choice = links.chosen()
    st.button(
        f"Rows of {choice.network.name}",
        on_click=_from_network,
        args=(choice,),
        width="stretch",
        icon=":material/category:",
        help="The network chosen at the top of the page, with its options",
        key="design_network",
    )
    key = f"design_file_{st.session_state.get(_TRIES, 0)}"
    st.file_uploader("A design file", "toml", key=key, on_change=_from_file, args=(key,))
    st.text_area("Or its text", key=_TEXT, on_change=_from_text, height=120, max_chars=MOST_TEXT)


def _begin(design: Design) -> None:
    state.put(design)
    st.session_state[_MENU] = False


def _from_network(choice: Chosen) -> None:
    try:
        _begin(derived(cached.traced(*choice.key)))
    except CnnvizError as error:
        state.fail(f"{error}.")
        st.session_state[_MENU] = False  # below it is why not


def _from_file(key: str) -> None:
    given = st.session_state[key]
    if given is None:
        return
    try:
        _begin(loads(given.getvalue()[: 4 * MOST_TEXT + 1].decode("utf-8-sig")))
    except UnicodeDecodeError:
        state.fail(f"{given.name} is no text in UTF-8.")
    except CnnvizError as error:
        state.fail(f"{given.name}: {error}.")
    else:
        st.session_state[_TRIES] = st.session_state.get(_TRIES, 0) + 1


def _from_text() -> None:
    """Takes a text; one that cannot be read stays in its field."""
    text = str(st.session_state[_TEXT] or "")
    if not text.strip():
        return
    try:
        _begin(loads(text))
    except CnnvizError as error:
        state.fail(f"{error}.")
    else:
        st.session_state[_TEXT] = ""
