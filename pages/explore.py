"""Explore: one network at one input size, layer by layer, and what each layer costs."""

import streamlit as st

from cnnviz import CnnvizError
from cnnviz.ui import cached, links, walk, widgets

chosen = links.chosen()
try:
    trace = cached.traced(*chosen.key)
except CnnvizError as error:
    widgets.error(str(error), icon=":material/straighten:")
    st.stop()

if links.presenting():
    left, right = st.columns([5, 7])
    with left:
        walk.graph_panel(chosen, trace, height=420, large=True)
    with right:
        walk.card_panel(chosen, trace, large=True)
    st.stop()

widgets.totals(trace, chosen.network.variant.published, as_published=chosen.as_published)

left, right = st.columns([4, 9])
with left:
    walk.graph_panel(chosen, trace, height=480)
with right:
    walk.table_panel(chosen, trace, height=250)
    walk.card_panel(chosen, trace)
widgets.remarks(trace)
