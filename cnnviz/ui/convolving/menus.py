"""What the bar of the page offers: an image, lines of PyTorch, files, the link's words."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.picture import small_picture
from cnnviz.ui import image_file, links, widgets
from cnnviz.ui.convolving import state
from cnnviz.ui.exports import save
from cnnviz.windows import Scene
from cnnviz.windows.sheets import grids_csv, products_csv, scene_markdown
from cnnviz.windows.torch_lines import torch_lines

_IMAGE = "convolving"  # what the field for an image is kept under


def link_menu() -> None:
    """Draws the words of the link; they are read from here on."""
    with st.popover("Link", icon=":material/link:", help="What the address bar says of this page"):
        st.text_input("Kind of operation", key=links.OP, bind="query-params", placeholder="conv")
        st.text_input("Its numbers", key=links.GRID, bind="query-params", placeholder="n=7,s=2")
        st.text_input(
            "The input",
            key=links.CELLS,
            bind="query-params",
            placeholder="edge, seed:3, 1,0;0,1",
            help="A name, seed:NUMBER, or numbers row by row; after ~ single cells: edge~0.2.3=7",
        )
        st.text_input("The weights", key=links.WEIGHTS, bind="query-params", placeholder="sobel+blur, seed:3")
        st.text_input("Step, filter, channel, from 0", key=links.AT, bind="query-params", placeholder="0.0.0")


def picture_menu() -> None:
    """Draws the chooser of an image of the visitor's own; what was wrong with the last file stands below."""
    with st.popover("Image", icon=":material/image:", help="An image of your own as the input"):
        image_file.file_field(
            _IMAGE,
            "An image of your own as the input",
            lambda contents: state.picture(small_picture(contents)),
            note="Its middle is scaled down to the grid and made grey, or red, green and blue where there "
            "are three channels. It is kept in memory for this visit and never written to a disk; the link "
            "has the few numbers of the grid",
            there="the input",
        )
        image_file.tell_problem(_IMAGE)


def code_menu(made: Scene) -> None:
    """Draws the same operation in PyTorch, to copy; sent only while it is open."""
    menu = st.popover("PyTorch", icon=":material/code:", key="convolving_code", on_change="rerun")
    if menu.open:
        menu.code(torch_lines(made), language="python")


def export_menu(made: Scene) -> None:
    """Draws the numbers as files; the picture is saved below it, by the browser."""
    menu = st.popover("Export", icon=":material/download:", key="convolving_export", on_change="rerun")
    if not menu.open:
        return
    name = f"{made.setting.kind}-{made.setting.n}x{made.setting.n}"
    with menu:
        st.markdown("**This step, product by product**")
        with st.container(horizontal=True, gap="xsmall"):
            save("CSV", f"{name}-step-{made.place.step + 1}.csv", "text/csv", _of(products_csv, made))
            save("Markdown", f"{name}.md", "text/markdown", _of(scene_markdown, made), "With the grids")
        st.markdown("**All grids**")
        save("Grids as CSV", f"{name}-grids.csv", "text/csv", _of(grids_csv, made), "Every number")
        st.caption("The picture is saved as SVG or PNG by the buttons below it.")


def _of(write: Callable[[Scene], str], made: Scene) -> Callable[[], str]:
    def written() -> str:
        try:
            return write(made)
        except CnnvizError as error:
            return f"{widgets.sentence(str(error))}\n"

    return written
