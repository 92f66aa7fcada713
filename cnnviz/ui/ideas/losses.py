"""Losses: the surface over two logits, and curves for two classes."""

from __future__ import annotations

from cnnviz.ideas.idea import Idea
from cnnviz.ideas.losses import CLASSES, GOAL, LIMIT, LOSSES, MOST_STEPS
from cnnviz.ui.ideas.workbench import values, workbench

_LOSSES = tuple(
    {
        "name": loss.name,
        "title": loss.title,
        "formula": loss.formula,
        "binary": loss.binary_formula,
        "note": loss.note,
    }
    for loss in LOSSES
)


def live(idea: Idea) -> None:
    """The picture with what is said of it."""
    workbench(idea, values(idea), losses=_LOSSES, classes=CLASSES, limit=LIMIT, goal=GOAL, most=MOST_STEPS)
