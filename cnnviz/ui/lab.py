"""The bottleneck lab: what a layer or block costs, and what a trick in its place does."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.layer import Layer
from cnnviz.savings import TRICKS, Trick, trick
from cnnviz.savings.link import read, works, written
from cnnviz.savings.options import padding
from cnnviz.trace import Trace
from cnnviz.ui import counting, links, widgets
from cnnviz.ui import lab_texts as texts
from cnnviz.ui.block_graph.fields import Control, controls
from cnnviz.ui.lab_exports import export_menu
from cnnviz.ui.lab_layer import layer_box, real_layer
from cnnviz.ui.links import Chosen
from cnnviz.ui.tracing import traced

DEFAULT = TRICKS[0].name
_ROOM = 700  # px beside the sliders on a projector: a wider picture gets the whole width
_PICKED = "bottleneck_picked"  # the select box, whose labels are for people, while the link has the name
_DRAFTS = "bottleneck_drafts"  # of the trick: what was typed and cannot be, with the reason
_WRITTEN = "bottleneck_written"  # texts of the link that numbers led to, the newest last
_MOST_WRITTEN = 16
_TITLES = {known.name: f"{known.title[0].upper()}{known.title[1:]}" for known in TRICKS}


def lab(choice: Chosen) -> None:
    """Draws the bar and, as a part of its own, what a slider changes."""
    trace = traced(choice)
    chosen, layer = _bar(trace)
    counting.stays("Costs on this page")
    _comparison(chosen, trace, layer)


def _bar(trace: Trace | None) -> tuple[Trick, Layer | None]:
    """The trick and the layer that it is put on, as the link says them; what it cannot say is told."""
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    places = bar.container(width=340), bar.container(width=400)
    with bar.popover("Link", icon=":material/link:", help="What the address bar says of this page"):
        name = st.text_input("Trick", DEFAULT, key=links.TRICK, bind="query-params", on_change=_afresh)
        st.text_input("Layer of the network above", key=links.ON, bind="query-params", placeholder="none")
    try:
        chosen = trick((name or DEFAULT).strip())
    except CnnvizError as error:
        chosen = trick(DEFAULT)
        widgets.error(
            f"{widgets.sentence(str(error))} Here is the {chosen.title}.", icon=":material/link_off:"
        )
    st.session_state[_PICKED] = chosen.name
    places[0].selectbox(
        "A way to save", list(_TITLES), format_func=_TITLES.__getitem__, key=_PICKED, on_change=_picked
    )
    with places[1]:
        return chosen, layer_box(trace) if trace else None


@st.fragment
def _comparison(chosen: Trick, trace: Trace | None, layer: Layer | None) -> None:
    """Sliders, paths, curve and formulas; a slider that moves runs this alone."""
    large = links.presenting()
    across = st.container()
    left, right = st.columns([4, 9], gap="medium")
    with left:
        sliders = st.container()
        values = _values(chosen)
    with sliders:
        _controls(chosen, values)
    plain = tuple(values.items())
    told = texts.texts(chosen.name, plain, dark=st.context.theme.type == "dark", large=large)
    with across if large and told.width > _ROOM else right:
        st.markdown(f"{'##' if large else '####'} {texts.heading(chosen.name, plain)}\n\n{chosen.idea}")
        st.html(told.picture)
    with right:
        st.html(told.numbers)
        columns = st.columns(len(told.formulas), gap="medium")
        for column, formulas in zip(columns, told.formulas, strict=True):
            column.markdown(formulas)
        st.markdown(told.below)
        if trace and layer:
            real_layer(chosen, values, trace, layer, partial(_take, chosen))
    if not large:
        with left:
            export_menu(chosen.name, plain, told)


def _values(chosen: Trick) -> dict[str, int]:
    """The values, as the link says them."""
    text = st.text_input(
        "Changed values, as in the link",
        key=links.VALUES,
        bind="query-params",
        on_change=_linked,
        placeholder=f"{chosen.main}={chosen.defaults[chosen.main] + 1},bias=0",
    )
    said = read(chosen, text or "")
    if said.problems:
        told = " ".join(widgets.sentence(problem) for problem in said.problems)
        widgets.error(f"{told} Here is what is usual instead.", icon=":material/tune:")
    return said.values


def _controls(chosen: Trick, values: dict[str, int]) -> None:
    drafts = st.session_state.get(_DRAFTS, {})
    controls(
        [_control(chosen, values, option.name, drafts) for option in chosen.options],
        key="bottleneck_controls",
        of=chosen.name,
        on_changed=partial(_change, chosen),
    )


def _control(chosen: Trick, values: dict[str, int], name: str, drafts: dict[str, tuple[str, str]]) -> Control:
    option, main = chosen.option(name), name == chosen.main
    fixed = name == "padding" and bool(values["same"])
    value = padding(values) if fixed else values[name]
    typed, message = drafts.get(name, (str(value), ""))
    step = chosen.step(values) if main else int(option.step or 1)
    return {
        "name": name,
        "label": texts.label(chosen, name),
        "help": option.help,
        "value": value,
        "typed": typed,
        "message": message,
        "switch": option.kind == "bool",
        "steps": chosen.widths(values) if main and chosen.widths else (),
        "least": step if main else int(option.minimum or 0),
        "most": int(option.maximum or 1),
        "step": step,
        "fixed": fixed,
    }


def _change(chosen: Trick, name: str, typed: str) -> None:
    """A number was slid or typed: it counts where it is possible, with what was typed before and was not."""
    before: dict[str, object] = dict(chosen.changed(_now(chosen)))
    drafts = dict(st.session_state.get(_DRAFTS, {}))
    drafts.pop(name, None)
    typed = typed.replace(",", "") if typed.replace(",", "").isdigit() else typed
    pending = {other: text for other, (text, _) in drafts.items()}
    for given, left in ((pending | {name: typed}, {}), ({name: typed}, drafts)):
        try:
            values = works(chosen, before | given)
        except CnnvizError as error:
            message = widgets.sentence(str(error))
            continue
        st.session_state[_DRAFTS] = left
        _write(written(chosen, values))
        return
    st.session_state[_DRAFTS] = drafts | {name: (typed, message)}


def _take(chosen: Trick, numbers: dict[str, int]) -> None:
    """Puts a real layer's numbers into the fields; those that do not fit stay there with the reason."""
    try:
        before: dict[str, object] = dict(chosen.changed(_now(chosen)))
        _write(written(chosen, works(chosen, before | numbers)))
        _forget()
    except CnnvizError:
        for name, value in numbers.items():
            _change(chosen, name, str(value))


def _write(text: str) -> None:
    """Makes it the link's text."""
    before = st.session_state.get(links.VALUES) or ""
    st.session_state[_WRITTEN] = [*st.session_state.get(_WRITTEN, []), before, text][-_MOST_WRITTEN:]
    st.session_state[links.VALUES] = text


def _linked() -> None:
    """The link's text is another. A browser that has not heard of the newest one says an older: no wish."""
    if (st.session_state.get(links.VALUES) or "") not in st.session_state.get(_WRITTEN, []):
        _forget()


def _now(chosen: Trick) -> dict[str, int]:
    """The values as they are, which may be newer than those that were drawn."""
    return read(chosen, st.session_state.get(links.VALUES) or "").values


def _picked() -> None:
    st.session_state[links.TRICK] = st.session_state[_PICKED]
    _afresh()


def _afresh() -> None:
    """Another trick begins at its own values."""
    st.session_state[links.VALUES] = ""
    _forget()


def _forget() -> None:
    st.session_state.pop(_DRAFTS, None)
