"""What else can be done with a design: train it, measure it."""

from __future__ import annotations

import streamlit as st

from cnnviz.design.built import whole
from cnnviz.training.designs import NAME
from cnnviz.ui import APP_FOLDER, cached, links, widgets
from cnnviz.ui.design import state
from cnnviz.ui.links import Chosen, Designed
from cnnviz.ui.training.form import BEGINNING
from cnnviz.ui.training.plan import FREE


def ways() -> None:
    """Draws the ways to other pages; the design goes along with the visitor."""
    training = {links.PRESET: FREE, links.TRAIN: BEGINNING}
    _way(links.TRAINING_PAGE, "Train this", ":material/show_chart:", **training)
    _way(links.MEASURED_PAGE, "Measure this", ":material/timer:")


def _way(page: str, label: str, icon: str, **query: str) -> None:
    st.page_link(
        st.Page(APP_FOLDER / "pages" / f"{page}.py", url_path=page),
        label=label,
        icon=icon,
        query_params={links.BEGIN: NAME, **query},
        width="content",
    )


def measured() -> Chosen | Designed:
    """What the page Measured is about: the visitor's design, where the link says so, or the network above.

    Raises DesignError where the link does not hold a whole one.
    """
    word = state.word()
    if st.query_params.get(links.BEGIN) != NAME:
        return links.chosen()
    if not word:
        instead = f"Here is {links.chosen().network.architecture.title} instead."
        said = f"There is no design yet: the page Design makes one, and brings it here. {instead}"
        widgets.error(said, icon=":material/link_off:")
        return links.chosen()
    if st.query_params.get(links.DESIGN) != word:
        st.query_params[links.DESIGN] = word
    design = cached.designed(word).design
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Your design **{widgets.plain(design.name)}**", width="content")
        st.button(f"{links.chosen().network.architecture.title} instead", type="tertiary", on_click=_leave)
    made = whole(design)
    return Designed(word=word, input_shape=made.design.input_shape)


def _leave() -> None:
    del st.query_params[links.BEGIN]
