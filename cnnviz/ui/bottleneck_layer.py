"""Put this on a real layer: what a trick does to a convolution of the chosen network, and to all of it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

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
from cnnviz.ui import bottleneck_texts as texts
from cnnviz.ui import cached, links, widgets
from cnnviz.ui.links import Chosen

NOWHERE = "none"
_PICKED = "bottleneck_layer"  # the select box, whose labels are for people, while the link has the name
Take = Callable[[dict[str, int]], None]


def real_layer(choice: Chosen, chosen: Trick, values: dict[str, int], take: Take) -> None:
    """Draws the choice of a layer, and before and after; `take` gets its numbers for the sliders."""
    try:
        trace = cached.traced(*choice.key)
    except CnnvizError as error:
        widgets.error(str(error), icon=":material/straighten:")
        return
    st.markdown(f"##### Put this on a real layer of {trace.model}")
    layers = {layer.name: layer for layer in real_convolutions(trace)}
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    wanted = str(st.session_state.get(links.ON) or "").strip()
    if wanted and wanted not in layers:
        near = near_misses(wanted, layers)
        told = f"{trace.model} has no convolution called {wanted!r:.60}{near}"
        widgets.error(widgets.sentence(told), icon=":material/search:")
    st.session_state[_PICKED] = wanted if wanted in layers else NOWHERE
    bar.selectbox(
        "Layer; the network is chosen above",
        [NOWHERE, *layers],
        key=_PICKED,
        on_change=_picked,
        format_func=lambda name: _named(layers, name),
        width=420,
    )
    if wanted not in layers:
        return
    layer = layers[wanted]
    reason = why_not(chosen, layer, values)
    if reason:
        st.info(widgets.plain(reason), icon=":material/info:")
        return
    _button(bar, chosen, layer, take)
    _effect(chosen, values, trace, layer)


def _picked() -> None:
    picked = st.session_state[_PICKED]
    st.session_state[links.ON] = "" if picked == NOWHERE else picked


def _named(layers: dict[str, Layer], name: str) -> str:
    if name not in layers:
        return "no layer"
    layer = layers[name]
    return f"{name}: {arrow_words(layer)}, {layer.arguments.in_channels} → {layer.arguments.channels}"


def _button(bar: DeltaGenerator, chosen: Trick, layer: Layer, take: Take) -> None:
    try:
        numbers = numbers_of(chosen, layer)
    except CnnvizError:
        return  # the sliders cannot say what this layer is
    bar.button(
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
    st.markdown(_table(effect, trace.model))
    own = ", ".join(
        f"{texts.label(chosen, name).lower()} {values[name]}"
        for name in ("width", "groups", "squeeze")
        if name in values
    )
    shape = "×".join(str(n) for n in (*layer.input_shapes[0][2:], layer.input_shapes[0][1]))
    said = f"`{layer.name}` gets {shape}. In its place: {titled(effect.path)}"
    st.markdown(
        f":small[{said}{f', with {own} from the sliders' if own else ''}; no activation or norm is added.]"
    )


def _table(effect: Effect, model: str) -> str:
    lines = ["| | before | after | |", "|:--|--:|--:|:--|"]
    for whose, before, after in (
        (f"`{effect.layer.name}`", effect.before, effect.after),
        (f"{widgets.plain(model)}", effect.network_before, effect.network_after),
    ):
        for what, show in (("macs", "{:,}"), ("parameters", "{:,}"), ("activation_bytes", "")):
            a, b = getattr(before, what), getattr(after, what)
            shown = [show.format(n) if show else bytes_text(n) for n in (a, b)]
            quantity = {"macs": "MACs", "activation_bytes": "memory"}.get(what, what)
            lines.append(f"| {whose} {quantity} | {shown[0]} | {shown[1]} | {times(a, b)} |")
    return "\n".join(lines)
