"""The frame around every page: page config, navigation, the network picker."""

import streamlit as st

from cnnviz.ui import APP_FOLDER, links
from cnnviz.ui.picker import network_picker
from cnnviz.ui.predict import predict_switch

st.set_page_config(page_title="cnnviz", page_icon="🧮", layout="wide", initial_sidebar_state="auto")

explore = APP_FOLDER / "pages" / "explore.py"
page = st.navigation(
    [
        # The page that answers `/` has no address of its own, so links to `/explore` need a second entry.
        st.Page(explore, title="Explore", icon="🔎", url_path="explore"),
        st.Page(explore, title="cnnviz", icon="🧮", url_path="home", default=True, visibility="hidden"),
        st.Page(
            APP_FOLDER / "pages" / "exercises.py",
            title="Exercises",
            icon="✏️",
            url_path=links.EXERCISES_PAGE,
        ),
    ],
    position="top",
)
with network_picker():
    if page.url_path in ("explore", ""):  # Explore, under either address
        predict_switch()
page.run()
