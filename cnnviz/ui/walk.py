"""Walking through a network: the graph, the layer table and the card of one layer, which follow each other.

Each part is a fragment of its own, and the selected layer travels alone: a step sends the card and one
number, a click on a group the new graph, and neither runs the page again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnviz.errors import ExportError
from cnnviz.exercises.predictions import SIZES, Predictions
from cnnviz.graph import Drawing, rendered
from cnnviz.graph.colouring import COST, KIND, QUANTITIES, colours
from cnnviz.graph.folding import Folding, groups, paths
from cnnviz.trace import Trace
from cnnviz.ui import block_graph, cached, counting, exports, heard, links, own_image, predict, widgets
from cnnviz.ui.card import card_texts, code_lid, draw_code, has_code, layer_card
from cnnviz.ui.links import Chosen, Designed
from cnnviz.ui.predict import Hidden

_COLOUR = "walk_colour"  # the box, whose labels are for people, while the link has the name


@st.fragment
def graph_panel(
    choice: Chosen | Designed, trace: Trace, *, height: int, large: bool = False, hidden: Hidden = ()
) -> None:
    """The graph, and what decides how it is drawn; `large` for a projector."""
    possible = colours(trace, predict.somewhere(choice, hidden))
    if choice.network:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            levels, box = st.container(width=96), st.container(width=150)
            more = st.popover("", icon=":material/more_horiz:", help="Fold, save as PDF")
        rare = True
    else:  # drawn anew at every edit: what is seldom wanted is there while it is open
        levels = box = more = st.popover(
            "Graph", icon=":material/tune:", key="walk_graph_menu", on_change="rerun"
        )
        rare = bool(more.open)
    colour = _colour(box, more, possible, switch=rare)
    folding = _folding(levels, more, cached.levels(*choice.key), switch=rare)
    drawing, folding, problem = _drawing(choice, folding, colour, hidden)
    title = counting.label() if colour == COST else colour[0].upper() + colour[1:]
    if problem:
        widgets.error(problem, icon=":material/account_tree:")
    block_graph.block_graph(
        drawing,
        key="walk_graph_view",
        of=_of(choice),
        label=f"Graph of {trace.model}",
        name=trace.model,
        title=title,
        height=height,
        on_group=lambda path: _toggle(trace, folding, path),
        told=predict.told(choice, predict.predictions(choice, trace, hidden)),
        large=large,
    )
    if rare and shutil.which("dot"):
        more.download_button(
            "Save as PDF",
            lambda: rendered(drawing.dot, "pdf"),
            f"{trace.model}.pdf",
            "application/pdf",
            icon=":material/download:",
            on_click="ignore",
        )


@st.fragment
def card_panel(choice: Chosen | Designed, trace: Trace, *, large: bool = False, hidden: Hidden = ()) -> None:
    """Steps through the layers, and explains the selected one, or asks for what is hidden of it."""
    last = len(trace.layers) - 1
    bar = st.container(horizontal=True, vertical_alignment="center", gap="xsmall")
    with bar:
        index = _layer_box(last)
        known = predict.predictions(choice, trace, hidden)
        told = predict.told(choice, known, recent=True)
        views = () if large or hidden else (links.CURVES, links.CARD)  # the curves would tell
        shown = _shown(choice, index) if views else links.CARD
        block_graph.stepper(
            index,
            last,
            key="walk_stepper",
            of=_of(choice),
            on_layer=_select,
            told=told,
            views=views,
            view=shown,
            on_view=partial(_viewed, choice),
        )
        network = choice.network
        if large and network and has_code(network) and not set(hidden) & SIZES:  # below it, no room is left
            draw_code(code_lid(st.popover), trace, network, index)
    if shown not in (links.CURVES, links.CARD):
        st.markdown(":small[Click a box of the graph to see its layer explained.]")
    elif shown == links.CARD:
        _card(choice, known, index, large=large)
    else:
        _curves(choice, index)
    exports.keep_up()


def _layer_box(last: int) -> int:
    """The index of the selected layer, which a person may type."""
    left = int(st.session_state.get(links.LAYER) or 0)
    if not 0 <= left <= last:  # of what another page, or an edit, has left
        st.session_state[links.LAYER] = min(max(left, 0), last)
    index = st.number_input(
        "Layer",
        0,
        max(last, 1),
        0,
        key=links.LAYER,
        bind="query-params",
        on_change=_show_card,
        label_visibility="collapsed",
        width=76,
    )
    return min(int(index), last)


def _card(choice: Chosen | Designed, known: Predictions, index: int, *, large: bool) -> None:
    """The selected layer explained; what is hidden of it is asked for."""
    dark, image = st.context.theme.type == "dark", own_image.place()
    if known.chosen:
        ask = partial(predict.fields, choice, known, index, large=large)
        texts = card_texts(known.trace, index, known, large=large, dark=dark, image=image)
    else:
        ask = None
        texts = cached.card(*choice.key, index, counting.name(), large=large, dark=dark, image=image)
    layer_card(known.trace, choice.network, index, texts, large=large, ask=ask, own=bool(image))


def _shown(choice: Chosen | Designed, index: int) -> str:
    """What is under the table; a link to a layer opens its card. Of a design nothing, until it is wanted."""
    if not links.shown() and (index or choice.network):
        links.show(links.CARD if index else links.CURVES)
    return links.shown()


def _curves(choice: Chosen | Designed, index: int) -> None:
    """Sizes and costs through the depth; a line marks the selected layer, a click selects another."""
    plots = st.container(key=exports.CURVES).grid(2, min_column_width=300)
    figures = {
        "sizes": cached.shape_figure(*choice.key, index),
        "costs": cached.cost_figure(*choice.key, index, counting.name()),
    }
    for name, (figure, words) in figures.items():
        plots.plotly_chart(
            figure,
            height=185,
            alt=words,
            config={"displayModeBar": False},
            key=f"walk_{name}",
            on_select=partial(_picked, f"walk_{name}"),
            selection_mode="points",
        )


def _picked(key: str) -> None:
    """A click on a curve selects the layer at the pointer; a second one lets go, and selects nothing."""
    selection = heard.fields(heard.said(key, "selection"))
    points = selection.get("points")
    found = heard.whole(heard.fields(points[0]).get("x")) if isinstance(points, list) and points else None
    if found is not None:
        _select(found)


def table_panel(choice: Chosen | Designed, trace: Trace, *, height: int, hidden: Hidden = ()) -> None:
    """Every layer in a row."""
    label = f"Layers of {trace.model}"
    columns = cached.hidden_columns(*choice.key, hidden, counting.name())
    told = predict.told(choice, predict.predictions(choice, trace, hidden))
    block_graph.layer_table(columns, key="walk_table", label=label, height=height, told=told)


def _colour(box: DeltaGenerator, more: DeltaGenerator, possible: Sequence[str], *, switch: bool) -> str:
    """What is coloured by. The link has its plain name, the box says how its cost is counted."""
    if not (switch or links.says(links.COLOUR, "")):
        return KIND
    said = more.text_input(
        "Colour, as the link has it", key=links.COLOUR, bind="query-params", placeholder=", ".join(possible)
    )
    said = said or KIND
    if said not in (KIND, *QUANTITIES):
        more.caption(widgets.plain(f"There is no colour {said:.30}: here is {KIND}."))
    colour = said if said in possible else KIND
    st.session_state[_COLOUR] = colour
    box.selectbox(
        "Colour",
        possible,
        format_func=lambda name: counting.heading() if name == COST else name,
        key=_COLOUR,
        on_change=_coloured,
    )
    return colour


def _coloured() -> None:
    picked = st.session_state[_COLOUR]
    st.session_state[links.COLOUR] = "" if picked == KIND else picked


def _folding(levels: DeltaGenerator, more: DeltaGenerator, deepest: int, *, switch: bool) -> Folding:
    """What stands open; the switch that folds is drawn where it is wanted, or the link has it."""
    possible = [links.AUTO, *map(str, range(deepest + 1))]
    if st.session_state.get(links.LEVEL, links.AUTO) not in possible:  # as with the layer
        st.session_state[links.LEVEL] = links.AUTO
    level = levels.selectbox(
        "Levels",
        possible,
        key=links.LEVEL,
        bind="query-params",
        on_change=_forget_groups,
        help="Groups down to this level are open. A click on a group opens or closes it.",
    )
    fold = bool(st.session_state.get(links.FOLD, True))
    if switch or links.says(links.FOLD, True):
        fold = more.toggle(
            "Fold equal blocks", True, key=links.FOLD, bind="query-params", help="Draws them as one box x N"
        )
    named = more.text_input("Opened groups; closed ones after a minus", key=links.GROUPS, bind="query-params")
    return Folding.of(named or "", level=None if level == links.AUTO else int(level), fold=fold)


def _drawing(
    choice: Chosen | Designed, folding: Folding, colour: str, hidden: Hidden
) -> tuple[Drawing, Folding, str]:
    """The graph; where it cannot be drawn as it is asked for, another one and the reason."""
    counted = counting.name()
    try:
        return cached.drawing(*choice.key, folding, colour, hidden, counted), folding, ""
    except ExportError as error:
        plain = Folding(fold=folding.fold)
        reason = str(error)
        return (
            cached.drawing(*choice.key, plain, colour, hidden, counted),
            plain,
            reason[0].upper() + reason[1:],
        )


def _of(choice: Chosen | Designed) -> str:
    return repr(choice.key)


def _select(index: int) -> None:
    st.session_state[links.LAYER] = index
    _show_card()


def _show_card() -> None:
    _show(links.CARD)


def _show(view: str) -> None:
    if view in (links.CURVES, links.CARD):  # a browser may say anything
        links.show(view)


def _viewed(choice: Chosen | Designed, view: str) -> None:
    """One of the views was pressed; beside a design a second press closes it."""
    if choice.network is None and view == links.shown():
        links.show(links.CLOSED)
    else:
        _show(view)


def _toggle(trace: Trace, folding: Folding, path: str) -> None:
    if path not in paths(groups(trace)):  # of a network that has gone
        return
    after = folding.toggled(trace, path)
    st.session_state[links.LEVEL] = str(after.level)
    st.session_state[links.GROUPS] = after.groups


def _forget_groups() -> None:
    st.session_state[links.GROUPS] = ""
