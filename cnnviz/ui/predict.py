"""Predict mode: what is hidden of the table and the card, and the fields in which a person predicts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import streamlit as st

from cnnviz.exercises.predictions import PREDICTED, SIZES, Answer, Place, Predictions, quantities_in
from cnnviz.graph.draw import shape_line
from cnnviz.trace import Trace
from cnnviz.ui import cached, links, widgets
from cnnviz.ui.block_graph.fields import Field, answers
from cnnviz.ui.block_graph.told import Told
from cnnviz.ui.links import Chosen, Designed

Hidden: TypeAlias = tuple[str, ...]

_ANSWERS = "predict_answers"  # what was said, by network and size
_FORGOTTEN = "predict_forgotten"  # how often answers were: then table and graph begin anew
_PICKED = "predict_picked"  # the choice; the link has the same as one text
_LABELS = {"parameters": "parameters", "macs": "MACs", "receptive_field": "receptive field"}
MOST_NETWORKS = 20  # whose answers are kept for a visitor
_RECENT = 12  # layers whose numbers a step sends once more: an answer may overtake the one before
_HELP = """
What you hide disappears from graph, table and card, with whatever would tell it: n_H and n_W go together, and
with them memory and MACs. Type a number and press Enter: a right one turns into its formula, a wrong one gets
a diagnosis. Enter in an empty field goes on.
"""


def hidden() -> Hidden:
    """What the link says is to be predicted."""
    return quantities_in(links.predicted())[0]


def predictions(choice: Chosen | Designed, trace: Trace, chosen: Hidden) -> Predictions:
    """What is to be predicted, with what this visitor has said so far."""
    said: Mapping[Place, Answer] = st.session_state.get(_ANSWERS, {}).get(choice.key, {})
    return Predictions(trace=trace, chosen=chosen, answers=said)


def told(choice: Chosen | Designed, known: Predictions, *, recent: bool = False) -> Told:
    """The hidden cells of the table that are known by now; at each step those of `recent` answers will do."""
    if not known.chosen:
        return Told("")
    table = repr((choice.key, known.chosen, st.session_state.get(_FORGOTTEN, 0)))
    columns = cached.columns(*choice.key)
    at_first = cached.hidden(*choice.key, known.chosen)
    layers = list(dict.fromkeys(index for index, _ in reversed(tuple(known.answers))))
    following = [i for i, layer in enumerate(known.trace.layers) if layer.operation.rule == "flatten"]
    shown = [*layers[: _RECENT if recent else None], *following]
    now = {i: known.hidden(i) for i in dict.fromkeys(shown)}
    found = (widgets.cells(columns, i, at_first[i], hidden) for i, hidden in now.items())
    shapes = (
        (i, shape_line(known.trace.layers[i], hidden))
        for i, hidden in now.items()
        if (at_first[i] - hidden) & SIZES
    )
    return Told(table, tuple(cell for cells in found for cell in cells), tuple(shapes))


def predict_switch() -> None:
    """Chooses what is hidden. The frame draws it: each step through a network would send it anew."""
    shown = hidden()
    st.session_state[_PICKED] = list(shown)
    with st.popover("Predict", icon=":material/visibility_off:", type="primary" if shown else "secondary"):
        st.pills(
            "Hide, and let predict",
            PREDICTED,
            selection_mode="multi",
            format_func=lambda name: _LABELS.get(name, name),
            key=_PICKED,
            on_change=_choose,
        )
        st.markdown(_HELP)
        st.text_input("Hidden, as in the link", key=links.PREDICT, bind="query-params")
        if shown:
            st.button("Forget the answers for this network", on_click=_forget)


def somewhere(choice: Chosen | Designed, chosen: Hidden) -> frozenset[str]:
    """What is hidden of some layer: the total of it would tell that of the last one."""
    return frozenset[str]().union(*cached.hidden(*choice.key, chosen)) if chosen else frozenset()


def problem() -> None:
    """Says what is wrong with the link's quantities; often nothing."""
    wrong = quantities_in(links.predicted())[1]
    if wrong:
        widgets.error(f"{wrong[0].upper()}{wrong[1:]}", icon=":material/visibility_off:")


def fields(choice: Chosen | Designed, known: Predictions, index: int, *, large: bool) -> None:
    """Asks for what is hidden of one layer."""
    asked = known.open(index)
    answers(
        [_field(known, index, name) for name in asked],
        key="predict_fields",
        of=repr(choice.key),
        layer=index,
        end=index == len(known.trace.layers) - 1,
        note=_note(known, index),
        score=known.score,
        on_answer=lambda i, name, typed: _answer(choice, known, i, name, typed),
        on_show=lambda i, name: _show(choice, known, i, name),
        large=large,
    )


def _field(known: Predictions, index: int, name: str) -> Field:
    said = known.answer(index, name)
    both = name == "n_H" and "n_W" in known.chosen and known.square(index)
    label = "n_H = n_W" if both else _LABELS.get(name, name)
    return {"name": name, "label": label, "typed": said.typed, "message": said.message}


def _note(known: Predictions, index: int) -> str:
    """Where to look for what comes in; why there is nothing to type."""
    layer = known.trace.layers[index]
    unknown = [known.trace.layers[i] for i in layer.inputs if known.hidden(i) & SIZES]
    if known.open(index):
        way = "begin there, or work it out from the input"
        return f"The size of what comes in is not predicted yet: {way}." if unknown else ""
    if known.hidden(index):
        return f"Nothing to type here: it follows from the size of {unknown[0].name or unknown[0].op}."
    return "" if known.asked(index) else "Nothing is hidden here."


def _choose() -> None:
    picked = st.session_state[_PICKED]
    st.session_state[links.PREDICT] = ",".join(name for name in PREDICTED if name in picked)


def _answer(choice: Chosen | Designed, drawn: Predictions, index: int, name: str, typed: str) -> None:
    known = predictions(choice, drawn.trace, drawn.chosen)
    if _asks(known, index, name):
        _keep(choice, known.answered(index, name, typed))


def _show(choice: Chosen | Designed, drawn: Predictions, index: int, name: str) -> None:
    known = predictions(choice, drawn.trace, drawn.chosen)
    if _asks(known, index, name):
        _keep(choice, known.revealed(index, [name]))


def _asks(known: Predictions, index: int, name: str) -> bool:
    """Whether that is one of the fields: a browser may say anything."""
    return 0 <= index < len(known.trace.layers) and name in known.asked(index)


def _keep(choice: Chosen | Designed, known: Predictions) -> None:
    kept = {**st.session_state.get(_ANSWERS, {}), choice.key: known.answers}
    for oldest in list(kept)[:-MOST_NETWORKS]:
        del kept[oldest]
    st.session_state[_ANSWERS] = kept


def _forget() -> None:
    kept: dict[object, object] = dict(st.session_state.get(_ANSWERS, {}))
    kept.pop(links.chosen().key, None)
    st.session_state[_ANSWERS] = kept
    st.session_state[_FORGOTTEN] = st.session_state.get(_FORGOTTEN, 0) + 1
