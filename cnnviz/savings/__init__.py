"""Ways to save: what a convolution, a block or a head costs, and what a trick in its place does. No torch."""

from __future__ import annotations

from cnnviz.architectures.architecture import near_misses
from cnnviz.errors import UnknownNameError
from cnnviz.savings.blocks import FIRE, INCEPTION, RESNET, RESNEXT
from cnnviz.savings.comparison import Comparison, compared
from cnnviz.savings.convolutions import ASYMMETRIC, BOTTLENECK, GROUPED, SEPARABLE, STACKED
from cnnviz.savings.curve import Curve, cost_curve
from cnnviz.savings.heads import HEAD
from cnnviz.savings.trick import BreakEven, Trick

TRICKS: tuple[Trick, ...] = (
    BOTTLENECK,
    STACKED,
    ASYMMETRIC,
    RESNET,
    SEPARABLE,
    GROUPED,
    RESNEXT,
    FIRE,
    HEAD,
    INCEPTION,
)


def trick(name: str) -> Trick:
    """The trick of that name. Raises UnknownNameError."""
    for known in TRICKS:
        if known.name == name:
            return known
    near = near_misses(name, [known.name for known in TRICKS])
    raise UnknownNameError(f"there is no way to save called {name!r:.40}{near}")


__all__ = ["TRICKS", "BreakEven", "Comparison", "Curve", "Trick", "compared", "cost_curve", "trick"]
