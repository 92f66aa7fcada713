"""Second opinions: the tools themselves, asked by a button."""

from __future__ import annotations

from threading import BoundedSemaphore

import streamlit as st

from cnnviz import conventions, peers
from cnnviz.errors import CnnvizError, DeviceError
from cnnviz.formulas import Shape
from cnnviz.peers import Opinion
from cnnviz.trace import Trace
from cnnviz.ui import cached, own_models, widgets
from cnnviz.ui.cached import Options
from cnnviz.ui.links import Chosen

_ASKED = "conventions_asked"  # the networks and sizes that this visitor has asked about
_WAIT_S = 30
_BUSY = "the tools are busy with another network; press again in a moment"


@st.cache_resource
def _one_at_a_time() -> BoundedSemaphore:
    return BoundedSemaphore()


@st.cache_resource(max_entries=256, show_spinner="Asking the tools …")
def _opinions(name: str, options: Options, input_shape: Shape) -> dict[str, Opinion]:
    """What the tools answer: asked once for all visitors. Raises CnnvizError where they cannot be asked."""
    lock = _one_at_a_time()
    if not lock.acquire(timeout=_WAIT_S):
        raise DeviceError(_BUSY)
    try:
        return peers.asked(name, dict(options), input_shape)
    finally:
        lock.release()


@st.fragment
def opinions(choice: Chosen, trace: Trace) -> None:
    """A button, and what the tools answer beside what their convention says here."""
    st.markdown("#### Second opinions")
    missing = sorted({peer.package for peer in peers.PEERS.values() if not peer.installed})
    if own_models.is_own(choice.network):
        st.markdown("The tools run a network of the catalogue; this one is not of it.")
        return
    if trace.macs > peers.MOST_MACS:
        st.markdown(
            f"The tools run the network itself, at most {peers.MOST_MACS:,} MACs here: take a smaller input."
        )
        return
    asked = st.session_state.setdefault(_ASKED, set())
    pressed = st.button("Ask the tools themselves", icon=":material/gavel:", key="conventions_ask")
    if pressed:
        asked.add(choice.key)
    if choice.key in asked:
        _answers(choice)
    if missing:
        how = f"Where cnnviz runs, `{peers.INSTALL}` adds them."
        st.markdown(f":small[Not installed here: {', '.join(missing)}. {how}]")


def _answers(choice: Chosen) -> None:
    try:
        found = _opinions(*choice.key)
    except CnnvizError as error:
        widgets.error(widgets.sentence(str(error)), icon=":material/gavel:")
        return
    lines = ["| Tool | Its own answer | The convention here | |", "|:--|--:|--:|:-:|"]
    for name, opinion in found.items():
        convention = conventions.PRESETS[name]
        here = cached.counted(*choice.key, name)
        tool = convention.title.removeprefix("as ") if convention.package else "torch FlopCounterMode / 2"
        said = widgets.plain(opinion.problem) if opinion.number is None else f"{opinion.number:,}"
        verdict = "" if opinion.number is None else "✓" if opinion.number == here else "≠"
        lines.append(f"| {tool} | {said} | {here:,} | {verdict} |")
    st.markdown("\n".join(lines))
