"""What a browser says to a component: whatever it is, no callback fails, and only what can be is taken.

Oracle: the values are drawn from all that JSON can hold, and what JavaScript adds to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import streamlit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnviz.graph.folding import Folding, paths
from cnnviz.graph.folding import groups as groups_of
from cnnviz.ideas import IDEAS
from cnnviz.ideas.values import read
from cnnviz.savings import TRICKS
from cnnviz.targets import trace
from cnnviz.ui import answer_field, block_graph, heard, lab, links, walk
from cnnviz.ui.block_graph import editor, fields, live
from cnnviz.ui.block_graph.told import Told
from cnnviz.ui.block_graph.waiting import waiting
from cnnviz.ui.convolving import component as convolving_window
from cnnviz.ui.convolving import state as window_state
from cnnviz.ui.design import state
from cnnviz.ui.ideas import browser, workbench

OF = "this network"
LAST = 7
RUDE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=20)
    | st.sampled_from([2**64, -1, 1e400, "0", "1", "undo", "__proto__", "x" * 100_000]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["of", "turn", "way", "design", "layer", "name", "typed", "rows", "input", "kind", "n_C", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=8,
)
# Messages that are about this, so that what else is in them is read.
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "of": st.just(OF),
        "turn": RUDE,
        "way": RUDE,
        "design": RUDE,
        "layer": RUDE,
        "name": RUDE,
        "typed": RUDE,
    },
)
SAID = RUDE | NEARLY
many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Callbacks = dict[str, Callable[[], None]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Callbacks:
    """The callbacks that Streamlit was given for the last component that was drawn."""
    given: Callbacks = {}

    def component(**arguments: Any) -> None:
        given.clear()
        given.update({name: call for name, call in arguments.items() if name.startswith("on_")})

    monkeypatch.setattr(block_graph, "_component", component)
    monkeypatch.setattr(answer_field, "_component", component)
    monkeypatch.setattr(convolving_window, "_component", component)
    monkeypatch.setattr(streamlit, "session_state", {})
    return given


def say(drawn: Callbacks, key: str, message: object) -> None:
    """Calls every callback with this message, and with none."""
    for name, call in drawn.items():
        for component in ({name.removeprefix("on_").removesuffix("_change"): message}, {}, None):
            streamlit.session_state[key] = component
            call()


@many
@given(SAID)
def test_the_stepper_hears_layers_that_there_are(drawn: Callbacks, message: object) -> None:
    layers: list[int] = []
    views: list[str] = []
    block_graph.stepper(
        0,
        LAST,
        key="k",
        of=OF,
        on_layer=layers.append,
        told=Told(""),
        views=("Curves", "Layer"),
        on_view=views.append,
    )
    say(drawn, "k", message)
    assert all(type(index) is int and 0 <= index <= LAST for index in layers)
    assert set(views) <= {"Curves", "Layer"}


@many
@given(SAID | st.just("conv2_x"))
def test_the_graph_opens_groups_that_there_are(drawn: Callbacks, message: object) -> None:
    network = trace("resnet18@paper")
    known = set(paths(groups_of(network)))
    graph = walk.cached.drawing("resnet18@paper", (), (3, 224, 224), Folding(), "kind")
    block_graph.block_graph(
        graph,
        key="k",
        of=OF,
        label="",
        name="",
        title="",
        height=9,
        on_group=lambda path: walk._toggle(network, Folding(), path),
        told=Told(""),
    )
    say(drawn, "k", message)
    told = streamlit.session_state.get(links.GROUPS) or ""
    assert {path.removeprefix("-") for path in told.split(",") if path} <= known


@many
@given(SAID)
def test_answers_are_of_a_layer_and_a_quantity(drawn: Callbacks, message: object) -> None:
    heard_answers: list[tuple[object, ...]] = []
    fields.answers(
        [],
        key="k",
        of=OF,
        layer=0,
        end=False,
        note="",
        score="",
        on_answer=lambda *said: heard_answers.append(said),
        on_show=lambda *said: heard_answers.append((*said, "")),
    )
    say(drawn, "k", message)
    assert all([type(part) for part in said] == [int, str, str] for said in heard_answers)


@many
@given(SAID)
def test_the_answer_field_hears_text(drawn: Callbacks, message: object) -> None:
    typed: list[str] = []
    answer_field.answer_field(
        "", key="k", of=OF, label="", unit="", action="", done=False, wrong=False, on_entered=typed.append
    )
    say(drawn, "k", message)
    assert all(isinstance(text, str) and len(text) <= heard.MOST_TEXT for text in typed)


TYPED = st.lists(st.tuples(st.sampled_from(("groups", "width", "?")) | RUDE, RUDE | st.text()).map(list))


@many
@given(SAID | st.fixed_dictionaries({"of": st.just(OF), "typed": TYPED}))
def test_the_sliders_of_the_lab_take_what_is_one_of_theirs(drawn: Callbacks, message: object) -> None:
    trick = TRICKS[0]
    rows = [lab._control(trick, trick.defaults, option.name, {}) for option in trick.options]
    fields.controls(rows, key="k", of=OF, on_changed=lambda *said: lab._change(trick, *said))
    say(drawn, "k", message)
    drafts = streamlit.session_state.get(lab._DRAFTS, {})
    assert set(drafts) <= {option.name for option in trick.options}


@many
@given(SAID | st.lists(SAID | st.fixed_dictionaries({"turn": st.integers(0, 9), "design": RUDE})))
def test_the_design_editor_keeps_the_design_or_says_why_not(drawn: Callbacks, message: object) -> None:
    streamlit.session_state.clear()
    editor.design_editor(
        {},
        editor.Told(rows=[], totals="", wrong=None, problem="", fix="", undo=False, redo=False, error=""),
        key="k",
        turn=0,
        on_edit=state.take,
        on_step=state.step,
    )
    say(drawn, "k", message)
    assert type(state.turn()) is int
    state.current()
    said = state.error()
    assert len(said) < 1000
    edits = message if isinstance(message, list) else []
    if any((heard.whole(heard.fields(edit).get("turn")) or 0) > 0 for edit in edits):
        assert said or state.word()


@many
@given(SAID)
def test_curves_select_layers_and_training_hears_numbers_of_runs(drawn: Callbacks, message: object) -> None:
    streamlit.session_state.clear()
    for selection in (message, {"points": message}, {"points": [message]}):
        streamlit.session_state["curve"] = {"selection": selection}
        walk._picked("curve")
    assert type(streamlit.session_state.get(links.LAYER, 0)) is int
    runs: list[int] = []
    curves: list[str] = []
    shown = live.Shown(
        ids=[],
        view={},
        x="",
        smooth=0,
        log=False,
        large=False,
        name="",
        expected=None,
        slots=1,
        places={},
        mine=[],
        hidden=[],
        labels={},
        empty="",
        visitor="",
    )
    live.live_curves(
        shown, key="k", on_cancelled=runs.extend, on_hidden=curves.extend, on_visitor=str.isalnum
    )
    say(drawn, "k", message)
    assert all(type(run) is int for run in runs)
    assert all(isinstance(curve, str) for curve in curves)


@many
@given(SAID)
def test_a_measurement_is_let_go_by_its_number(drawn: Callbacks, message: object) -> None:
    numbers: list[int] = []
    waiting(1, key="k", title="", on_cancelled=numbers.append, on_ended=list)
    say(drawn, "k", message)
    assert all(type(number) is int for number in numbers)


@many
@given(SAID | st.fixed_dictionaries({"of": st.just(IDEAS[0].name), "values": RUDE}))
def test_ideas_hear_values_that_a_link_can_say(drawn: Callbacks, message: object) -> None:
    idea = IDEAS[0]
    streamlit.session_state.clear()
    browser.idea(
        idea.name,
        {},
        {},
        key="k",
        large=False,
        on_moved=lambda given: workbench._moved(idea, given),
        on_missing=lambda: None,
    )
    say(drawn, "k", message)
    assert not read(idea.values, streamlit.session_state.get(links.IDEA_VALUES, "")).problems
    streamlit.session_state[links.IDEA_VALUES] = "size=32"
    say(drawn, "k", {"of": "another idea", "values": {"size": 64}})
    assert streamlit.session_state[links.IDEA_VALUES] == "size=32"  # what another idea said is not its own
    names: list[object] = []
    browser.cards([], key="k", large=False, on_picked=names.append)
    say(drawn, "k", message)
    assert all(isinstance(name, str) for name in names)


NUMBERS = st.dictionaries(st.text(alphabet="nfspdqCmx", max_size=3), RUDE, max_size=3)


@many
@given(
    SAID
    | st.fixed_dictionaries(
        {"turn": RUDE, "what": st.just("scene"), "kind": st.just("conv"), "values": RUDE | NUMBERS}
    )
)
def test_the_moving_window_shows_a_scene_or_says_why_not(drawn: Callbacks, message: object) -> None:
    streamlit.session_state.clear()
    convolving_window.moving_window({}, key="k", on_said=window_state.take)
    say(drawn, "k", message)
    assert type(window_state.turn()) is int
    assert not window_state.current().problems


def test_numbers_are_read_as_javascript_writes_them() -> None:
    """Oracle: ECMA-262, where 3 and 3.0 are one value; JSON has neither NaN nor infinities."""
    assert heard.whole(3.0) == heard.whole(3) == 3
    for value in (math.nan, math.inf, -math.inf, 3.5, True, None, "3", 2**70, [3]):
        assert heard.whole(value) is None
