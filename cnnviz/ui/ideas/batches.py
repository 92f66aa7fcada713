"""Epoch, batch, iteration: the counter, and what batches see."""

from __future__ import annotations

from cnnviz.ideas.batches import CLASSES, MOST_DRAWN
from cnnviz.ideas.idea import Idea
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """The counter and the batches."""
    workbench(
        idea,
        values(idea),
        classes=CLASSES,
        drawn=MOST_DRAWN,
        bounds={value.name: (value.least, value.most) for value in idea.values},
    )
