"""Put this on a real layer: what a trick does to a convolution of the chosen network, and to all of it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnviz.architectures.architecture import near_misses
from cnnviz.card.operations import arrow_words
from cnnviz.errors import CnnvizError
from cnnviz.layer import Layer
from cnnviz.savings import Trick
from cnnviz.savings.comparison import times
from cnnviz.savings.picture import titled
from cnnviz.savings.real import Effect, numbers_of, on_layer, real_convolutions, why_not
from cnnviz.tables import bytes_text
from cnnviz.trace import Trace
from cnnviz.ui import lab_texts as texts
from cnnviz.ui import links, widgets

NOWHERE = "none"
_PICKED = "bottleneck_layer"  # the select box, whose labels are for people, while the link has the name
Take = Callable[[dict[str, int]], None]


def layer_box(trace: Trace) -> Layer | None:
    """The choice of a layer of the network; None for none."""
    layers = {layer.name: layer for layer in real_convolutions(trace)}
    wanted = str(st.session_state.get(links.ON) or "").strip()
    if wanted and wanted not in layers:
        told = f"{trace.model} has no convolution called {wanted!r:.60}{near_misses(wanted, layers)}"
        widgets.error(widgets.sentence(told), icon=":material/search:")
    st.session_state[_PICKED] = wanted if wanted in layers else NOWHERE
    st.selectbox(
        "Put it on a real layer of the network above",
        [NOWHERE, *layers],
        key=_PICKED,
        on_change=_picked,
        format_func=lambda name: _named(layers, name),
    )
    return layers.get(wanted)


def real_layer(chosen: Trick, values: dict[str, int], trace: Trace, layer: Layer, take: Take) -> None:
    """Draws before and after; `take` gets the layer's numbers for the sliders."""
    reason = why_not(chosen, layer, values)
    if reason:
        st.markdown(f"##### On `{layer.name}` of {widgets.plain(trace.model)}")
        st.info(widgets.plain(reason), icon=":material/info:")
        return
    _effect(chosen, values, trace, layer)
    _button(chosen, layer, take)


def _picked() -> None:
    picked = st.session_state[_PICKED]
    st.session_state[links.ON] = "" if picked == NOWHERE else picked


def _named(layers: dict[str, Layer], name: str) -> str:
    if name not in layers:
        return "no layer"
    layer = layers[name]
    return f"{name}: {arrow_words(layer)}, {layer.arguments.in_channels} → {layer.arguments.channels}"


def _button(chosen: Trick, layer: Layer, take: Take) -> None:
    try:
        numbers = numbers_of(chosen, layer)
    except CnnvizError:
        return  # the sliders cannot say what this layer is
    st.button(
        "Its numbers on the sliders",
        on_click=take,
        args=(numbers,),
        icon=":material/tune:",
        key="bottleneck_take",
    )


def _effect(chosen: Trick, values: dict[str, int], trace: Trace, layer: Layer) -> None:
    try:
        effect = on_layer(chosen, trace, layer, values)
    except CnnvizError as error:
        st.info(widgets.plain(widgets.sentence(str(error))), icon=":material/info:")
        return
    own = ", ".join(
        f"{texts.label(chosen, name).lower()} {values[name]}"
        for name in ("width", "groups", "squeeze")
        if name in values and not (name == "groups" and chosen.main != name)
    )
    shape = "×".join(str(n) for n in (*layer.input_shapes[0][2:], layer.input_shapes[0][1]))
    said = f"`{layer.name}` gets {shape}. In its place: {titled(effect.path)}"
    said += f", with {own} from the sliders" if own else ""
    heading = f"##### On `{layer.name}` of {widgets.plain(trace.model)}"
    st.markdown(f"{heading}\n\n{_table(effect)}\n\n:small[{said}; no activation or norm is added.]")


def _table(effect: Effect) -> str:
    lines = ["| | before | after | |", "|:--|--:|--:|:--|"]
    for whose, before, after in (
        ("layer", effect.before, effect.after),
        ("network", effect.network_before, effect.network_after),
    ):
        for quantity, a, b in zip(("MACs", "parameters", "memory"), before, after, strict=True):
            show = bytes_text if quantity == "memory" else "{:,}".format
            lines.append(
                f"| {whose}: {quantity} | {show(a)} | {show(b)} | {times(a, b).replace(' times', '×')} |"
            )
    return "\n".join(lines)
