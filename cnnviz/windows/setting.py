"""What a window does: its kind and its sizes, checked, with what follows from them as formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import NamedTuple

from cnnviz.errors import CnnvizError, OptionError
from cnnviz.formulas import Formula, Term
from cnnviz.formulas.convolution import (
    SIZE,
    SIZE_DILATED,
    SIZE_UNEVEN,
    ConvArguments,
    Convolution,
    TransposedArguments,
    TransposedConvolution,
)
from cnnviz.formulas.pooling import PoolArguments, Pooling
from cnnviz.record import Record

SAME = "same"
# Padding that makes ceil(n / s) numbers of n; with a stride of 1, as many as before.
PADDED = Formula("max(0, (ceil(n / s) - 1)*s + d*(f - 1) + 1 - n)")
MOST_SIDE = 32


class Number(NamedTuple):
    """A number of a setting that can be changed."""

    name: str  # its symbol in the formulas
    label: str
    least: int
    most: int


NUMBERS = {
    number.name: number
    for number in (
        Number("n", "Input size", 1, MOST_SIDE),
        Number("f", "Window", 1, 11),
        Number("s", "Stride", 1, 8),
        Number("p", "Padding", 0, 10),
        Number("d", "Dilation", 1, 5),
        Number("q", "Output padding", 0, 7),
        Number("C", "Channels", 1, 256),
        Number("m", "Filters", 1, 64),
    )
}


class Kind(NamedTuple):
    """One kind of operation."""

    name: str
    title: str
    changes: tuple[str, ...]  # symbols that can be changed, in order
    values: dict[str, int | str]  # of all symbols, to begin with


_PLAIN: dict[str, int | str] = {"n": 6, "f": 3, "s": 1, "p": 0, "d": 1, "q": 0, "C": 1, "m": 1}
KINDS = {
    kind.name: kind
    for kind in (
        Kind("conv", "Convolution", tuple("nfspdCm"), _PLAIN),
        Kind("pointwise", "1 × 1", tuple("nsCm"), _PLAIN | {"f": 1, "C": 32, "m": 4}),
        Kind("depthwise", "Depthwise", tuple("nfspdC"), _PLAIN | {"C": 3}),
        Kind("transposed", "Transposed", tuple("nfspdqCm"), _PLAIN | {"n": 3, "s": 2}),
        Kind("max", "Max pool", tuple("nfspdC"), _PLAIN | {"n": 4, "f": 2, "s": 2}),
        Kind("average", "Average pool", tuple("nfspC"), _PLAIN | {"n": 4, "f": 2, "s": 2}),
    )
}
POOLS = frozenset({"max", "average"})
APART = POOLS | {"depthwise"}  # each channel has an output of its own, nothing is added across them


class Setting(Record):
    """A window that moves over a square input. Make one by `setting`, which checks it."""

    kind: str
    n: int  # rows, and columns
    f: int
    s: int
    p: int | str  # zeros on each side, or "same"
    d: int
    q: int  # rows that a transposed convolution adds at the end
    C: int  # channels that come in
    m: int  # filters

    @property
    def pads(self) -> tuple[int, int]:
        """Rows of padding before and after the input."""
        if isinstance(self.p, int):
            return self.p, self.p
        whole = PADDED(self.n, self.s, self.d, self.f)
        return whole // 2, whole - whole // 2

    @property
    def out(self) -> int:
        """Rows, and columns, of what comes out."""
        return self.size.number

    @property
    def maps(self) -> int:
        """Channels of what comes out."""
        return self.C if self.kind in APART else self.m

    @property
    def covered(self) -> int:
        """Rows that the window covers."""
        return self.d * (self.f - 1) + 1

    @property
    def steps(self) -> int:
        """Positions of the window; a transposed convolution goes through the input instead."""
        return (self.n if self.kind == "transposed" else self.out) ** 2

    @cached_property
    def size(self) -> Term:
        """The size of what comes out."""
        before, after = self.pads
        if before != after:
            return Term(SIZE_UNEVEN, (self.n, (before, after), self.d, self.f, self.s))
        if self.kind == "transposed":
            return _TRANSPOSED.shape_terms(self._transposed, self._shapes, ())["n_H"]
        if self.d == 1:
            return Term(SIZE, (self.n, before, self.f, self.s))
        return Term(SIZE_DILATED, (self.n, before, self.d, self.f, self.s))

    @cached_property
    def parameters(self) -> Term:
        """Weights, without biases."""
        if self.kind in POOLS:
            return _POOLING.parameters(None, self._shapes)
        if self.kind == "transposed":
            return _TRANSPOSED.parameters(self._transposed, self._shapes)
        return _CONVOLUTION.parameters(self._convolution, self._shapes)

    @cached_property
    def macs(self) -> Term:
        """Multiplications of all steps."""
        out = ((1, self.maps, self.out, self.out),)
        if self.kind in POOLS:
            return _POOLING.macs(None, self._shapes, out)
        if self.kind == "transposed":
            return _TRANSPOSED.macs(self._transposed, self._shapes, out)
        return _CONVOLUTION.macs(self._convolution, self._shapes, out)

    @property
    def unread(self) -> tuple[int, ...]:
        """Rows of the input, counted from 0, that no window reads; columns are the same."""
        if self.kind == "transposed":
            return ()
        read = {i * self.s + a * self.d - self.pads[0] for i in range(self.out) for a in range(self.f)}
        return tuple(row for row in range(self.n) if row not in read)

    @property
    def unwritten(self) -> tuple[int, ...]:
        """Rows of a transposed convolution's output that nothing is added to; columns are the same."""
        if self.kind != "transposed":
            return ()
        written = {i * self.s + a * self.d - self.pads[0] for i in range(self.n) for a in range(self.f)}
        return tuple(row for row in range(self.out) if row not in written)

    @property
    def changed(self) -> dict[str, int | str]:
        """What is not as the kind begins."""
        kind = KINDS[self.kind]
        return {
            name: getattr(self, name) for name in kind.changes if getattr(self, name) != kind.values[name]
        }

    @property
    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        return ((1, self.C, self.n, self.n),)

    @property
    def _convolution(self) -> ConvArguments:
        before, after = self.pads
        return ConvArguments(
            channels=self.maps,
            in_channels=self.C,
            kernel=(self.f,) * 2,
            stride=(self.s,) * 2,
            padding=(before,) * 2,
            dilation=(self.d,) * 2,
            groups=self.C if self.kind in APART else 1,
            bias=False,
            padding_after=None if before == after else (after,) * 2,
        )

    @property
    def _transposed(self) -> TransposedArguments:
        return TransposedArguments(
            channels=self.m,
            in_channels=self.C,
            kernel=(self.f,) * 2,
            stride=(self.s,) * 2,
            padding=(self.pads[0],) * 2,
            dilation=(self.d,) * 2,
            groups=1,
            bias=False,
            output_padding=(self.q,) * 2,
        )

    def check(self) -> None:
        """Raise CnnvizError where no window fits, or torch knows no such operation."""
        if self.kind == "transposed":
            self._check_transposed()
        elif self.kind in POOLS and self.p != SAME:
            if self.pads[0] > self.f // 2:
                raise OptionError(
                    f"a pooling window of {self.f} x {self.f} takes a padding of at most {self.f // 2}, half "
                    "of itself: make the window larger or the padding smaller"
                )
            sizes = ((self.f,) * 2, (self.s,) * 2, (self.pads[0],) * 2, (self.d,) * 2)
            _fits(self, lambda: _POOLING.outputs(PoolArguments(*sizes, False), self._shapes))
        else:
            _fits(self, lambda: _CONVOLUTION.outputs(self._convolution, self._shapes))

    def _check_transposed(self) -> None:
        if self.p == SAME:
            raise OptionError("a transposed convolution takes its padding as a number: type one")
        if self.q and self.q >= max(self.s, self.d):
            raise OptionError(
                f"output padding must be smaller than the stride or the dilation, got {self.q}: "
                f"with a stride of {self.s} take {self.s - 1} at most"
            )
        if not 1 <= self.out <= 2 * MOST_SIDE:
            raise OptionError(
                f"{self.out} rows would come out, and 1 to {2 * MOST_SIDE} can be drawn: "
                "change the padding, the stride or the input"
            )


def _fits(of: Setting, outputs: Callable[[], object]) -> None:
    try:
        outputs()
    except CnnvizError as error:
        whole = of.n + sum(of.pads)
        padded = f", {whole} x {whole} with its padding" if whole > of.n else ""
        dilated = f" of {of.f} x {of.f} with holes covers {of.covered} x {of.covered} and" if of.d > 1 else ""
        size = "" if of.d > 1 else f" of {of.f} x {of.f}"
        raise OptionError(
            f"a window{size}{dilated} does not fit on an input of {of.n} x {of.n}{padded}: "
            "make the input or the padding larger, or the window smaller"
        ) from error


def setting(kind: str, values: Mapping[str, object] | None = None) -> Setting:
    """The setting of that kind with some numbers changed. Raises OptionError for one that cannot be."""
    if kind not in KINDS:
        raise OptionError(f"kinds are {', '.join(KINDS)}, got {kind:.30}")
    known = KINDS[kind]
    given: dict[str, int | str] = dict(known.values)
    for name, value in (values or {}).items():
        if name not in known.changes:
            can = ", ".join(known.changes)
            raise OptionError(f"{known.title.lower()} has no number called {name:.20}; it has {can}")
        given[name] = number(name, value)
    made = Setting(kind=kind, **given)  # type: ignore[arg-type]
    made.check()
    return made


def number(name: str, value: object) -> int | str:
    """One number of a setting, as a person may type it."""
    of = NUMBERS[name]
    text = str(value).strip().lower()
    if name == "p" and text in (SAME, "valid"):
        return SAME if text == SAME else 0
    if text.isascii() and text.isdigit() and len(text) < 6 and of.least <= int(text) <= of.most:
        return int(text)
    words = ", or valid, or same" if name == "p" else ""
    raise OptionError(
        f"{of.label.lower()} must be a whole number from {of.least} to {of.most}{words}, got {text:.20}"
    )


_CONVOLUTION, _TRANSPOSED, _POOLING = Convolution(), TransposedConvolution(), Pooling()
