"""The Export menu of a comparison: its tables in four forms, its figures, and the command that prints it."""

from __future__ import annotations

import json
from collections.abc import Callable

import streamlit as st

from cnnviz.compare import report, sheet
from cnnviz.compare.sheet import Sheet
from cnnviz.ui import counting
from cnnviz.ui.block_graph.pictures import picture_menu
from cnnviz.ui.compare import entries, views
from cnnviz.ui.compare.cached import Keys
from cnnviz.ui.exports import save

_FORMS: tuple[tuple[str, str, str, Callable[[Sheet], str]], ...] = (
    ("CSV", "csv", "text/csv", sheet.as_csv),
    ("Markdown", "md", "text/markdown", sheet.as_markdown),
    ("LaTeX", "tex", "text/x-tex", sheet.as_latex),
    ("JSON", "json", "application/json", lambda made: json.dumps(sheet.as_records(made), indent=1)),
)
_FILLED = "compare_export_filled"


@st.fragment
def export_menu() -> None:
    """Draws the menu; what is in it is sent only while it is open."""
    menu = st.popover("Export", icon=":material/download:", key="compare_export", on_change="rerun")
    keys = st.session_state.get(views.SHOWN_KEYS, ())
    if not menu.open or not keys:
        st.session_state.pop(_FILLED, None)
        return
    part = st.session_state[_FILLED] = views.shown()
    with menu:
        for name, made in views.sheets(keys, part).items():
            st.markdown(f"**{name}**")
            with st.container(horizontal=True, gap="xsmall"):
                for form, ending, kind, written in _FORMS:
                    file = f"compare-{name.replace(' ', '-').lower()}.{ending}"
                    save(form, file, kind, _of(written, made))
        if part in views.FIGURE_PARTS:
            st.markdown("**The figure**")
            of = f".st-key-{views.FIGURES} .js-plotly-plot"
            name = f"compare-{part.lower()}"
            picture_menu([{"label": part, "of": of, "nth": 0, "name": name}], key="compare_pictures")
        st.markdown("**All numbers**")
        compared = entries.contestants(keys, counting.comparing())  # the file is made outside of the visit
        save("JSON", "compare.json", "application/json", lambda: report.as_json(compared) + "\n")
        _command(keys)


def _command(keys: Keys) -> None:
    """What prints the same in a shell; designs and files of a visit have to be saved there."""
    said = {key: entries.in_shell(key) for key in keys}
    convention = counting.comparing()
    counted = f" --convention {convention}" if convention else ""
    st.code(f"cnnviz compare {' '.join(said.values())}{counted}", language=None, wrap_lines=True)
    if any(".toml" in name for name in said.values()):
        st.caption("The page Design saves a design as .toml, which the command reads.")


def keep_up() -> None:
    """Draws the page anew where the menu stands open for another part."""
    if st.session_state.get(_FILLED, views.shown()) != views.shown():
        st.rerun()


def _of(written: Callable[[Sheet], str], made: Sheet) -> Callable[[], str]:
    return lambda: written(made) + "\n"
