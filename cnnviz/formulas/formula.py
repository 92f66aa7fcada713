"""An integer formula written once: called it gives the number, filled it gives the text.

    >>> size = Formula("floor((n + 2*p - f) / s) + 1")
    >>> size(227, 0, 11, 4)
    55
    >>> size.fill(227, 0, 11, 4)
    'floor((227 + 2*0 - 11) / 4) + 1'

Because both come from one string, the text that a person reads cannot disagree with the number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

Number = int | tuple[int, ...]  # a tuple stands for its product or its sum, as the formula declares


class Formula:
    """A formula over whole numbers; the symbols are its arguments, in order of first appearance.

    `floor(a / b)` and `ceil(a / b)` are exact integer divisions, `isqrt(a)` is the square root, rounded down
    and exact. A symbol named in `products` takes a tuple and is shown as `11*11`; one named in `sums` takes a
    tuple and is shown as `64 + 128`.

    Attributes:
        number: the compiled formula, a function of the symbols.
        several: the same for several axes at once, a function of one sequence for each symbol.
    """

    __slots__ = ("_pieces", "number", "products", "several", "sums", "symbols", "text")

    text: str
    symbols: tuple[str, ...]
    number: Callable[..., int]
    several: Callable[..., list[int]]
    _pieces: tuple[str | tuple[str, bool], ...]

    def __init__(self, text: str, *, products: str = "", sums: str = "") -> None:
        self.text, self.products, self.sums = text, products.split(), sums.split()

    def __getattr__(self, name: str) -> Any:
        """Compiled when first asked for: a process that prints one trace needs a few formulas of many."""
        if name in ("symbols", "_pieces"):
            self._read()
        elif name in ("number", "several"):
            self._compile()
        else:
            raise AttributeError(name)
        return getattr(self, name)

    def __call__(self, *values: Number) -> int:
        return self.number(*values)

    def __repr__(self) -> str:
        return f"Formula({self.text!r})"

    def fill(self, *values: Number) -> str:
        """The formula with the numbers put in."""
        given = dict(zip(self.symbols, values, strict=True))
        return "".join(p if isinstance(p, str) else _shown(given[p[0]], as_sum=p[1]) for p in self._pieces)

    def _read(self) -> None:
        names = [found for found in NAME.finditer(self.text) if found[0] not in (*FUNCTIONS, "floor", "ceil")]
        self.symbols = tuple(dict.fromkeys(found[0] for found in names))
        pieces: list[str | tuple[str, bool]] = []
        end = 0
        for found in names:
            pieces += [self.text[end : found.start()], (found[0], found[0] in self.sums)]
            end = found.end()
        self._pieces = tuple(piece for piece in [*pieces, self.text[end:]] if piece != "")

    def _compile(self) -> None:
        folds = dict.fromkeys(self.products, "prod") | dict.fromkeys(self.sums, "total")
        body = NAME.sub(
            lambda found: f"{folds[found[0]]}({found[0]})" if found[0] in folds else found[0],
            _exact(self.text),
        )
        symbols = "".join(f"{symbol}, " for symbol in self.symbols)
        code = f"(lambda {symbols}: {body}, lambda {symbols}: [{body} for {symbols} in zip({symbols})])"
        self.number, self.several = eval(code, {"__builtins__": {}, **FUNCTIONS})


NAME = re.compile(r"[A-Za-z_]\w*")
# All that a compiled formula can reach; only formulas written in this package are ever compiled.
FUNCTIONS: dict[str, Any] = {"prod": math.prod, "total": sum, "max": max, "isqrt": math.isqrt, "zip": zip}


class Term(NamedTuple):
    """A formula and the numbers to put into it."""

    formula: Formula
    values: tuple[Number, ...] = ()

    @property
    def number(self) -> int:
        return self.formula.number(*self.values)

    @property
    def text(self) -> str:
        """`(11*11*3 + 1) * 96 = 34,944`, or the number alone where there is nothing to work out."""
        filled, number = self.formula.fill(*self.values), self.number
        return f"{number:,}" if filled == str(number) else f"{filled} = {number:,}"


def _exact(text: str) -> str:
    """The formula with exact divisions: `(a // b)` for `floor(a / b)`, `(-(-a // b))` for `ceil(a / b)`."""
    starts = [(text.index(f"{name}("), name) for name in ("floor", "ceil") if f"{name}(" in text]
    if not starts:
        return text
    begin, name = min(starts)
    start = end = begin + len(name) + 1
    depth, operators = 1, []  # those outside of inner parentheses
    while depth:
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 1 and text[end] in "+-*/":
            operators.append(end)
        end += 1
    if [text[place] for place in operators] != ["/"]:
        raise ValueError(f"{name} takes one division, as in {name}(a / b)")
    above = _exact(text[start : operators[0]].strip())
    below = _exact(text[operators[0] + 1 : end - 1].strip())
    divided = f"({above} // {below})" if name == "floor" else f"(-(-{above} // {below}))"
    return text[:begin] + divided + _exact(text[end:])


def _shown(value: Number, *, as_sum: bool) -> str:
    if isinstance(value, tuple):
        return (" + " if as_sum else "*").join(_shown(v, as_sum=False) for v in value) or (
            "0" if as_sum else "1"
        )
    return str(value) if value >= 0 else f"({value})"
