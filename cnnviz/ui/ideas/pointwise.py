"""1x1 convolution: a small one worked out both ways, and a real one to scale."""

from __future__ import annotations

from cnnviz.ideas.idea import Idea
from cnnviz.ideas.pointwise import EXAMPLE, largest_difference
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """The small image, its weights, and the volumes."""
    workbench(
        idea,
        values(idea),
        **EXAMPLE.as_dict(),
        differs=largest_difference(),
        bounds={value.name: (value.least, value.most) for value in idea.values},
    )
