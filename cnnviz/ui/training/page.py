"""The page: what is trained, the live picture of it, and what was trained before."""

from __future__ import annotations

import secrets
from functools import partial

import streamlit as st

from cnnviz.architectures.architecture import Value
from cnnviz.errors import CnnvizError
from cnnviz.training import limits
from cnnviz.training.presets import PRESETS
from cnnviz.training.presets.preset import MOST_SEEDS
from cnnviz.training.store import SHARED, Run
from cnnviz.ui import links, widgets
from cnnviz.ui.links import Chosen
from cnnviz.ui.training import form, getting, past, picture, shared
from cnnviz.ui.training.plan import DEFAULT, FREE, NAMES, Plan, plan
from cnnviz.ui.training.routes import numbers
from cnnviz.ui.training.views import FREE_VIEW, VIEWS

_PICKED = "training_picked"  # the select box: its labels are for people, while the link has the name
_TITLES = {known.name: known.title for known in PRESETS} | {FREE: "Free run"}


def laboratory(choice: Chosen) -> None:
    """Draws the bar, what to look for, the picture and the panel of earlier runs."""
    try:
        owner()
        past.take_up()
        shared.nudge()  # a process gets ready while the visitor reads
        _draw(choice)
    except CnnvizError as error:
        widgets.error(widgets.sentence(str(error)), icon=":material/database_off:")


def owner() -> str:
    """Who asks: known to this visitor's browser alone."""
    name: str = st.session_state.setdefault(picture.VISITOR, secrets.token_hex(8))
    return name


def _draw(choice: Chosen) -> None:
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    pick, count, start = bar.container(width=380), bar.container(width=110), bar.container(width="content")
    changes = bar.container(width="content")
    typed, more = _link(bar)
    with count:
        usual = plan(typed, "", None, *_above(choice)).seeds
        seeds = st.number_input(
            "Seeds",
            1,
            MOST_SEEDS,
            None,
            key=links.SEEDS,
            bind="query-params",
            placeholder=str(usual),
            help="Runs of each curve: the picture shows their mean and how far they scatter",
        )
    asked = plan(typed, st.session_state.get(links.TRAIN) or "", seeds, *_above(choice))
    st.session_state[_PICKED] = asked.name
    with pick:
        st.selectbox("What to see", NAMES, format_func=_TITLES.__getitem__, key=_PICKED, on_change=_picked)
    with changes:
        form.changes(asked, choice)
    with bar:
        form.changed(asked)
    for problem in asked.problems:
        widgets.error(widgets.sentence(problem), icon=":material/link_off:")
    known = shared.store().known(wanted for _, wanted in asked.runs)
    own = [known[wanted.key] for _, wanted in asked.runs if wanted.key in known]
    with start:
        _start_button(asked, own)
    getting.what_is_missing(asked)
    _told(asked, choice)
    shown = tuple(dict.fromkeys([run.id for run in own if asked.name != FREE] + list(more)))
    if asked.name == FREE and not more:
        shown = tuple(run.id for run in own)
    picture.picture(asked, shown)
    if asked.preset and asked.preset.notes and not links.presenting():
        st.markdown(f":small[{asked.preset.notes}]")
    past.panel(owner())


def _link(bar: st.delta_generator.DeltaGenerator) -> tuple[str, tuple[int, ...]]:
    """What the address bar says: the preset, and the runs that are shown."""
    with bar.popover("Link", icon=":material/link:", help="What the address bar says of this page"):
        name = st.text_input("Preset, or free", key=links.PRESET, bind="query-params", placeholder=DEFAULT)
        runs = st.text_input("Runs in the picture", key=links.RUNS, bind="query-params", placeholder="1,2,3")
        st.text_input(
            "Changed in training",
            key=links.TRAIN,
            bind="query-params",
            placeholder="epochs=3,learning_rate=0.1",
        )
    try:
        shown = numbers(runs or "")
    except CnnvizError as error:
        widgets.error(widgets.sentence(str(error)), icon=":material/link_off:")
        shown = ()
    return (name or "").strip() or (FREE if shown else DEFAULT), shown


def _above(choice: Chosen) -> tuple[str, tuple[tuple[str, Value], ...]]:
    return choice.network.name, tuple(choice.network.changed.items())


def _told(asked: Plan, choice: Chosen) -> None:
    """The claim, and where to look."""
    if asked.preset is None:
        st.markdown(form.sentence(asked, choice))
        return
    if links.presenting():
        st.markdown(f"#### {asked.preset.claim}")
        return
    st.markdown(f"**{asked.preset.claim}** {asked.preset.look}")


def _start_button(asked: Plan, own: list[Run]) -> None:
    missing = len(asked.runs) - sum(run.status in SHARED for run in own)
    again = bool(asked.runs) and not missing
    count = len(asked.runs) if again else missing
    label = "Train"
    if again:
        label = "Train again"
    elif own and missing < len(asked.runs):
        label = f"Train the other {missing}"
    st.button(
        label,
        type="secondary" if again else "primary",
        icon=":material/play_arrow:",
        key="training_start",
        disabled=not asked.runs,
        on_click=partial(_start, asked, again),
        help=f"{'one run' if count == 1 else f'{count} runs'}, beside the server{_about(asked, count)}",
    )


def _about(asked: Plan, count: int) -> str:
    if asked.expected is None:
        return ""
    seconds = asked.expected * count / shared.slots()
    return (
        f", about {seconds:.0f} s on this machine" if seconds < 90 else f", about {seconds / 60:.0f} minutes"
    )


def _start(asked: Plan, again: bool) -> None:
    """Hands every run in; what somebody has asked for before is shared."""
    try:
        made = limits.request(shared.store(), asked.runs, preset=asked.name, owner=owner(), again=again)
        shared.nudge()
    except CnnvizError as error:
        st.session_state[picture.PROBLEM] = str(error)
        return
    if asked.name == FREE:
        before = numbers(st.session_state.get(links.RUNS) or "")
        st.session_state[links.RUNS] = ",".join(map(str, dict.fromkeys((*before, *(run.id for run in made)))))


def _picked() -> None:
    """Another preset begins with its own picture and values."""
    state = st.session_state
    state[links.PRESET] = state[_PICKED]
    state[links.TRAIN], state[links.RUNS], state[links.SEEDS] = "", "", None
    known = {one.name: one.view for one in PRESETS}
    state[links.PICTURE] = VIEWS[known.get(state[_PICKED], FREE_VIEW)].label
    form.forget()
