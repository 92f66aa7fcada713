"""Pooling: the small image, its windows and what is left of them."""

from __future__ import annotations

from cnnviz.ideas.idea import Idea
from cnnviz.ideas.pooling import IMAGES, MODES, MOST_SHIFT
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """The grids."""
    workbench(idea, values(idea), images=IMAGES, modes=MODES, most=MOST_SHIFT)
