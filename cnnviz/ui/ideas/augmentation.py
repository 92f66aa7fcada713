"""Data augmentation: a photograph, and eleven draws of it."""

from __future__ import annotations

from cnnviz.ideas.augmentation import DRAWS, NUMBERS, SIDE
from cnnviz.ideas.idea import Idea
from cnnviz.ui.ideas import photo
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """The draws."""
    now = values(idea)
    jpeg = photo.chosen(now)
    workbench(
        idea,
        now,
        kept={"image": photo.address(jpeg, SIDE)},
        images=photo.choices(),
        side=SIDE,
        draws=DRAWS,
        numbers=NUMBERS,
        bounds={value.name: (value.least, value.most, value.step) for value in idea.values},
    )
