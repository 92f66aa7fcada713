"""Weight decay: the plane of two weights, and the steps in it."""

from __future__ import annotations

from cnnviz.ideas.decay import CURVATURES, LIMIT, MOST_STEPS, START
from cnnviz.ideas.idea import Idea
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """The plane and the numbers."""
    workbench(idea, values(idea), curvatures=CURVATURES, start=START, limit=LIMIT, most=MOST_STEPS)
