"""Design your own: rows of layers and blocks, worked out at every edit."""

from __future__ import annotations

import streamlit as st

from cnnviz.conventions import per_layer
from cnnviz.design import Built
from cnnviz.design.built import sized
from cnnviz.design.text import as_data
from cnnviz.ui import counting, link_problems, links, walk, widgets
from cnnviz.ui.block_graph.editor import RowTold, Told, design_editor
from cnnviz.ui.design import goal, save, start, state, use
from cnnviz.ui.links import Designed

_NO_PRESENT = link_problems.Rule(
    links.PRESENT,
    lambda text: text.lower() == "false",
    "Design has no large view; Explore presents networks",
    "here it is as it always is",
    default=False,
)


def workbench() -> None:
    """Where to begin, what for, what to do with it, and the bench itself, which alone an edit draws anew."""
    link_problems.take((link_problems.one_of(links.GOAL, goal.NAMES), _NO_PRESENT))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        start.start_menu()
        goal.goal_box()
        use.ways()
        save.save_menu()
    _bench()


@st.fragment
def _bench() -> None:
    """The editor, and what there is to see of the network so far."""
    made = state.current()
    view = Designed(word=state.word(), input_shape=made.design.input_shape)
    if made.costs:
        link_problems.of_walk(view, made.trace)
    link_problems.show(links.chosen())
    left, right = st.columns([7, 5])
    with left:
        _editor(made)
        state.link_box()
    with right:
        goal.verdicts(made)
        if made.costs:
            walk.graph_panel(view, made.trace, height=400)
    if made.costs:
        walk.card_panel(view, made.trace)
        widgets.remarks(made.trace)


def _editor(made: Built) -> None:
    undo, redo = state.steps()
    problem = made.problem
    told = Told(
        rows=_rows(made),
        cost=counting.label(),
        totals=_totals(made),
        wrong=problem.row if problem else None,
        problem=problem.text.partition(": ")[2] if problem else "",
        fix=problem.fix if problem else "",
        undo=undo,
        redo=redo,
        error=state.error(),
    )
    design_editor(
        as_data(made.design),
        told,
        key="design_editor",
        turn=state.turn(),
        on_edit=state.take,
        on_step=state.step,
    )


def _rows(made: Built) -> list[RowTold]:
    told, counted = [], _counted(made)
    for index, row in enumerate(made.design.rows):
        cost = made.costs[index] if index < len(made.costs) else None
        told.append(
            RowTold(
                text=row.brief + (f" ×{row.repeat}" if row.repeat > 1 else ""),
                size=sized(cost.output_shape).replace("a vector of ", "") if cost else "",
                parameters=cost.parameters if cost else 0,
                macs=counted[index] if cost else 0,
            )
        )
    return told


def _counted(made: Built) -> list[int]:
    """What each row costs, as the switch counts."""
    convention = counting.convention()
    if convention is None or not made.costs:
        return [cost.macs for cost in made.costs]
    layers = per_layer(made.trace, convention)
    return [sum(layers[cost.first : cost.last + 1]) for cost in made.costs]


def _totals(made: Built) -> str:
    """What all of it costs; the same of the rows that fit, where one does not."""
    if not made.costs:
        return ""
    end = f"{sized(made.output_shape)} at the end"
    layers = made.trace.weight_layers
    depth = f"{layers} layer{'s' * (layers != 1)} deep"
    so_far = "so far: " if made.problem else ""
    cost = f"{sum(_counted(made)):,} {counting.label()}"
    return f"{so_far}{made.parameters:,} parameters · {cost} · {depth} · {end}"
