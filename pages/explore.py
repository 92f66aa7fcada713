"""Explore: one network at one input size, layer by layer, and what each layer costs."""

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.ui import cached, links, widgets
from cnnviz.ui.block_graph import block_graph

chosen = links.chosen()
try:
    trace = cached.traced(*chosen.key)
except CnnvizError as error:
    st.error(str(error), icon="📐")
    st.stop()

widgets.totals(trace, chosen.network.variant.published, as_published=chosen.as_published)
block_graph(cached.dot(*chosen.key), key="explore_graph", label=f"Block graph of {trace.model}", height=230)

table, depth = st.columns([2, 1])
with table:
    widgets.layer_table(cached.table(*chosen.key), height=385)
    widgets.remarks(trace)
with depth:
    for figure, words in (cached.shape_figure(*chosen.key), cached.cost_figure(*chosen.key)):
        st.plotly_chart(figure, height=180, alt=words, config={"displayModeBar": False})
