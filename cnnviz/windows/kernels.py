"""Classic kernels by name, and those that networks learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cnnviz.windows.learned import learned_kernels

Plane = tuple[tuple[float, ...], ...]  # rows of numbers


class Kernel(NamedTuple):
    """A kernel that has a name."""

    name: str
    title: str
    made: Callable[[int], Plane]  # for a window of that size
    sizes: tuple[int, ...] = ()  # that it comes in; () stands for all


def _fixed(text: str, over: int = 1) -> Callable[[int], Plane]:
    numbers = [[int(part) for part in row.split()] for row in text.split("/")]
    rows = tuple(tuple(n / over if over > 1 else n for n in row) for row in numbers)
    return _always(rows)


def _always(rows: Plane) -> Callable[[int], Plane]:
    return lambda f: rows


def _vertical(f: int) -> Plane:
    """1 in the columns left of the middle, -1 in those right of it."""
    return tuple(tuple((2 * j < f - 1) - (2 * j > f - 1) for j in range(f)) for _ in range(f))


def _horizontal(f: int) -> Plane:
    return tuple(zip(*_vertical(f), strict=True))


def _identity(f: int) -> Plane:
    return tuple(tuple(int(i == j == (f - 1) // 2) for j in range(f)) for i in range(f))


def _blur(f: int) -> Plane:
    return ((1 / f**2,) * f,) * f


def _counting(f: int) -> Plane:
    return tuple(tuple(i * f + j for j in range(f)) for i in range(f))


_THREE = (3,)
CLASSIC = (
    Kernel("vertical", "Vertical edge", _vertical),
    Kernel("horizontal", "Horizontal edge", _horizontal),
    Kernel("sobel", "Sobel, vertical edge", _fixed("1 0 -1/2 0 -2/1 0 -1"), _THREE),
    Kernel("sobel-y", "Sobel, horizontal edge", _fixed("1 2 1/0 0 0/-1 -2 -1"), _THREE),
    Kernel("scharr", "Scharr, vertical edge", _fixed("3 0 -3/10 0 -10/3 0 -3"), _THREE),
    Kernel("scharr-y", "Scharr, horizontal edge", _fixed("3 10 3/0 0 0/-3 -10 -3"), _THREE),
    Kernel("blur", "Blur (mean)", _blur),
    Kernel("gaussian", "Gaussian, 3 × 3", _fixed("1 2 1/2 4 2/1 2 1", 16), _THREE),
    Kernel(
        "gaussian5",
        "Gaussian, 5 × 5",
        _fixed("1 4 6 4 1/4 16 24 16 4/6 24 36 24 6/4 16 24 16 4/1 4 6 4 1", 256),
        (5,),
    ),
    Kernel("sharpen", "Sharpen", _fixed("0 -1 0/-1 5 -1/0 -1 0"), _THREE),
    Kernel("emboss", "Emboss", _fixed("-2 -1 0/-1 1 1/0 1 2"), _THREE),
    Kernel("laplacian", "Laplacian", _fixed("0 1 0/1 -4 1/0 1 0"), _THREE),
    Kernel("identity", "Identity", _identity),
    Kernel("count", "0, 1, 2, …", _counting),
)
LEARNED = tuple(Kernel(one.name, one.title, _always(one.rows), (len(one.rows),)) for one in learned_kernels())
KERNELS = {kernel.name: kernel for kernel in (*CLASSIC, *LEARNED)}


def kernel(name: str, f: int) -> Plane:
    """The kernel for a window of f x f; one that is smaller stands in the middle of zeros.

    A kernel that is larger than the window loses its last rows and columns.
    """
    known = KERNELS[name]
    if not known.sizes:
        return known.made(f)
    rows = known.made(f)
    before = max(0, (f - len(rows)) // 2)
    return tuple(
        tuple(
            rows[i - before][j - before] if 0 <= i - before < len(rows) and 0 <= j - before < len(rows) else 0
            for j in range(f)
        )
        for i in range(f)
    )


def fits(name: str, f: int) -> bool:
    """Whether a window of f x f holds the whole kernel."""
    sizes = KERNELS[name].sizes
    return not sizes or min(sizes) <= f
