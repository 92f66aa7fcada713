"""Sums, series and DenseNet: the series of a function, and channels that grow."""

from __future__ import annotations

from cnnviz.ideas.idea import Idea
from cnnviz.ideas.series import FUNCTIONS, MOST_LAYERS, MOST_TERMS
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """Both pictures."""
    workbench(idea, values(idea), functions=FUNCTIONS, terms=MOST_TERMS, layers=MOST_LAYERS)
