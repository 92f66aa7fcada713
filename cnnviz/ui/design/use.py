"""What else can be done with a design: train it."""

from __future__ import annotations

import streamlit as st

from cnnviz.training.designs import NAME
from cnnviz.ui import APP_FOLDER, links
from cnnviz.ui.training.form import BEGINNING
from cnnviz.ui.training.plan import FREE


def buttons() -> None:
    """Draws the ways to other pages; the design goes along with the visitor."""
    page = links.TRAINING_PAGE
    st.page_link(
        st.Page(APP_FOLDER / "pages" / f"{page}.py", url_path=page),
        label="Train this",
        icon=":material/show_chart:",
        help="As a free run of the page Training",
        query_params={links.BEGIN: NAME, links.PRESET: FREE, links.TRAIN: BEGINNING},
        width="content",
    )
