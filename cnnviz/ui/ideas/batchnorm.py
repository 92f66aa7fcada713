"""Batch normalisation: the batch, its steps, and what is kept for evaluation."""

from __future__ import annotations

from cnnviz.ideas.batchnorm import BATCH, EPSILON, LIMIT, MODES
from cnnviz.ideas.idea import Idea
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """The strips, the table and the formulas."""
    workbench(idea, values(idea), count=len(BATCH), limit=LIMIT, epsilon=EPSILON, modes=MODES)
