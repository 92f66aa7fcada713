"""The cost of each path against one width, exact at every point."""

from __future__ import annotations

from typing import NamedTuple

from cnnviz.savings.comparison import Comparison, compared
from cnnviz.savings.trick import Trick, Values

POINTS = 60


class Curve(NamedTuple):
    """Multiplications of each path at some widths."""

    name: str  # of the option that runs
    widths: tuple[int, ...]
    macs: tuple[tuple[int, ...], ...]  # of each path
    titles: tuple[str, ...]  # of the paths
    chosen: int
    chosen_macs: tuple[int, ...]
    break_even: int | None
    break_even_macs: int | None  # of the plain path there
    single: bool  # whether only these widths are possible


def cost_curve(comparison: Comparison) -> Curve:
    """Multiplications against the trick's main width, with the chosen and the break-even one among them.

    A path multiplies a width with itself at most once, so that a parabola through three widths is exact.
    """
    trick, values = comparison.trick, comparison.values
    chosen, even = values[trick.main], break_even_width(comparison)
    if trick.widths:
        widths = trick.widths(values)
        each = [compared(trick, {**values, trick.main: width}).macs for width in widths]
        macs = tuple(zip(*each, strict=True))
        there = None
    else:
        widths = _widths(trick, values, chosen, even)
        lines, step = _parabolas(trick, values), trick.step(values)
        macs = tuple(tuple(line.at(width // step) for width in widths) for line in lines)
        there = lines[0].at(even // step) if even else None
    return Curve(
        name=trick.main,
        widths=widths,
        macs=macs,
        titles=tuple(path.title for path in comparison.paths),
        chosen=chosen,
        chosen_macs=comparison.macs,
        break_even=even,
        break_even_macs=there,
        single=trick.widths is not None,
    )


def break_even_width(comparison: Comparison) -> int | None:
    """The break-even as a width that the main option can have; None where there is none."""
    term = comparison.break_even.term
    if term is None or term.number < comparison.break_even.step:
        return None
    return term.number


def _widths(trick: Trick, values: Values, chosen: int, even: int | None) -> tuple[int, ...]:
    """Widths to draw: beyond the chosen one and the break-even, in equal steps and with both of them."""
    step, most = trick.step(values), int(trick.option(trick.main).maximum or 0)
    end = min(max(2 * chosen, round(1.4 * (even or 0)), 8 * step), max(most, round(1.1 * (even or 0))))
    stride = max(step, -(-end // POINTS // step) * step)
    drawn = {*range(stride, end + 1, stride), step, chosen}
    return tuple(sorted(drawn | {even} if even else drawn))


class _Parabola(NamedTuple):
    """A cost at one, two and three steps, which says all the others."""

    one: int
    two: int
    three: int

    def at(self, steps: int) -> int:
        slope, bend = self.two - self.one, self.three - 2 * self.two + self.one
        return self.one + (steps - 1) * slope + (steps - 1) * (steps - 2) // 2 * bend


def _parabolas(trick: Trick, values: Values) -> list[_Parabola]:
    step = trick.step(values)
    three = (trick.paths({**values, trick.main: step * i}) for i in (1, 2, 3))
    counts = [[path.trace().macs for path in paths] for paths in three]
    return [_Parabola(*counted) for counted in zip(*counts, strict=True)]
