"""The switch that says what is counted as the cost; one for the whole app, kept in the link."""

from __future__ import annotations

import contextlib

import streamlit as st

from cnnviz import conventions
from cnnviz.conventions import Convention
from cnnviz.errors import CnnvizError
from cnnviz.ui import links, widgets

_HELP = "MACs, FLOPs, or the way another tool counts. The page Conventions explains each, and takes your own."


def problem() -> None:
    """Says what is wrong with the link's convention; often nothing."""
    try:
        conventions.find(_said())
    except CnnvizError as error:
        said = f"{widgets.sentence(str(error))} Here are plain MACs instead."
        widgets.error(said, icon=":material/calculate:")


def unfit() -> None:
    """Says where what is chosen cannot be counted of a file; call it once the network is chosen."""
    found = selected()
    if _unfit(found):
        said = f"{found.package} counts torch's modules, of which a file says nothing: here are plain MACs."
        widgets.error(widgets.sentence(said), icon=":material/calculate:")


def switch() -> None:
    """Draws the switch. The frame does: every page finds in it what the link says."""
    names = list(conventions.PRESETS)
    with contextlib.suppress(CnnvizError):
        conventions.find(_said())
        names = list(dict.fromkeys([*names, _said()]))  # one of the visitor's own, as the link writes it
    st.selectbox("What is counted", names, key=links.CONVENTION, bind="query-params", help=_HELP)


def badge() -> None:
    """Says in the bar that something else than MACs is counted."""
    badge_of(convention())


def badge_of(found: Convention | None) -> None:
    """The same for a convention that is known; nothing for plain MACs."""
    if found:
        st.markdown(f":orange-badge[{found.quantity}]", help="What is counted: see Options", width="content")


def convention() -> Convention | None:
    """What is counted; None for plain MACs, and while quantities are to be predicted: those are MACs."""
    found = selected()
    if links.predicting() or found is conventions.DEFAULT or _unfit(found):
        return None
    return found


def selected() -> Convention:
    """What the switch says, whatever else goes on; plain MACs where the link has no such convention."""
    try:
        return conventions.find(_said())
    except CnnvizError:
        return conventions.DEFAULT


def name() -> str:
    """What caches know it by; "" for plain MACs."""
    found = convention()
    return found.name if found else ""


def comparing() -> str:
    """What caches of comparisons know it by; there nothing is to be predicted."""
    found = comparing_convention()
    return found.name if found else ""


def comparing_convention() -> Convention | None:
    """What comparisons count; None for plain MACs."""
    found = selected()
    return None if found is conventions.DEFAULT or _unfit(found) else found


def comparing_heading() -> str:
    """What comparisons call what is counted, in few letters."""
    return (comparing_convention() or conventions.DEFAULT).heading


def heading() -> str:
    """What is counted, in few letters: `MACs`, `as fvcore`."""
    return (convention() or conventions.DEFAULT).heading


def label() -> str:
    """What is counted, with its unit: `MACs`, `MACs as fvcore`."""
    return (convention() or conventions.DEFAULT).label


def stays(what: str) -> None:
    """Says that something is in MACs where something else is counted."""
    if selected() is not conventions.DEFAULT:
        st.caption(f"{what}: in plain MACs, whatever is counted elsewhere.")


def choose(name: str) -> None:
    """Sets the switch, and with it the link. Only callbacks may: they run before the widgets."""
    st.session_state[links.CONVENTION] = name


def _unfit(found: Convention) -> bool:
    """Whether the network is a file, and the convention has no number for files."""
    return found.by_modules and links.reading_a_file()


def _said() -> str:
    state = st.session_state
    said = state[links.CONVENTION] if links.CONVENTION in state else st.query_params.get(links.CONVENTION)
    return str(said or conventions.DEFAULT.name)
