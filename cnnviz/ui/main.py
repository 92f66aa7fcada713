"""The frame around every page: page config, navigation, the network picker."""

import streamlit as st

from cnnviz.ui import APP_FOLDER, PHONE_STYLE, counting, exports, links, own_image, predict
from cnnviz.ui.compare import contestants
from cnnviz.ui.ideas import frame
from cnnviz.ui.picker import network_picker

st.set_page_config(page_title="cnnviz", page_icon="🧮", layout="wide", initial_sidebar_state="auto")

PAGES = (
    (links.EXPLORE_PAGE, "Explore", ":material/search:"),
    (links.COMPARE_PAGE, "Compare", ":material/compare_arrows:"),
    (links.BOTTLENECK_PAGE, "Bottleneck", ":material/compress:"),
    (links.CONVENTIONS_PAGE, "Conventions", ":material/calculate:"),
    (links.MEASURED_PAGE, "Measured", ":material/timer:"),
    (links.TRAINING_PAGE, "Training", ":material/show_chart:"),
    (links.INSIDE_PAGE, "Inside", ":material/visibility:"),
    (links.DESIGN_PAGE, "Design", ":material/architecture:"),
    (links.CONVOLUTION_PAGE, "Convolution", ":material/grid_on:"),
    (links.IDEAS_PAGE, "Ideas", ":material/lightbulb:"),
    (links.EXERCISES_PAGE, "Exercises", ":material/edit:"),
)
# Pages that are not about the network of the picker: it lies in a menu there.
ASIDE = (links.DESIGN_PAGE, links.INSIDE_PAGE, links.CONVOLUTION_PAGE, links.IDEAS_PAGE)
# Pages that are not presented, or by a switch of their own.
OWN_PRESENT = (links.DESIGN_PAGE, links.INSIDE_PAGE, links.IDEAS_PAGE)
FOLDER = APP_FOLDER / "pages"

pages = [st.Page(FOLDER / f"{name}.py", title=title, icon=icon, url_path=name) for name, title, icon in PAGES]
# The page that answers `/` has no address of its own, so it is a second entry beside that of `/explore`.
home = st.Page(FOLDER / "explore.py", title="cnnviz", url_path="home", default=True, visibility="hidden")
page = st.navigation([*pages, home], position="top")
st.html(PHONE_STYLE)
links.carry_to(page.url_path)
another = False  # whether the page Training is about another network than the picker's
if page.url_path == links.TRAINING_PAGE:
    from cnnviz.ui.training import page as training  # loads the store of runs, which other pages do without

    another = not training.of_picker()
of_design = page.url_path == links.MEASURED_PAGE and st.query_params.get(links.BEGIN) == links.DESIGN
places = network_picker(
    aside=page.url_path in ASIDE or another or of_design,
    presented=page.url_path not in OWN_PRESENT and not another,
)
if page.url_path in (links.EXPLORE_PAGE, ""):  # Explore, under either address
    if places.options.open:
        with places.options:
            own_image.image_chooser()
    with places.bar:
        if links.presenting():  # elsewhere the totals say what is counted
            counting.badge()
        predict.predict_switch()
        if not (links.presenting() or predict.hidden()):  # what is exported would tell what is hidden
            exports.export_menu()
elif page.url_path == links.INSIDE_PAGE:
    from cnnviz.ui.looking import page as looking  # loads torch, which other pages do without

    with places.bar:
        looking.bar()
elif page.url_path == links.COMPARE_PAGE:
    with places.bar:
        badge = st.container(width="content")
        contestants.add_button()
elif page.url_path == links.TRAINING_PAGE:
    training.bar(places.bar, links.chosen(), switch=another)
elif page.url_path == links.IDEAS_PAGE:
    with places.bar:
        frame.bar()
page.run()
if page.url_path == links.COMPARE_PAGE:
    with badge:  # what is compared decides what can be counted of all
        counting.badge_of(counting.comparing_convention())
