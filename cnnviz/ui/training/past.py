"""Last runs: what was trained on this server, to show again, name, go on with, or delete."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.training.curves import described
from cnnviz.training.store import Run
from cnnviz.ui import APP_FOLDER, links, widgets
from cnnviz.ui.training import picture, shared
from cnnviz.ui.training.plan import FREE
from cnnviz.ui.training.routes import numbers

_WANTED = "training_wanted"  # what the link is to say after a choice in the panel
_SHOWN = 60
_HEIGHT = 320  # pixels
_LONGEST = {"label": 120, "note": 2000}
_GOES_ON = ("interrupted", "cancelled", "failed")


@st.fragment
def panel(visitor: str) -> None:
    """Draws the list; it is read only while it is open."""
    box = st.expander("Last runs", icon=":material/history:", key="training_past", on_change="rerun")
    if not box.open:
        return
    with box:
        runs = shared.store().runs(limit=_SHOWN)
        if not runs:
            st.markdown("No network has been trained here yet.")
            return
        chosen = _table(runs)
        if chosen:
            _actions(chosen, visitor)
        else:
            st.markdown("Tick runs to show them together, to name them, or to go on with them.")


def _table(runs: list[Run]) -> list[Run]:
    """The list of runs; those that are ticked."""
    now = time.time()
    state = st.dataframe(
        {
            "Run": [run.id for run in runs],
            "Curve": [run.label or described(run.settings) for run in runs],
            "Preset": [run.preset for run in runs],
            "Seed": [run.settings.seed for run in runs],
            "Status": [run.status for run in runs],
            "When": [_ago(now - run.created) for run in runs],
            "Note": [run.note for run in runs],
            "Message": [run.message for run in runs],
        },
        key="training_past_table",
        height=min(_HEIGHT, 40 + 36 * len(runs)),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
    )
    return [runs[i] for i in state.selection.rows if i < len(runs)]


def _ago(seconds: float) -> str:
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit:
            count = int(seconds // unit)
            return f"{count} {name}{'s' * (count != 1)} ago"
    return "just now"


def _actions(chosen: list[Run], visitor: str) -> None:
    mine = [run for run in chosen if run.owner in ("", visitor)]
    stopped = [run for run in mine if run.status in _GOES_ON]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if st.button("Show these", icon=":material/show_chart:"):
            _show(chosen)
        if st.button("Add to the picture", icon=":material/add:"):
            _add(chosen)
        if len(chosen) == 1:
            _inside(chosen[0])
        if stopped:
            st.button("Go on", icon=":material/resume:", on_click=partial(_go_on, stopped))
        if mine:
            st.button(
                f"Delete {len(mine)} run{'s' * (len(mine) != 1)}",
                icon=":material/delete:",
                on_click=partial(_delete, mine),
            )
    if len(mine) < len(chosen):
        st.markdown("Runs of others can be shown, but not changed.")
    if len(mine) == 1 == len(chosen):
        _words(mine[0])
    if problem := st.session_state.pop(picture.PROBLEM, ""):
        widgets.error(widgets.sentence(problem), icon=":material/database_off:")


def _inside(run: Run) -> None:
    """The way to the page that looks into what the run has learned, where it can."""
    from cnnviz.inside.runs import can_be_looked_into

    if can_be_looked_into(shared.store(), run) and st.button("Look inside", icon=":material/search:"):
        st.session_state.update({links.TRAINED: f"run:{run.id}", links.SEEN: "", links.LOOK: ""})
        page = st.Page(APP_FOLDER / "pages" / f"{links.INSIDE_PAGE}.py", url_path=links.INSIDE_PAGE)
        st.switch_page(page, query_params={links.TRAINED: f"run:{run.id}"})


def _words(run: Run) -> None:
    """Its name and a note."""
    name, note = st.columns([1, 2])
    for place, field, value in ((name, "label", run.label), (note, "note", run.note)):
        key = f"training_{field}_{run.id}"
        place.text_input(
            {"label": "Name", "note": "Note"}[field],
            value,
            max_chars=_LONGEST[field],
            key=key,
            on_change=partial(_annotate, run.id, field, key),
        )


def _show(runs: list[Run]) -> None:
    ids = ",".join(str(run.id) for run in sorted(runs, key=lambda run: run.id))
    draw_anew({links.PRESET: FREE, links.TRAIN: "", links.RUNS: ids})


def _add(runs: list[Run]) -> None:
    before = numbers(st.session_state.get(links.RUNS) or "")
    every = dict.fromkeys((*before, *(run.id for run in runs)))
    draw_anew({links.RUNS: ",".join(map(str, every))})


def draw_anew(link: Mapping[str, object]) -> None:
    """Runs the whole page with this in its link: those widgets are not of this fragment."""
    st.session_state[_WANTED] = link
    st.rerun()


def take_up() -> None:
    """Sets the link to what was chosen in the panel. Call it before any of the link's widgets is drawn."""
    for name, value in st.session_state.pop(_WANTED, {}).items():
        st.session_state[name] = value


def _go_on(runs: list[Run]) -> None:
    _each(runs, lambda run: shared.store().resume(run.id))
    shared.nudge()


def _delete(runs: list[Run]) -> None:
    _each(runs, lambda run: shared.store().delete(run.id))


def _annotate(run: int, field: str, key: str) -> None:
    text = str(st.session_state[key] or "").strip()
    try:
        shared.store().annotate(run, **{field: text})
    except CnnvizError as error:
        st.session_state[picture.PROBLEM] = str(error)
    shared.board().forget([run])


def _each(runs: list[Run], act: Callable[[Run], None]) -> None:
    try:
        for run in runs:
            act(run)
    except CnnvizError as error:
        st.session_state[picture.PROBLEM] = str(error)
    shared.board().forget([run.id for run in runs])
