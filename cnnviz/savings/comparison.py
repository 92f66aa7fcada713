"""Two or more paths between the same volumes, with what each costs and where the saving begins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from cnnviz.formulas import Shape, Term
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


class Branch(NamedTuple):
    """One branch of a block, as each path has it."""

    name: str
    macs: tuple[int, ...]
    break_even: Term | None


def branches(comparison: Comparison) -> tuple[Branch, ...]:
    """The branches of a block that has the same ones on each path; () for any other comparison."""
    names = {tuple(lane.name for lane in path.lanes) for path in comparison.paths}
    evens = comparison.trick.branch_evens
    if len(names) > 1 or evens is None:
        return ()
    pairs = zip(comparison.paths, comparison.traces, strict=True)
    lanes = [path.layers_of_lanes(trace) for path, trace in pairs]
    known = evens(comparison.values)
    return tuple(
        Branch(name, tuple(sum(layer.macs for layer in lane[i]) for lane in lanes), known.get(name))
        for i, name in enumerate(names.pop())
    )


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
