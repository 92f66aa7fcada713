"""Conventions: why tools count the same network differently, line by line, and a convention of one's own."""

import streamlit as st

from cnnviz.ui import link_problems, links, tracing
from cnnviz.ui.conventions import overview, second

chosen = links.chosen()
link_problems.show(chosen)
trace = tracing.traced_or_stop(chosen)

overview.heading(chosen, trace)
left, right = st.columns([6, 5])
with left:
    overview.table(chosen)
with right:
    overview.bars(chosen)
overview.builder()
overview.line_by_line(chosen, trace)
if not links.presenting():
    overview.namesakes()
    second.opinions(chosen, trace)
