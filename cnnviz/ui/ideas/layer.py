"""One layer: an image of three channels, two filters, biases, an activation; and the counts of any layer."""

from __future__ import annotations

from cnnviz.ideas.idea import Idea
from cnnviz.ideas.layer import ACTIVATIONS, CHANNELS, FILTERS, IMAGE
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """The volume, both maps, and the counts."""
    workbench(
        idea,
        values(idea),
        image=IMAGE,
        channels=CHANNELS,
        filters=FILTERS,
        activations=tuple(ACTIVATIONS),
        bounds={value.name: (value.least, value.most) for value in idea.values},
    )
