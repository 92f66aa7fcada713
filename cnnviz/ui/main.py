"""The frame around every page: page config, navigation, the network picker."""

import streamlit as st

from cnnviz.ui import APP_FOLDER, exports, links, own_image, predict
from cnnviz.ui.picker import network_picker

st.set_page_config(page_title="cnnviz", page_icon="🧮", layout="wide", initial_sidebar_state="auto")

explore = APP_FOLDER / "pages" / "explore.py"
page = st.navigation(
    [
        # The page that answers `/` has no address of its own, so links to `/explore` need a second entry.
        st.Page(explore, title="Explore", icon=":material/search:", url_path="explore"),
        st.Page(
            explore,
            title="cnnviz",
            icon=":material/search:",
            url_path="home",
            default=True,
            visibility="hidden",
        ),
        st.Page(
            APP_FOLDER / "pages" / "measured.py",
            title="Measured",
            icon=":material/timer:",
            url_path="measured",
        ),
        st.Page(
            APP_FOLDER / "pages" / "exercises.py",
            title="Exercises",
            icon=":material/edit:",
            url_path=links.EXERCISES_PAGE,
        ),
        st.Page(
            APP_FOLDER / "pages" / "bottleneck.py",
            title="Bottleneck",
            icon=":material/compress:",
            url_path=links.BOTTLENECK_PAGE,
        ),
        st.Page(
            APP_FOLDER / "pages" / "training.py",
            title="Training",
            icon=":material/show_chart:",
            url_path=links.TRAINING_PAGE,
        ),
    ],
    position="top",
)
links.carry_to(page.url_path)
places = network_picker()
if page.url_path in ("explore", ""):  # Explore, under either address
    with places.options:
        own_image.image_chooser()
    with places.bar:
        predict.predict_switch()
        if not (links.presenting() or predict.hidden()):  # what is exported would tell what is hidden
            exports.export_menu()
page.run()
