"""MathML of formulas read back as a person would: the arithmetic is done anew, from the elements alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element, fromstring

SIGNS = {"·": "*", "−": "-", "+": "+", "(": "(", ")": ")", ",": ","}
ROUNDED = {"⌊": "floor", "⌈": "ceil", "(": ""}


def sides(mathml: str) -> list[Fraction]:
    """Each side of `a = b = c`, worked out. Raises ValueError for anything that is not arithmetic."""
    found: list[list[Element]] = [[]]
    for element in fromstring(mathml):
        if element.text == "=":
            found.append([])
        else:
            found[-1].append(element)
    return [_worked_out(_written(elements)) for elements in found]


def _worked_out(text: str) -> Fraction:
    known = {"F": Fraction, "floor": math.floor, "ceil": math.ceil, "max": max}
    return Fraction(eval(text, {"__builtins__": {}}, known))


def _written(elements: Sequence[Element]) -> str:
    return "".join(map(_expression, elements))


def _expression(element: Element) -> str:
    children = list(element)
    match element.tag:
        case "mn":
            return f"F('{(element.text or '').replace(',', '')}')"
        case "mo" if element.text in SIGNS:
            return SIGNS[element.text or ""]
        case "mi" if element.text == "max":
            return "max"
        case "mfrac":
            above, below = map(_expression, children)
            return f"(({above})/({below}))"
        case "mrow" if len(children) > 2 and children[0].text in ROUNDED:
            return f"{ROUNDED[children[0].text or '']}({_written(children[1:-1])})"
        case "mrow":
            return _written(children)
        case "munder":  # 32 + ⋯ + 32 over its count
            brace, count = children
            one, *_, last = list(brace[0])
            if _expression(one) != _expression(last) or brace[1].text != "⏟":
                raise ValueError("a run of unequal terms")
            return f"({_expression(one)}*{_expression(count)})"
    raise ValueError(f"{element.tag} {element.text} is not arithmetic")
