"""The Export menu: everything on the page as a file, made when it is asked for and not before."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from cnnviz import export
from cnnviz.card import field_picture, volumes
from cnnviz.graph.folding import Folding
from cnnviz.handout import command_line
from cnnviz.notebook import notebook
from cnnviz.trace import Trace
from cnnviz.ui import cached, counting, links, own_models
from cnnviz.ui.block_graph.pictures import Picture, picture_menu
from cnnviz.ui.links import Chosen

_FILLED = "export_filled"  # what the open menu was filled for
MOST_OF_HANDOUT = 800  # operations, half a second: the largest network of the catalogue has 711
CURVES = "export_curves"  # the key of the container that the curves are in


class _File(NamedTuple):
    label: str
    ending: str
    kind: str  # its MIME type
    made: export.Writer
    help: str


_TABLES = (
    _File("CSV", "csv", "text/csv", export.trace_csv, "For a spreadsheet: every number, with its formula"),
    _File("Markdown", "md", "text/markdown", export.trace_markdown, "For a README"),
    _File("LaTeX", "tex", "text/x-tex", export.trace_latex, "For a paper: a tabular for booktabs"),
    _File(
        "JSON", "json", "application/json", export.trace_json, "For a program: what the command line prints"
    ),
)


@st.fragment
def export_menu() -> None:
    """Draws the menu; what is in it is sent only while it is open."""
    menu = st.popover("Export", icon=":material/download:", key="export_menu", on_change="rerun")
    choice = links.chosen()
    if not menu.open or not cached.works(*choice.key):
        st.session_state.pop(_FILLED, None)
        return
    trace, shown = cached.traced(*choice.key), _shown()
    st.session_state[_FILLED] = shown
    layer = shown if shown is not None else 0
    with menu:
        st.markdown("**The layer table**")
        table_buttons(trace, trace.model)
        _whole(choice, trace, layer)
        picture_buttons(trace)


def table_buttons(trace: Trace, name: str) -> None:
    """A button for each format of the layer table; `name` is that of the files."""
    with st.container(horizontal=True, gap="xsmall"):
        for file in _TABLES:
            save(file.label, f"{name}.{file.ending}", file.kind, _of(file, trace), file.help)


def picture_buttons(trace: Trace) -> None:
    """Buttons for the pictures on the page: the curves, or those of a card with its formulas."""
    layer = _shown()
    if layer is None:
        if links.shown() == links.CURVES:  # on Design there may be neither
            st.markdown("**The curves**")
            picture_menu(_curves(trace), key="export_pictures")
        return
    st.markdown(f"**Layer {layer}**")
    picture_menu(_card(trace, layer), key="export_pictures")
    made = _formulas(trace, layer)
    save("Formulas as LaTeX", f"{_file_name(trace, layer)}.tex", "text/x-tex", made, "For amsmath")


def _shown() -> int | None:
    """The layer whose card is under the table; None while the curves are."""
    return int(st.session_state.get(links.LAYER) or 0) if links.shown() == links.CARD else None


def keep_up() -> None:
    """Draws the page anew where the menu stands open and the page below it has moved on."""
    filled = st.session_state.get(_FILLED, _shown())
    if filled != _shown():
        st.rerun()


def _whole(choice: Chosen, trace: Trace, layer: int) -> None:
    folding, convention = _folding(), counting.convention()
    counted = counting.name()
    options = dict(choice.network.changed)
    st.markdown("**The whole network**")
    with st.container(horizontal=True, gap="xsmall"):
        if has_handout(trace):
            save(
                "Handout",
                f"{trace.model}.html",
                "text/html",
                cached.handout(*choice.key, folding, counted),
                "One HTML file with graph, table and formulas: opens without a server, prints on A4",
            )
        save(
            "Notebook",
            f"{trace.model}.ipynb",
            "application/x-ipynb+json",
            lambda: notebook(
                trace, trace.model, options, layer=layer, folding=folding, convention=convention
            ),
            "A Jupyter notebook that makes all of this again",
        )
    network = None if own_models.is_own(choice.network) else choice.network
    handout_elsewhere(trace, command_line(trace, network, convention=convention))


def has_handout(trace: Trace) -> bool:
    """Whether the handout is small enough to be made while others use the server."""
    return len(trace.layers) <= MOST_OF_HANDOUT


def handout_elsewhere(trace: Trace, command: str) -> None:
    """Says how to get the handout that the app does not make."""
    if has_handout(trace):
        return
    st.caption(
        f"A handout of {len(trace.layers):,} operations takes long, and the app makes those of up to "
        f"{MOST_OF_HANDOUT}, so that nobody else has to wait. In a shell there is no such limit:"
    )
    st.code(command, language=None, wrap_lines=True)


def save(
    label: str,
    name: str,
    kind: str,
    made: Callable[[], str],
    explained: str | None = None,
    *,
    menu: bool = True,
) -> None:
    """A button that saves what is made when it is pressed; outside a menu of files a sign says that."""
    icon = None if menu else ":material/download:"
    st.download_button(
        label, made, name, kind, on_click="ignore", help=explained, icon=icon, key=f"export_{name}"
    )


def _of(file: _File, trace: Trace) -> Callable[[], str]:
    convention = counting.convention()
    return lambda: file.made(trace, convention=convention) + "\n"


def _formulas(trace: Trace, layer: int) -> Callable[[], str]:
    return lambda: export.layer_latex(trace, layer) + "\n"


def _curves(trace: Trace) -> list[Picture]:
    return [
        {"label": label, "of": f".st-key-{CURVES} .js-plotly-plot", "nth": i, "name": f"{trace.model}-{name}"}
        for i, (label, name) in enumerate((("Sizes", "sizes"), ("Costs", "costs")))
    ]


def _card(trace: Trace, index: int) -> list[Picture]:
    """The card's pictures, known by the words that stand for them; what is hidden there is not offered."""
    layer = trace.layers[index]
    name = _file_name(trace, index)
    found: list[Picture] = [
        {"label": "Tensors", "of": _image(volumes.volumes_words(layer)), "nth": 0, "name": f"{name}-tensors"}
    ]
    seen = field_picture.seen_by_the_middle(layer, trace.input_shapes[0][1:])
    if seen:
        words = field_picture.field_words(seen)
        found.append({"label": "Field", "of": _image(words), "nth": 0, "name": f"{name}-field"})
    return found


def _image(words: str) -> str:
    return f'img[alt="{words}"]'


def _file_name(trace: Trace, index: int) -> str:
    return f"{trace.model}-layer-{index}"


def _folding() -> Folding:
    """The groups that stand open in the graph."""
    state = st.session_state
    level = str(state.get(links.LEVEL) or links.AUTO)
    return Folding.of(
        str(state.get(links.GROUPS) or ""),
        level=int(level) if level.isdecimal() else None,
        fold=bool(state.get(links.FOLD, True)),
    )
