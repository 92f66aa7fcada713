"""Fully connected or convolution: counts of both, and the matrix of a small convolution."""

from __future__ import annotations

from cnnviz.ideas.idea import Idea
from cnnviz.ideas.sharing import CASES, KERNELS, MOST_SIDE, picture
from cnnviz.ui.ideas.workbench import values, workbench

_CASES = tuple(case.as_dict() for case in CASES)
_PIXELS = tuple(
    tuple(int(value) for value in row) for row in picture(MOST_SIDE)
)  # smaller ones are its corner


def live(idea: Idea) -> None:
    """The sliders, the bars and the matrix."""
    workbench(
        idea,
        values(idea),
        cases=_CASES,
        kernels=KERNELS,
        pixels=_PIXELS,
        bounds={value.name: (value.least, value.most) for value in idea.values},
    )
