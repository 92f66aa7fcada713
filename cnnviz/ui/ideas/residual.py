"""The residual block: three views of it."""

from __future__ import annotations

from cnnviz.ideas.idea import Idea
from cnnviz.ideas.residual import BLOCK, MOST_BLOCKS, VIEWS, WIDTH
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """The block with its numbers, what it learns, and many of them."""
    workbench(idea, values(idea), views=VIEWS, most=MOST_BLOCKS, width=WIDTH, block=BLOCK.as_dict())
