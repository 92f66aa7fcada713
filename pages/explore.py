"""Explore: one network at one input size, layer by layer, and what each layer costs."""

import streamlit as st

from cnnviz.ui import cached, counting, link_problems, links, predict, tracing, walk, widgets

chosen = links.chosen()
trace = tracing.traced_or_stop(chosen)

hidden = predict.hidden()
predict.problem()
counting.unfit()
if hidden:
    counting.stays("While you predict, every cost")
link_problems.of_walk(chosen, trace)
link_problems.show(chosen)
if links.presenting():
    left, right = st.columns([5, 7])
    with left:
        walk.graph_panel(chosen, trace, height=420, large=True, hidden=hidden)
    with right:
        walk.card_panel(chosen, trace, large=True, hidden=hidden)
    st.stop()

published = chosen.network.variant.published
unknown = predict.somewhere(chosen, hidden)
widgets.totals(
    trace,
    published,
    as_published=chosen.as_published,
    hidden=unknown,
    convention=counting.convention(),
    counted=cached.counted(*chosen.key, counting.name()),
)

left, right = st.columns([4, 9])
with left:
    walk.graph_panel(chosen, trace, height=480, hidden=hidden)
with right:
    walk.table_panel(chosen, trace, height=250, hidden=hidden)
    walk.card_panel(chosen, trace, hidden=hidden)
widgets.remarks(trace)
