"""The page: what is trained, the live picture of it, and what was trained before."""

from __future__ import annotations

import secrets
from functools import partial
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnviz.architectures.architecture import Value
from cnnviz.errors import CnnvizError
from cnnviz.ideas.leading import behind_preset
from cnnviz.training import limits
from cnnviz.training.presets import PRESETS
from cnnviz.training.presets.preset import MOST_SEEDS
from cnnviz.training.store import SHARED, Run
from cnnviz.ui import counting, links, widgets
from cnnviz.ui.links import Chosen
from cnnviz.ui.training import form, getting, past, picture, shared
from cnnviz.ui.training.plan import DEFAULT, FREE, NAMES, Plan, plan
from cnnviz.ui.training.routes import numbers
from cnnviz.ui.training.views import FREE_VIEW, VIEWS

_PICKED = "training_picked"  # the select box: its labels are for people, while the link has the name
_DRAWN = "training_drawn"  # what the bar says, for the page below it; a text where it could not be drawn
_SAID_BY_LINK = "What the address bar says of this page"
_TITLES = {known.name: known.title for known in PRESETS} | {FREE: "Free run"}


class Drawn(NamedTuple):
    """What the bar says."""

    asked: Plan
    own: list[Run]  # that are known of what is asked for
    shown: tuple[int, ...]  # runs of the link
    problem: str  # with these


def free_run() -> bool:
    """Whether a free run is asked for, which may take the picker's network; known before it is drawn."""
    past.take_up()
    form.take_up()
    name, runs = (str(links.now(part) or "").strip() for part in (links.PRESET, links.RUNS))
    try:
        return _asked_for(name, numbers(runs)) == FREE
    except CnnvizError:
        return _asked_for(name, ()) == FREE


def bar(place: DeltaGenerator, choice: Chosen, *, switch: bool) -> None:
    """Draws what is trained, and the button, into the bar of the frame; where asked, the switch Present."""
    with place:
        try:
            owner()
            shared.nudge()  # a process gets ready while the visitor reads
            st.session_state[_DRAWN] = _bar(place, choice)
        except CnnvizError as error:
            st.session_state[_DRAWN] = str(error)
        if switch:
            st.toggle("Present", key=links.PRESENT, bind="query-params")


def laboratory(choice: Chosen) -> None:
    """Draws what to look for, the picture and the panel of earlier runs."""
    drawn = st.session_state[_DRAWN]
    try:
        if isinstance(drawn, str):
            raise CnnvizError(drawn)
        _draw(drawn, choice)
    except CnnvizError as error:
        widgets.error(widgets.sentence(str(error)), icon=":material/database_off:")


def owner() -> str:
    """Who asks: known to this visitor's browser alone."""
    name: str = st.session_state.setdefault(picture.VISITOR, secrets.token_hex(8))
    return name


def _bar(place: DeltaGenerator, choice: Chosen) -> Drawn:
    presenting = links.presenting()  # then what nobody needs in a lecture lies in a menu
    pick, count, start = (place.container(width=width) for width in (380, 100, "content"))
    changes = place.container(width="content")
    link = place.popover("More" if presenting else "Link", icon=":material/link:", help=_SAID_BY_LINK)
    name, shown, problem = _link(link)
    with link if presenting else count:
        seeds = st.number_input(
            "Seeds",
            1,
            MOST_SEEDS,
            None,
            key=links.SEEDS,
            bind="query-params",
            placeholder=str(plan(name, "", None, *_above(choice)).seeds),
            help="Runs of each curve: the picture shows their mean and how far they scatter",
        )
    word = str(st.session_state.get(links.DESIGN) or "").strip()
    asked = plan(name, st.session_state.get(links.TRAIN) or "", seeds, *_above(choice), word)
    st.session_state[_PICKED] = asked.name
    with pick:
        st.selectbox("What to see", NAMES, format_func=_TITLES.__getitem__, key=_PICKED, on_change=_picked)
    with changes:
        if not presenting:
            form.changes(asked, choice)
        form.changed(asked)
    known = shared.store().known(wanted for _, wanted in asked.runs)
    own = [known[wanted.key] for _, wanted in asked.runs if wanted.key in known]
    with start:
        _start_button(asked, own)
    return Drawn(asked, own, shown, problem)


def _draw(drawn: Drawn, choice: Chosen) -> None:
    asked = drawn.asked
    for problem in (drawn.problem, *asked.problems):
        if problem:
            widgets.error(widgets.sentence(problem), icon=":material/link_off:")
    getting.what_is_missing(asked)
    _told(asked, choice)
    own = [run.id for run in drawn.own]
    if asked.name == FREE and drawn.shown:  # each run started here has joined those of the link
        own = []
    counting.stays("Multiplications on this page")
    picture.picture(asked, tuple(dict.fromkeys((*own, *drawn.shown))))
    if links.presenting():
        return
    if asked.preset and asked.preset.notes:
        st.markdown(f":small[{asked.preset.notes}]")
    past.panel(owner())


def _link(place: DeltaGenerator) -> tuple[str, tuple[int, ...], str]:
    """What the address bar says: the preset, the runs that are shown, and what is wrong with these."""
    with place:
        name = st.text_input("Preset, or free", key=links.PRESET, bind="query-params", placeholder=DEFAULT)
        runs = st.text_input("Runs in the picture", key=links.RUNS, bind="query-params", placeholder="1,2,3")
        st.text_input(
            "Changed in training",
            key=links.TRAIN,
            bind="query-params",
            placeholder="epochs=3,learning_rate=0.1",
        )
    form.tell_design()
    try:
        shown, problem = numbers(runs or ""), ""
    except CnnvizError as error:
        shown, problem = (), str(error)
    return _asked_for((name or "").strip(), shown), shown, problem


def _asked_for(name: str, shown: tuple[int, ...]) -> str:
    return name or (FREE if shown else DEFAULT)


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
    ideas = ", ".join(links.idea_link(lead.idea.title, lead.query) for lead in behind_preset(asked.name))
    st.markdown(f"**{asked.preset.claim}** {asked.preset.look}{f' · Ideas: {ideas}' if ideas else ''}")


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
