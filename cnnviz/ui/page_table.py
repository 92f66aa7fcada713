"""The pages, and what the frame has for each: a place in the menu, and more in the bar beside the picker."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from cnnviz.ui import counting, exports, links, own_image, predict
from cnnviz.ui.compare import contestants
from cnnviz.ui.ideas import frame
from cnnviz.ui.picker import Places

Bar = Callable[[Places], Callable[[], None] | None]  # gives what is to be drawn after the page, if anything


def explore(places: Places) -> None:
    if places.options.open:
        with places.options:
            own_image.image_chooser()
    with places.bar:
        if links.presenting():  # elsewhere the totals say what is counted
            counting.badge()
        predict.predict_switch()
        if not (links.presenting() or predict.hidden()):  # what is exported would tell what is hidden
            exports.export_menu()


def compare(places: Places) -> Callable[[], None]:
    with places.bar:
        badge = st.container(width="content")
        contestants.add_button()

    def finish() -> None:
        with badge:  # what is compared decides what can be counted of all
            counting.badge_of(counting.comparing_convention())

    return finish


def training(places: Places) -> None:
    from cnnviz.ui.training import page  # loads the store of runs, which other pages do without

    page.bar(places.bar, links.chosen(), switch=not places.presented)


def inside(places: Places) -> None:
    from cnnviz.ui.looking import page  # loads torch, which other pages do without

    with places.bar:
        page.bar()


def ideas(places: Places) -> None:
    with places.bar:
        frame.bar()


def nothing(_places: Places) -> None: ...


class Page(NamedTuple):
    """A page, and what the frame has for it."""

    name: str
    title: str
    icon: str
    bar: Bar = nothing
    aside: bool = False  # not about the network of the picker: it lies in a menu
    presented: bool = True  # by the picker's switch; else not at all, or by a switch of its own


PAGES = (
    Page(links.EXPLORE_PAGE, "Explore", ":material/search:", explore),
    Page(links.COMPARE_PAGE, "Compare", ":material/compare_arrows:", compare),
    Page(links.BOTTLENECK_PAGE, "Bottleneck", ":material/compress:"),
    Page(links.CONVENTIONS_PAGE, "Conventions", ":material/calculate:"),
    Page(links.MEASURED_PAGE, "Measured", ":material/timer:"),
    Page(links.TRAINING_PAGE, "Training", ":material/show_chart:", training),
    Page(links.INSIDE_PAGE, "Inside", ":material/visibility:", inside, aside=True, presented=False),
    Page(links.DESIGN_PAGE, "Design", ":material/architecture:", aside=True, presented=False),
    Page(links.CONVOLUTION_PAGE, "Convolution", ":material/grid_on:", aside=True),
    Page(links.IDEAS_PAGE, "Ideas", ":material/lightbulb:", ideas, aside=True, presented=False),
    Page(links.EXERCISES_PAGE, "Exercises", ":material/edit:"),
)
