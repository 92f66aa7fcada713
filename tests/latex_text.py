"""LaTeX of formulas read back as a person would: the arithmetic is done anew, from the LaTeX alone."""

from __future__ import annotations

import math
import re
from fractions import Fraction


def worked_out(latex: str) -> Fraction:
    """What the arithmetic gives, exactly. Raises ValueError for anything that is not arithmetic."""
    text = latex.replace("{,}", "")
    tokens = re.findall(
        r"\\left\\lfloor|\\right\\rfloor|\\left\\lceil|\\right\\rceil|\\left\(|\\right\)"
        r"|\\[a-z]+|\d+(?:\.\d+)?|[-+(){},_]|\S",
        text,
    )
    reader = _Reader(tokens)
    value = reader.sum()
    if reader.tokens:
        raise ValueError(f"left over: {reader.tokens} of {latex}")
    return value


def chain(latex: str) -> list[Fraction]:
    """Each side of `a = b = c`, worked out."""
    return [worked_out(side) for side in latex.split(" = ")]


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def take(self, *wanted: str) -> str:
        token = self.tokens.pop(0)
        if wanted and token not in wanted:
            raise ValueError(f"got {token}, needs {wanted}")
        return token

    def next(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def sum(self) -> Fraction:
        value = self.product()
        while self.next() in ("+", "-"):
            sign = 1 if self.take() == "+" else -1
            value += sign * self.product()
        return value

    def product(self) -> Fraction:
        value = self.atom()
        while self.next() == r"\cdot":
            self.take()
            value *= self.atom()
        return value

    def atom(self) -> Fraction:
        token = self.take()
        if token == "-":
            return -self.atom()
        if token in ("(", r"\left("):
            value = self.sum()
            self.take(")", r"\right)")
            return value
        if token in (r"\left\lfloor", r"\left\lceil"):
            value = self.sum()
            self.take(r"\right\rfloor" if "floor" in token else r"\right\rceil")
            return Fraction(math.floor(value) if "floor" in token else math.ceil(value))
        if token == r"\dfrac":
            above = self.braced()
            return above / self.braced()
        if token == r"\max":
            self.take("(")
            values = [self.sum()]
            while self.next() == ",":
                self.take()
                values.append(self.sum())
            self.take(")")
            return max(values)
        if token == r"\underbrace":
            return self.run()
        return Fraction(token)

    def braced(self) -> Fraction:
        self.take("{")
        value = self.sum()
        self.take("}")
        return value

    def run(self) -> Fraction:
        r"""`{32 + \cdots + 32}_{24}`: 24 times 32."""
        self.take("{")
        one = self.product()
        for wanted in ("+", r"\cdots", "+"):
            self.take(wanted)
        if self.product() != one:
            raise ValueError("a run of unequal terms")
        for wanted in ("}", "_"):
            self.take(wanted)
        return one * self.braced()
