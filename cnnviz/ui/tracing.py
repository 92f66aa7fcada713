"""The trace of what the picker says, as pages begin with it."""

from __future__ import annotations

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.trace import Trace
from cnnviz.ui import cached, widgets
from cnnviz.ui.links import Chosen, Designed


def traced(choice: Chosen | Designed) -> Trace | None:
    """The chosen network; None, with the reason on the page, where its input is too small."""
    try:
        return cached.traced(*choice.key)
    except CnnvizError as error:
        widgets.error(str(error), icon=":material/straighten:")
        return None


def traced_or_stop(choice: Chosen | Designed) -> Trace:
    """The same for a page that is nothing without it: there it ends."""
    trace = traced(choice)
    if trace is None:
        st.stop()
    return trace
