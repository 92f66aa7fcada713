"""Measured: how long each layer of a network takes on this machine, beside what its costs predict."""

import streamlit as st

from cnnviz import CnnvizError
from cnnviz.ui import link_problems, links, measured, tracing, widgets
from cnnviz.ui.design import use as design

measured.read_link()
link_problems.show(links.chosen())
try:
    chosen = design.measured()
except CnnvizError as error:
    widgets.error(str(error), icon=":material/straighten:")
    st.stop()
trace = tracing.traced_or_stop(chosen)

if measured.refused(chosen):
    st.stop()

setup = measured.setup_bar()
report = measured.report(chosen, trace, setup)
if report is None:
    measured.before(trace, setup)
    st.stop()

measured.totals(report)
left, right = st.columns([7, 5])
with left:
    measured.roofline(report)
with right:
    measured.shares(report)
measured.table(report)
measured.exports(report)
