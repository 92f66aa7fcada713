"""An integer formula written once: called it gives the number, filled it gives the text.

    >>> size = Formula("floor((n + 2*p - f) / s) + 1")
    >>> size(227, 0, 11, 4)
    55
    >>> size.fill(227, 0, 11, 4)
    'floor((227 + 2*0 - 11) / 4) + 1'

Because both come from one string, the text that a person reads cannot disagree with the number.
"""

from __future__ import annotations

import ast
import math
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
        nodes = ast.walk(ast.parse(self.text, mode="eval"))
        names = sorted(
            (n for n in nodes if isinstance(n, ast.Name) and n.id not in ("floor", "ceil", "max", "isqrt")),
            key=lambda n: n.col_offset,
        )
        self.symbols = tuple(dict.fromkeys(n.id for n in names))
        self._pieces = _pieces(self.text, names, self.sums)

    def _compile(self) -> None:
        arguments = ", ".join(self.symbols)
        tree = ast.parse(
            f"(lambda {arguments}: 0, lambda {arguments}: [0 for {arguments} in zip({arguments})])",
            mode="eval",
        )
        body = _ExactDivision().visit(
            _Folded(self.products, self.sums).visit(ast.parse(self.text, mode="eval").body)
        )
        one, many = tree.body.elts  # type: ignore[attr-defined]
        one.body = many.body.elt = body
        code = compile(ast.fix_missing_locations(tree), "<formula>", "eval")
        self.number, self.several = eval(code, {"__builtins__": {}, **FUNCTIONS})


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


def _pieces(text: str, names: list[ast.Name], sums: list[str]) -> tuple[str | tuple[str, bool], ...]:
    """The text cut at its symbols, each with whether its numbers are shown as a sum."""
    pieces: list[str | tuple[str, bool]] = []
    end = 0
    for name in names:
        pieces += [text[end : name.col_offset], (name.id, name.id in sums)]
        end = name.col_offset + len(name.id)
    return tuple(piece for piece in [*pieces, text[end:]] if piece != "")


class _Folded(ast.NodeTransformer):
    def __init__(self, products: list[str], sums: list[str]) -> None:
        self.fold = {**dict.fromkeys(products, "prod"), **dict.fromkeys(sums, "total")}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.fold:
            return node
        return ast.Call(func=ast.Name(self.fold[node.id], ast.Load()), args=[node], keywords=[])


class _ExactDivision(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name, inside = getattr(node.func, "id", ""), node.args[0]
        if name not in ("floor", "ceil"):
            return node
        if not (isinstance(inside, ast.BinOp) and isinstance(inside.op, ast.Div)):
            raise ValueError(f"{name} takes one division, as in {name}(a / b)")
        if name == "floor":
            return ast.BinOp(inside.left, ast.FloorDiv(), inside.right)
        negative = ast.UnaryOp(ast.USub(), inside.left)
        return ast.UnaryOp(ast.USub(), ast.BinOp(negative, ast.FloorDiv(), inside.right))


def _shown(value: Number, *, as_sum: bool) -> str:
    if isinstance(value, tuple):
        return (" + " if as_sum else "*").join(_shown(v, as_sum=False) for v in value) or (
            "0" if as_sum else "1"
        )
    return str(value) if value >= 0 else f"({value})"
