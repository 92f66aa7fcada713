"""Batch, layer, instance and group normalisation: the cube, and the numbers in it."""

from __future__ import annotations

from cnnviz.ideas.idea import Idea
from cnnviz.ideas.normalisation import EPSILON, GROUPS, KINDS, SHAPE, TENSOR
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """The cube and the numbers."""
    workbench(idea, values(idea), shape=SHAPE, tensor=TENSOR, epsilon=EPSILON, kinds=KINDS, counts=GROUPS)
