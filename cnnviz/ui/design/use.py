"""What else can be done with a design: train it."""

from __future__ import annotations

import streamlit as st

from cnnviz.training.designs import NAME
from cnnviz.ui import APP_FOLDER, links


def buttons() -> None:
    """Draws the ways to other pages, which take the design along."""
    if st.button("Train this", icon=":material/show_chart:", help="As a free run of the page Training"):
        st.session_state[links.PRESET] = "free"
        st.session_state[links.TRAIN] = f"network={NAME}"
        st.session_state[links.RUNS], st.session_state[links.SEEDS] = "", None
        st.switch_page(str(APP_FOLDER / "pages" / f"{links.TRAINING_PAGE}.py"))
