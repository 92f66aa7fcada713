"""The frame around every page: page config, navigation, the network picker."""

import streamlit as st

from cnnviz.ui import APP_FOLDER, PHONE_STYLE, links
from cnnviz.ui.page_table import PAGES
from cnnviz.ui.picker import network_picker

FOLDER = APP_FOLDER / "pages"

st.set_page_config(page_title="cnnviz", page_icon="🧮", layout="wide", initial_sidebar_state="auto")
shown = [st.Page(FOLDER / f"{of.name}.py", title=of.title, icon=of.icon, url_path=of.name) for of in PAGES]
# The page that answers `/` has no address of its own, so it is a second entry beside that of `/explore`.
home = st.Page(FOLDER / "explore.py", title="cnnviz", url_path="home", default=True, visibility="hidden")
page = st.navigation([*shown, home], position="top")
st.html(PHONE_STYLE)
links.carry_to(page.url_path)
here = {known.name: known for known in PAGES}.get(page.url_path, PAGES[0])  # Explore, under either address
if here.name == links.TRAINING_PAGE:
    from cnnviz.ui.training.page import free_run  # loads the store of runs, which other pages do without

    free = free_run()  # the only one that may be about the picker's network
    here = here._replace(aside=not free, presented=free)
elif here.name == links.MEASURED_PAGE and st.query_params.get(links.BEGIN) == links.DESIGN:
    here = here._replace(aside=True)
places = network_picker(aside=here.aside, presented=here.presented)
finish = here.bar(places)
page.run()
if finish:
    finish()
