"""Explore: one network at one input size, layer by layer, and what each layer costs."""

import streamlit as st

from cnnviz import CnnvizError
from cnnviz.ui import cached, links, widgets
from cnnviz.ui.block_graph import block_graph

chosen = links.chosen()
try:
    trace = cached.traced(*chosen.key)
except CnnvizError as error:
    widgets.error(str(error), icon=":material/straighten:")
    st.stop()

widgets.totals(trace, chosen.network.variant.published, as_published=chosen.as_published)

left, right = st.columns([4, 9])
with left:
    block_graph(cached.dot(*chosen.key), key="explore_graph", label=f"Graph of {trace.model}", height=612)
with right:
    plots = st.grid(2, min_column_width=300)
    for figure, words in (cached.shape_figure(*chosen.key), cached.cost_figure(*chosen.key)):
        plots.plotly_chart(figure, height=185, alt=words, config={"displayModeBar": False})
    widgets.layer_table(cached.table(*chosen.key), height=410)
    widgets.remarks(trace)
