"""The live picture: which runs, what of them, and how it is drawn."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.training.curves import MOST_SMOOTHING, groups
from cnnviz.training.settings import Settings
from cnnviz.ui import links, widgets
from cnnviz.ui.block_graph.live import Shown, live_curves
from cnnviz.ui.training import shared
from cnnviz.ui.training.plan import Plan
from cnnviz.ui.training.views import ACROSS, FREE_VIEW, VIEWS, View

VISITOR = "training_visitor"  # who asks; the browser keeps it for the next visit
PROBLEM = "training_problem"  # what went wrong in the last start
KEY = "training_curves"
_CHOICES = "training_choices"  # on a phone its style puts them below the picture
_PLACE = "training_place"  # its style reserves the height, so that nothing jumps when the picture comes
_NOTHING_YET = "Nothing of this has been trained yet: press Train."
MOST_HIDDEN = 40  # curves, in a link


@st.fragment
def picture(asked: Plan, runs: tuple[int, ...]) -> None:
    """Draws the choices of the picture and the picture; a choice runs this alone."""
    if problem := st.session_state.pop(PROBLEM, ""):
        widgets.error(widgets.sentence(problem), icon=":material/hourglass_disabled:")
    usual = asked.preset.view if asked.preset else FREE_VIEW
    with st.container():
        if links.presenting():  # the picture first; what is seldom changed lies in a menu below it
            drawing = st.container(key=_PLACE)
            with st.popover("Picture", icon=":material/tune:"):
                name, view, across, smooth, log = _choices(usual)
        else:
            name, view, across, smooth, log = _choices(usual)
            drawing = st.container(key=_PLACE)
    with drawing:
        _curves(asked, runs, name, view, across, smooth, log=log)


def _choices(usual: str) -> tuple[str, View, str, float, bool]:
    """What of the runs is drawn, and how; the link says it."""
    labels = {view.label: name for name, view in VIEWS.items()}
    across, smooth, log = ACROSS[0], 0.0, False
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=_CHOICES):
        label = st.container(width=260).selectbox(
            "Picture", list(labels), list(VIEWS).index(usual), key=links.PICTURE, bind="query-params"
        )
        name = labels.get(label, usual)
        view = VIEWS[name]
        if view.kind == "curves":
            chosen = st.segmented_control(
                "By", ACROSS, default=ACROSS[0], key=links.ACROSS, bind="query-params", required=True
            )
            across = chosen if chosen in ACROSS else ACROSS[0]
            smooth = st.container(width=180).slider(
                "Smoothing", 0.0, 0.95, 0.0, 0.05, key=links.SMOOTH, bind="query-params"
            )
            log = st.toggle("Logarithmic", key=links.LOG, bind="query-params")
    return name, view, across, min(smooth, MOST_SMOOTHING), log


def _curves(
    asked: Plan, runs: tuple[int, ...], name: str, view: View, across: str, smooth: float, *, log: bool
) -> None:
    places = _places(asked, name, runs) if view.kind == "points" else {}
    if places and name == "transfer":
        view = view.of_transfer(_varied([g.settings for g in groups(shared.board().histories(runs))]))
    shown = Shown(
        ids=list(runs),
        view=view.data,
        x=across,
        smooth=smooth,
        log=log,
        large=links.presenting(),
        name=f"training-{asked.name}",
        expected=asked.expected,
        slots=shared.slots(),
        labels=_labels(asked),
        places=places,
        mine=_mine(runs),
        hidden=_hidden(),
        empty=_NOTHING_YET if asked.runs else "",
        visitor=str(st.session_state.get(VISITOR, "")),
    )
    live_curves(shown, key=KEY, on_hidden=_hide, on_cancelled=_cancel, on_visitor=_meet)


def _hidden() -> list[str]:
    """The curves that the link hides."""
    return re.findall(r"\b[0-9a-f]{16}\b", st.query_params.get(links.HIDDEN, ""))[:MOST_HIDDEN]


def _hide(curves: list[str]) -> None:
    """The legend hides these curves, and so does the link from here on."""
    known = [curve for curve in curves if re.fullmatch(r"[0-9a-f]{16}", curve)]
    if known:
        st.query_params[links.HIDDEN] = ",".join(known[:MOST_HIDDEN])
    elif links.HIDDEN in st.query_params:
        del st.query_params[links.HIDDEN]


def _meet(visitor: str) -> None:
    """The browser says who it is: the same visitor as before the page was loaded again."""
    if re.fullmatch(r"[0-9a-f]{16}", visitor):  # others have words: "import", "command line"
        st.session_state[VISITOR] = visitor


def _mine(runs: tuple[int, ...]) -> list[int]:
    """The runs that this visitor may cancel: nobody ends what others watch."""
    me = st.session_state.get(VISITOR)
    return [h.run.id for h in shared.board().histories(runs) if h.run.owner in ("", me)]


def _cancel(runs: list[int]) -> None:
    chosen = [run for run in _mine(tuple(runs)) if run in runs]
    try:
        for run in chosen:
            shared.store().cancel(run)
    except CnnvizError as error:
        st.session_state[PROBLEM] = str(error)
    shared.board().forget(chosen)


def _labels(asked: Plan) -> dict[str, str]:
    """The names of a preset's curves: a run that serves two presets bears the name of one."""
    return {wanted.seeded(0).key: label for label, wanted in asked.runs if label}


def _places(asked: Plan, name: str, runs: tuple[int, ...]) -> dict[str, dict[str, Any]]:
    """Where each curve's point stands on the horizontal axis, by the curve's key."""
    shown = groups(shared.board().histories(runs))
    if name != "transfer":
        found = {group.key: _macs(group.settings.seeded(0)) for group in shown}
        return {key: {"x": macs, "line": ""} for key, macs in found.items() if macs}
    option = _varied([group.settings for group in shown])
    labels = _labels(asked)
    lines = {g.key: _line(labels.get(g.key, g.label)) if option != "frozen" else "all" for g in shown}
    return {g.key: {"x": g.settings[option], "line": lines[g.key]} for g in shown}


def _varied(shown: list[Settings]) -> str:
    """What transfer is drawn against: labels where curves differ in them, otherwise frozen layers."""
    for option in ("per_class", "images"):
        if len({wanted[option] for wanted in shown}) > 1:
            return option
    return "frozen" if len({wanted["frozen"] for wanted in shown}) > 1 else "per_class"


def _line(label: str) -> str:
    """The way in "5 labels, from scratch": its points are joined."""
    return label.partition(", ")[2] or label


@lru_cache(maxsize=512)
def _macs(wanted: Settings) -> int | None:
    from cnnviz.training.cost import traced

    try:
        return traced(wanted).macs
    except CnnvizError:
        return None
