"""The records: what a trick is, what can be varied of it, and where it begins to pay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from cnnviz.architectures.architecture import Option, near_misses
from cnnviz.errors import OptionError, UnknownNameError
from cnnviz.formulas import Formula, Shape, Term
from cnnviz.formulas.convolution import ConvArguments
from cnnviz.savings.path import Path

Values = Mapping[str, int]  # of all options; a switch is 0 or 1

RATIO = Formula("floor((d - c) / b)")
RATIO_PLAIN = Formula("floor(d / b)")
ROOT = Formula("floor((isqrt(b*b + 4*a*(d - c)) - b) / (2*a))")
ROOT_PLAIN = Formula("floor((isqrt(b*b + 4*a*d) - b) / (2*a))")
WHOLE_STEPS = Formula("g * floor(d / (g*b))")


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """Where two paths take the same multiplications: square*w*w + linear*w + fixed = against, for a width w.

    Without `against` there is no such width, as `words` say.
    """

    words: str  # one sentence
    linear: Term | None = None
    square: Term | None = None
    fixed: Term | None = None
    against: Term | None = None
    step: int = 1  # widths are multiples of it
    least: Term | None = None  # the smallest width that pays, where the larger ones pay

    @property
    def term(self) -> Term | None:
        """The largest width that takes no more multiplications, or the smallest, with its formula."""
        if self.least or self.linear is None or self.against is None:
            return self.least
        b, d = self.linear.number, self.against.number
        c = self.fixed.number if self.fixed else 0
        if self.square:
            a = self.square.number
            return Term(ROOT, (b, a, d, c)) if c else Term(ROOT_PLAIN, (b, a, d))
        if self.step > 1:
            return Term(WHOLE_STEPS, (self.step, d - c, b))
        return Term(RATIO, (d, c, b)) if c else Term(RATIO_PLAIN, (d, b))


class Source(NamedTuple):
    """Where a trick comes from."""

    text: str  # authors, year, section
    link: str


Fits = Callable[[Shape, ConvArguments, Values], str]
Replace = Callable[[Shape, ConvArguments, Values], Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trick:
    """A way to save, with everything that can be varied of it."""

    name: str  # "bottleneck"
    title: str
    lines: tuple[str, ...]  # what the paths are called whatever their widths, in few words
    idea: str  # a sentence or two: what it does
    pays: str  # one sentence: when it pays
    sources: tuple[Source, ...]
    options: tuple[Option, ...]
    main: str  # the option that the curve runs along
    paths: Callable[[Values], tuple[Path, ...]]  # the plain one first, the saving one second
    break_even: Callable[[Values], BreakEven]
    check: Callable[[Values], None] = lambda values: (
        None
    )  # raises OptionError where values do not go together
    widths: Callable[[Values], tuple[int, ...]] | None = None  # the only values that the main option can have
    step: Callable[[Values], int] = lambda values: 1  # of the main option
    labels: Mapping[str, str] = field(default_factory=dict)  # options called otherwise here
    branch_evens: Callable[[Values], Mapping[str, Term]] | None = None  # of single branches of a block
    fits: Fits | None = None  # "" where it can replace that convolution, otherwise why not
    replace: Replace | None = None  # what takes the place of a convolution

    @property
    def defaults(self) -> dict[str, int]:
        return {option.name: int(option.default) for option in self.options}

    def option(self, name: str) -> Option:
        """The option of that name. Raises UnknownNameError."""
        for option in self.options:
            if option.name == name:
                return option
        known = [option.name for option in self.options]
        raise UnknownNameError(f"{self.name} has no option {name!r:.40}{near_misses(name, known)}")

    def values(self, given: Mapping[str, object]) -> dict[str, int]:
        """All values, each checked alone and then together. Raises OptionError, UnknownNameError."""
        values = self.defaults | {name: int(self.option(name).check(value)) for name, value in given.items()}
        self.check(values)
        return values

    def changed(self, values: Values) -> dict[str, int]:
        """Those that are not the defaults."""
        return {name: value for name, value in values.items() if value != self.defaults[name]}


def need_multiple(values: Values, *names: str, groups: str = "groups") -> None:
    """Raise OptionError unless the groups divide these numbers."""
    g = values[groups]
    for name in names:
        n = values[name]
        if n % g:
            below, above = n // g * g, -(-n // g) * g
            near = f"{below} or {above}" if below else str(above)
            raise OptionError(f"{g} groups need {name} to be a multiple of {g}, got {n}: take {near}")
