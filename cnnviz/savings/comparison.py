"""Two or more paths between the same volumes, with what each costs and where the saving begins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cnnviz.formulas import Shape
from cnnviz.savings.path import Path
from cnnviz.savings.trick import BreakEven, Trick, Values
from cnnviz.trace import Trace

SAME = 0.005  # ratios nearer to 1 than this are told as the same


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A trick at definite values: an immutable value."""

    trick: Trick
    values: Values
    paths: tuple[Path, ...]  # the plain one first
    traces: tuple[Trace, ...]
    break_even: BreakEven

    @cached_property
    def macs(self) -> tuple[int, ...]:
        return tuple(trace.macs for trace in self.traces)

    @cached_property
    def parameters(self) -> tuple[int, ...]:
        return tuple(trace.parameters for trace in self.traces)

    @cached_property
    def activation_bytes(self) -> tuple[int, ...]:
        """Of all volumes that a path makes, for the backward pass."""
        return tuple(trace.activation_bytes for trace in self.traces)

    @property
    def fields(self) -> tuple[Shape | None, ...]:
        """The receptive field of one output of each path."""
        return tuple(trace.layers[-1].receptive_field for trace in self.traces)

    @property
    def ratio(self) -> float:
        """How many times fewer multiplications the saving path takes."""
        return self.macs[0] / max(1, self.macs[1])


def compared(trick: Trick, values: Values) -> Comparison:
    """The paths of a trick. Raises OptionError, or ShapeError where a layer cannot take what it gets."""
    checked = trick.values(values)
    paths = trick.paths(checked)
    return Comparison(
        trick=trick,
        values=checked,
        paths=paths,
        traces=tuple(path.trace() for path in paths),
        break_even=trick.break_even(checked),
    )


def times(before: int, after: int) -> str:
    """`9.68 times fewer`, `1.2 times more`, `the same`."""
    if not before or not after:
        return "the same" if before == after else "none" if not after else "more"
    ratio = before / after
    if abs(ratio - 1) < SAME:
        return "the same" if before == after else "about the same"
    return f"{_three_digits(ratio)} times fewer" if ratio > 1 else f"{_three_digits(1 / ratio)} times more"


def verdict(comparison: Comparison) -> str:
    """One sentence: what the trick does to the multiplications here."""
    before, after = comparison.macs[:2]
    return f"{times(before, after)} multiplications: {after:,} instead of {before:,}"


def _three_digits(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"
