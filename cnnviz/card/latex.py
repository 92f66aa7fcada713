r"""The rules' formulas in mathematical type: the text that gives a number, as LaTeX, with the numbers in it.

    >>> term_latex(Term(Formula("floor((n + 2*p - f) / s) + 1"), (227, 0, 11, 4)))
    '\\left\\lfloor\\dfrac{227 + 2 \\cdot 0 - 11}{4}\\right\\rfloor + 1 = 55'

Only what KaTeX knows is used: it is what draws formulas in the app and in notebooks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from cnnviz.formulas import Formula, Term
from cnnviz.formulas.formula import Number

TIMES = r" \cdot "
LONG_RUN = 3  # more equal terms of a sum than this are written once, with how many there are
_SUM, _PRODUCT, _ATOM = 1, 2, 3  # how tightly a piece of LaTeX holds together


class _Piece(NamedTuple):
    text: str
    binding: int


def term_latex(term: Term) -> str:
    r"""`\left(11 \cdot 11 \cdot 3 + 1\right) \cdot 96 = 34{,}944`, or the number alone."""
    filled, number = filled_latex(term), number_latex(term.number)
    return number if filled == number else f"{filled} = {number}"


def quantity_latex(symbols: Sequence[str], formula: str, unit: str) -> str:
    """What has these symbols, with the result, after the last equals sign, in bold."""
    before, sign, result = formula.rpartition(" = ")
    after = rf"\;\text{{{unit}}}" if unit else ""
    return rf"{' = '.join(symbols)} = {before}{sign}\mathbf{{{result}}}{after}"


def with_symbols(sentence: str, drawn: Callable[[str], str]) -> str:
    """A sentence with its symbols, n_C, a[l], z[l+2] and W_s, as `drawn` makes them of LaTeX."""
    sentence = re.sub(r"\b([az])\[(l(?:[+-]\d+)?)\]", lambda m: drawn(f"{m[1]}^{{[{m[2]}]}}"), sentence)
    return re.sub(r"\b(n_[HWC]|W_s)\b", lambda m: drawn(m[1]), sentence)


def filled_latex(term: Term) -> str:
    """The formula with the numbers put in, without the result."""
    given = dict(zip(term.formula.symbols, term.values, strict=True))
    pieces = {name: _value(value, as_sum=name in term.formula.sums) for name, value in given.items()}
    return _rendered(_tree(term.formula.text), pieces, juxtapose=False).text


def symbols_latex(formula: Formula, names: Mapping[str, str] | None = None) -> str:
    """The formula with its symbols, each shown as `names` has it."""
    pieces = {name: _named((names or {}).get(name, name)) for name in formula.symbols}
    return _rendered(_tree(formula.text), pieces, juxtapose=True).text


def text_latex(arithmetic: str) -> str:
    r"""Arithmetic that was filled in as text, in mathematical type. Raises ValueError for any other text.

    >>> text_latex("(11*11*3 + 1) * 96")
    '(11 \\cdot 11 \\cdot 3 + 1) \\cdot 96'
    """
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", arithmetic)
    try:
        return _rendered(ast.parse(plain, mode="eval").body, {}, juxtapose=False).text
    except (SyntaxError, KeyError) as error:
        raise ValueError(f"no arithmetic: {arithmetic}") from error


def number_latex(value: int | float) -> str:
    """`34{,}944`: thousands apart, without the space that LaTeX puts behind a comma."""
    return f"{value:,}".replace(",", "{,}")


def shape_latex(sizes: Sequence[int]) -> str:
    r"""`28 \times 28 \times 192`."""
    return r" \times ".join(number_latex(n) for n in sizes)


def words_latex(words: str) -> str:
    """Words inside a formula; whatever a module is named, nothing of it is read as a command."""
    special = {"\\": r"\backslash ", "^": r"\hat{}", "~": r"\sim "}
    safe = "".join(
        f"}}{special[c]}\\text{{" if c in special else f"\\{c}" if c in "#$%&_{}" else c for c in words
    )
    return f"\\text{{{safe}}}"


@lru_cache(maxsize=256)
def _tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _value(value: Number, *, as_sum: bool) -> _Piece:
    if not isinstance(value, tuple):
        return _Piece(number_latex(value) if value >= 0 else f"({number_latex(value)})", _ATOM)
    if len(value) == 1:
        return _value(value[0], as_sum=False)
    if as_sum:
        return _Piece(sum_latex(value) if value else "0", _SUM)
    return _Piece(
        TIMES.join(_value(n, as_sum=False).text for n in value) or "1", _PRODUCT if value else _ATOM
    )


def sum_latex(values: Sequence[int]) -> str:
    r"""`64 + 128 + 32 + 32`; a long run of equal terms as `\underbrace{32 + \cdots + 32}_{24}`."""
    parts: list[str] = []
    for n, run in groupby(values):
        count = len(list(run))
        text = number_latex(n)
        many = rf"\underbrace{{{text} + \cdots + {text}}}_{{{count}}}"
        parts += [many] if count > LONG_RUN else [text] * count
    return " + ".join(parts)


def _named(name: str) -> _Piece:
    return _Piece(name, _PRODUCT if TIMES in name else _ATOM)


def _rendered(node: ast.expr, pieces: Mapping[str, _Piece], *, juxtapose: bool) -> _Piece:
    def part(inner: ast.expr) -> _Piece:
        return _rendered(inner, pieces, juxtapose=juxtapose)

    if isinstance(node, ast.Name):
        return pieces[node.id]
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return _Piece(number_latex(node.value), _ATOM)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _Piece(f"(-{_held(part(node.operand), _PRODUCT)})", _ATOM)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "max":
            return _Piece(rf"\max({', '.join(part(inner).text for inner in node.args)})", _ATOM)
        if node.func.id == "isqrt":
            return _Piece(rf"\left\lfloor\sqrt{{{part(node.args[0]).text}}}\right\rfloor", _ATOM)
        division = node.args[0]
        if node.func.id in ("floor", "ceil") and isinstance(division, ast.BinOp):
            fraction = rf"\dfrac{{{part(division.left).text}}}{{{part(division.right).text}}}"
            return _Piece(rf"\left\l{node.func.id}{fraction}\right\r{node.func.id}", _ATOM)
    if isinstance(node, ast.BinOp):
        left, right = part(node.left), part(node.right)
        if isinstance(node.op, ast.Add):
            return _Piece(f"{left.text} + {right.text}", _SUM)
        if isinstance(node.op, ast.Sub):
            return _Piece(f"{left.text} - {_held(right, _PRODUCT)}", _SUM)
        if isinstance(node.op, ast.Mult):
            # what the formula puts in parentheses stays so: positions times (work at each of them)
            grouped = isinstance(node.right, ast.BinOp)
            times = "" if juxtapose and isinstance(node.left, ast.Constant) else TIMES
            after = _wrapped(right.text) if grouped else _held(right, _PRODUCT)
            return _Piece(f"{_held(left, _PRODUCT)}{times}{after}", _PRODUCT)
    raise ValueError(f"no LaTeX for {ast.unparse(node)}")


def _held(piece: _Piece, binding: int) -> str:
    return piece.text if piece.binding >= binding else _wrapped(piece.text)


def _wrapped(text: str) -> str:
    return rf"\left({text}\right)" if "frac" in text or "brace" in text else f"({text})"
