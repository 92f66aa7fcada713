"""A goal to design for, and how far the design is from it."""

from __future__ import annotations

import streamlit as st

from cnnviz.design import Built
from cnnviz.design.goals import GOALS, checks, goal
from cnnviz.ui import counting, links, widgets

_NONE = "no goal"
NAMES = (_NONE, *(one.name for one in GOALS))


def goal_box() -> None:
    """Draws the choice of a goal."""
    st.selectbox("Goal", NAMES, key=links.GOAL, bind="query-params", width=230, label_visibility="collapsed")


def verdicts(made: Built) -> None:
    """Draws each demand of the goal with its verdict; nothing without a goal."""
    found = goal(str(st.session_state.get(links.GOAL) or _NONE))
    if found is None:
        return
    told = checks(found, made)
    reached = all(check.done for check in told)
    head = ":green[**Goal reached.**]" if reached else f"**Goal:** {widgets.plain(found.title)}"
    st.markdown(f"{head}  \n:small[{widgets.plain(found.why)}.]")
    if found.most_macs:
        counting.stays("The goal")
    cells = st.grid(2, min_column_width=220)
    for check in told:
        mark = "✓" if check.done else "○"
        verdict = check.verdict.replace(": ", ", ")  # after the demand's own colon
        cells.progress(check.progress, text=f"{mark} {widgets.plain(f'{check.demand}: {verdict}')}")
