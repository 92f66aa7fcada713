"""How networks change through their depth: the numbers behind the curves.

Depth is counted as papers count it: convolutional and fully connected layers on the longest way from the
input, so that VGG-16 ends at 16 and ResNet-152 at 152, and branches side by side lie at the same depth.
"""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from cnnviz.compare.contestants import Contestant
from cnnviz.compare.measures import Measure
from cnnviz.tables import main_line


class CostCurve(NamedTuple):
    """What a contestant costs up to each depth; the last is its total."""

    so_far: tuple[int, ...]  # at depth 0, 1, 2, ...
    left_out: int  # parameters that this pass does not run

    @property
    def percent(self) -> tuple[float, ...]:
        whole = self.so_far[-1] if self.so_far else 0
        return tuple(100 * n / whole if whole else 0.0 for n in self.so_far)


class SizePoint(NamedTuple):
    """One output on the main line."""

    depth: int
    name: str
    n_H: int | None  # noqa: N815 - the course's names
    n_W: int | None  # noqa: N815
    n_C: int | None  # noqa: N815


def cost_curve(of: Contestant, measure: Measure) -> CostCurve:
    """Parameters, operations or activation memory of all layers up to each depth."""
    at = [0] * (max((cost.depth for cost in of.costs), default=0) + 1)
    for cost in of.costs:
        at[cost.depth] += getattr(cost, measure)
    left_out = of.trace.unused_parameters if measure == "parameters" else 0
    return CostCurve(tuple(accumulate(at)), left_out)


def size_curve(of: Contestant) -> list[SizePoint]:
    """n_H, n_W and n_C along the main line: at each depth what the layer makes, without pools after it."""
    costs = of.costs
    points: dict[int, SizePoint] = {}
    for row in main_line([cost.row for cost in costs], of.trace.edges):
        depth = costs[row.index].depth
        points.setdefault(depth, SizePoint(depth, row.name, row.n_H, row.n_W, row.n_C))
    return list(points.values())
