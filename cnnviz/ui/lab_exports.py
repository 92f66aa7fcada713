"""The lab's files: its numbers in four formats, its curve and its picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from cnnviz.savings.comparison import Comparison
from cnnviz.savings.export import (
    comparison_csv,
    comparison_json,
    comparison_latex,
    comparison_markdown,
    curve_csv,
)
from cnnviz.ui import lab_texts as texts
from cnnviz.ui.block_graph.pictures import picture_menu
from cnnviz.ui.exports import save

_KINDS: tuple[tuple[str, str, str, Callable[[Comparison], str]], ...] = (
    ("CSV", "csv", "text/csv", comparison_csv),
    ("Markdown", "md", "text/markdown", comparison_markdown),
    ("LaTeX", "tex", "text/x-tex", comparison_latex),
    ("JSON", "json", "application/json", comparison_json),
)


def export_menu(name: str, values: texts.Plain, told: texts.LabTexts) -> None:
    """Draws the menu; what is in it is sent only while it is open, a file is made when asked for."""
    menu = st.popover("Export", icon=":material/download:", key="bottleneck_export", on_change="rerun")
    if not menu.open:
        return
    with menu:
        st.markdown("**The numbers**")
        with st.container(horizontal=True, gap="xsmall"):
            for label, ending, mime, write in _KINDS:
                save(label, f"{name}.{ending}", mime, partial(_written, write, name, values))
        st.markdown("**The curve and the picture**")
        save("Curve as CSV", f"{name}-curve.csv", "text/csv", partial(_curve, name, values))
        picture_menu(
            [
                {"label": "Paths", "of": _image(told.picture_words), "nth": 0, "name": f"{name}-paths"},
                {"label": "Curve", "of": _image(told.curve_words), "nth": 0, "name": f"{name}-curve"},
            ],
            key="bottleneck_pictures",
        )


def _image(words: str) -> str:
    return f'img[alt="{words}"]'


def _written(write: Callable[[Comparison], str], name: str, values: texts.Plain) -> str:
    return write(texts.comparison(name, values)) + "\n"


def _curve(name: str, values: texts.Plain) -> str:
    return curve_csv(texts.curve(name, values)) + "\n"
