"""Dropout: a layer's activations, one draw of them, and the mean of many."""

from __future__ import annotations

from cnnviz.ideas.dropout import ACTIVATIONS, MODES, MOST_DRAWS, SCALINGS
from cnnviz.ideas.idea import Idea
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """The grids and the curve."""
    workbench(idea, values(idea), activations=ACTIVATIONS, modes=MODES, scalings=SCALINGS, most=MOST_DRAWS)
