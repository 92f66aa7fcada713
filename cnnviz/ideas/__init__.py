"""The ideas behind layers and training: what each is in words, and its numbers. Needs numpy, not torch.

An idea is a module here with its `IDEA` and the functions that its numbers come from. `IDEAS` has them
all, in the order in which a course meets them. The page of an idea is `cnnviz/ui/ideas/NAME.py`, what is
dragged in the browser `cnnviz/ui/ideas/assets/NAME.js`, its small picture `NAME.svg` beside that.

    >>> from cnnviz import ideas
    >>> ideas.find("activations").title
    'Activations and their gradients'
"""

from __future__ import annotations

from cnnviz.architectures.architecture import near_misses
from cnnviz.errors import UnknownNameError
from cnnviz.ideas import (
    activations,
    augmentation,
    batches,
    batchnorm,
    decay,
    dropout,
    features,
    history,
    layer,
    losses,
    normalisation,
    pointwise,
    pooling,
    residual,
    series,
    sharing,
)
from cnnviz.ideas.idea import GROUPS, Idea, Paper, Place, Use

__all__ = ["GROUPS", "IDEAS", "Idea", "Paper", "Place", "Use", "find"]

IDEAS: tuple[Idea, ...] = (
    layer.IDEA,
    sharing.IDEA,
    pointwise.IDEA,
    activations.IDEA,
    pooling.IDEA,
    residual.IDEA,
    series.IDEA,
    losses.IDEA,
    batchnorm.IDEA,
    normalisation.IDEA,
    dropout.IDEA,
    decay.IDEA,
    augmentation.IDEA,
    batches.IDEA,
    features.IDEA,
    history.IDEA,
)
_BY_NAME = {idea.name: idea for idea in IDEAS}


def find(name: str) -> Idea:
    """The idea of this name. Raises UnknownNameError with near misses."""
    found = _BY_NAME.get(name.strip().lower())
    if found is None:
        near = near_misses(name, _BY_NAME) or f": there are {', '.join(_BY_NAME)}"
        raise UnknownNameError(f"there is no idea called {name!r:.40}{near}")
    return found
