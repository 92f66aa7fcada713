"""The page: a bar, the grids and the formulas."""

from __future__ import annotations

from functools import cache

import streamlit as st

from cnnviz.ideas import find
from cnnviz.savings import trick
from cnnviz.ui import links, widgets
from cnnviz.ui.convolving import menus, state, texts
from cnnviz.ui.convolving.component import moving_window

_IDEAS = {  # by the kind of operation
    "conv": ("layer", "sharing"),
    "pointwise": ("pointwise",),
    "transposed": ("sharing",),
    "max": ("pooling",),
    "average": ("pooling",),
}
_TRICKS = {"conv": ("bottleneck", "stacked"), "pointwise": ("bottleneck",), "depthwise": ("separable",)}


@st.fragment
def workbench() -> None:
    """The bar, the grids and the formulas. A changed number runs this alone, a frame runs nothing."""
    large = links.presenting()
    bar = st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="convolving_bar")
    with bar:
        st.markdown("#### One convolution, number by number", width="content")
        st.space("stretch")
        menus.picture_menu()
        code, files = st.container(width="content"), st.container(width="content")
        menus.link_menu()
    made, problems = state.current()
    with code:
        menus.code_menu(made)
    with files:
        menus.export_menu(made)
    if problems:
        widgets.error(f"{' '.join(problems)} Here is what is usual instead.", icon=":material/link_off:")
    field, message = state.problem()
    told = {**texts.told(made), "turn": state.turn(), "field": field, "problem": message, "large": large}
    moving_window(told, key="convolving_window", on_said=state.take)
    columns = st.columns([6, 4, 6], gap="medium")
    for column, formula in zip(columns, texts.formulas(made.setting), strict=True):
        column.markdown(formula)
    if not large:
        st.markdown(_further(made.setting.kind))


@cache
def _further(kind: str) -> str:
    """What there is elsewhere on this kind of operation."""
    ideas = [links.idea_link(find(name).title, ((links.IDEA, name),)) for name in _IDEAS.get(kind, ())]
    tricks = [
        f"[{trick(name).title}]({links.BOTTLENECK_PAGE}?{links.TRICK}={name})"
        for name in _TRICKS.get(kind, ())
    ]
    told = [
        f"{place}: {', '.join(found)}" for place, found in (("Ideas", ideas), ("Bottleneck", tricks)) if found
    ]
    return " · ".join(told)
