"""Activations and their gradients: what Python tells the browser of each function."""

from __future__ import annotations

from functools import lru_cache
from math import isinf
from typing import Any

from cnnviz.ideas.activations import ACTIVATIONS, MOST_LAYERS, kept
from cnnviz.ideas.idea import Idea
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """The two pictures."""
    workbench(idea, values(idea), functions=_functions(), most=MOST_LAYERS)


@lru_cache(maxsize=1)
def _functions() -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "name": one.name,
            "title": one.title,
            "note": one.note,
            "best": kept(one.name).best,
            "average": kept(one.name).average,
            "pieces": [
                {
                    "start": None if isinf(piece.start) else piece.start,
                    "end": None if isinf(piece.end) else piece.end,
                    "value": piece.value,
                    "slope": piece.slope,
                }
                for piece in one.pieces
            ],
        }
        for one in ACTIVATIONS
    )
