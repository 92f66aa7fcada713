"""A design as files: its text, its code, and all that a network of the catalogue can be saved as."""

from __future__ import annotations

import streamlit as st

from cnnviz.design import Built, dumps
from cnnviz.design.code import torch_code
from cnnviz.design.files import file_stem
from cnnviz.handout import command_line, handout
from cnnviz.notebook import notebook
from cnnviz.ui import counting, exports
from cnnviz.ui.design import state


@st.fragment
def save_menu() -> None:
    """Draws the menu; what is in it is made for the design of the moment that it opens."""
    menu = st.popover("Save", icon=":material/download:", key="design_save", on_change="rerun")
    if menu.open:
        with menu:
            _files(state.current())


def _files(made: Built) -> None:
    name = file_stem(made.design)
    st.markdown("**The design**")
    _design_buttons(made, name)
    if not made.costs:
        st.caption("Code and tables come with the first row.")
        return
    if made.problem:
        st.caption(
            f"Code comes once row {made.problem.row + 1} fits. The files below have the rows before it."
        )
    st.markdown("**The layer table**")
    exports.table_buttons(made.trace, name)
    st.markdown("**The whole network**")
    _network_buttons(made, name)
    exports.handout_elsewhere(made.trace, command_line(made.trace, target=f"{name}.toml"))
    exports.picture_buttons(made.trace)


def _design_buttons(made: Built, name: str) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        exports.save(
            "TOML",
            f"{name}.toml",
            "application/toml",
            lambda: dumps(made.design),
            "cnnviz trace reads it back",
        )
        if made.costs and not made.problem:
            exports.save(
                "PyTorch",
                f"{name.replace('-', '_')}.py",
                "text/x-python",
                lambda: torch_code(made.design),
                "A class that runs, with the shapes as comments",
            )


def _network_buttons(made: Built, name: str) -> None:
    trace, convention = made.trace, counting.convention()
    with st.container(horizontal=True, gap="xsmall"):
        if exports.has_handout(trace):
            exports.save(
                "Handout",
                f"{name}.html",
                "text/html",
                lambda: handout(trace, target=f"{name}.toml", convention=convention),
                "Opens without a server",
            )
        if not made.problem:
            exports.save(
                "Notebook",
                f"{name}.ipynb",
                "application/x-ipynb+json",
                lambda: notebook(trace, f"{name}.toml", convention=convention),
                f"Makes all of this again from {name}.toml beside it",
            )
