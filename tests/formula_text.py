"""Formula texts read back as a person would: the arithmetic is done anew, from the text alone."""

from __future__ import annotations

import ast
import math
import operator
from fractions import Fraction

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
FUNCTIONS = {"floor": math.floor, "ceil": math.ceil, "max": max}


def equations(text: str) -> list[tuple[str, Fraction, int]]:
    """Each `name = arithmetic = number` of a text: the name, what the arithmetic gives, the number."""
    found = []
    for part in text.split("; ") if text else []:
        for piece in part.split(", j_"):
            name, *rest = piece.split(" = ")
            found.append((name, worked_out(rest[0]), int(rest[-1].replace(",", ""))))
    return found


def worked_out(arithmetic: str) -> Fraction:
    """What the arithmetic gives, exactly."""
    text = arithmetic.replace(",", "") if "(" not in arithmetic else arithmetic
    return _value(ast.parse(text, mode="eval").body)


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant):
        return Fraction(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return Fraction(FUNCTIONS[node.func.id](*map(_value, node.args)))
    raise ValueError(ast.dump(node))
