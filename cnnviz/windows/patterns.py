"""Inputs by name: small pictures of whole numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Plane = tuple[tuple[float, ...], ...]


class Pattern(NamedTuple):
    """An input that has a name."""

    name: str
    title: str
    made: Callable[[int], Plane]  # for an input of that size


def _of(value: Callable[[int, int, int], int]) -> Callable[[int], Plane]:
    return lambda n: tuple(tuple(value(i, j, n) for j in range(n)) for i in range(n))


def _circle(i: int, j: int, n: int) -> int:
    """A ring around the middle, a third of the side wide at its outer edge."""
    distance = (2 * i - n + 1) ** 2 + (2 * j - n + 1) ** 2
    return 9 * ((0.45 * n) ** 2 <= distance <= (0.85 * n) ** 2)


def _square(i: int, j: int, n: int) -> int:
    return 9 * (min(i, j, n - 1 - i, n - 1 - j) >= max(1, n // 4))


PATTERNS = {
    pattern.name: pattern
    for pattern in (
        Pattern("edge", "Bright to dark", _of(lambda i, j, n: 10 * (2 * j < n))),
        Pattern("dark", "Dark to bright", _of(lambda i, j, n: 10 * (2 * j >= n))),
        Pattern("corners", "Bright and dark corners", _of(lambda i, j, n: 10 * ((2 * i < n) == (2 * j < n)))),
        Pattern("square", "Square", _of(_square)),
        Pattern("ring", "Ring", _of(_circle)),
        Pattern("diagonal", "Diagonal", _of(lambda i, j, n: 9 * (i == j))),
        Pattern("checks", "Checks", _of(lambda i, j, n: 9 * ((i + j) % 2))),
        Pattern("ramp", "Ramp", _of(lambda i, j, n: j)),
        Pattern("count", "0, 1, 2, …", _of(lambda i, j, n: i * n + j)),
        Pattern("blank", "Empty, to draw on", _of(lambda i, j, n: 0)),
    )
}
