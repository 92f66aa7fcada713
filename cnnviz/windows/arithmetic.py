"""The arithmetic of a moving window: each product, and all that comes out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.windows.setting import APART, POOLS, Setting

Array = NDArray[np.float64]


class Product(NamedTuple):
    """One number under the window with its weight."""

    channel: int
    row: int  # of the input; outside of it lies padding
    column: int
    value: float
    weight: float  # 1 in a pooling window

    @property
    def product(self) -> float:
        return self.value * self.weight


def outputs(of: Setting, x: Array, w: Array) -> Array:
    """What comes out: maps x rows x columns. `x` and `w` are what `input_array` and `weight_array` give."""
    if of.kind == "transposed":
        return _transposed(of, x, w)
    made = np.full((of.maps, of.out, of.out), -np.inf if of.kind == "max" else 0.0)
    for a, b, seen in _places(of, x):
        if of.kind == "max":
            np.maximum(made, seen, out=made)
        elif of.kind == "average":
            made += seen
        elif of.kind == "depthwise":
            made += seen * w[:, 0, a, b, None, None]
        else:
            made += np.tensordot(w[:, :, a, b], seen, 1)
    return made / of.f**2 if of.kind == "average" else made


def products(of: Setting, x: Array, w: Array, *, step: int, out: int = 0) -> tuple[Product, ...]:
    """Each product behind one number of output `out`, in the order in which they are read.

    For a transposed convolution, what one number of the input adds to that output.
    """
    if of.kind == "transposed":
        i, j = divmod(step, of.n)
        cells = [(c, a, b) for c in range(of.C) for a in range(of.f) for b in range(of.f)]
        return tuple(Product(c, i, j, float(x[c, i, j]), float(w[out, c, a, b])) for c, a, b in cells)
    i, j = divmod(step, of.out)
    before = of.pads[0]
    found = []
    for c in [out] if of.kind in APART else range(of.C):
        for a in range(of.f):
            for b in range(of.f):
                row, column = i * of.s + a * of.d - before, j * of.s + b * of.d - before
                inside = 0 <= row < of.n and 0 <= column < of.n
                value = float(x[c, row, column]) if inside else -np.inf if of.kind == "max" else 0.0
                found.append(Product(c, row, column, value, _weight(of, w, out, c, a, b)))
    return tuple(found)


def _weight(of: Setting, w: Array, out: int, c: int, a: int, b: int) -> float:
    return 1.0 if of.kind in POOLS else float(w[out, 0 if of.kind == "depthwise" else c, a, b])


def _places(of: Setting, x: Array) -> Iterator[tuple[int, int, Array]]:
    """Each place in the window, and what is seen there at every step: channels x rows x columns.

    All windows at once would be f * f times the input. The padding of a maximum is never the largest.
    """
    before, after = of.pads
    edge = -np.inf if of.kind == "max" else 0.0
    padded = np.pad(x, ((0, 0), (before, after), (before, after)), constant_values=edge)
    width = (of.out - 1) * of.s + 1
    for a in range(of.f):
        for b in range(of.f):
            top, left = a * of.d, b * of.d
            yield a, b, padded[:, top : top + width : of.s, left : left + width : of.s]


def _transposed(of: Setting, x: Array, w: Array) -> Array:
    """Every number of the input adds its multiple of the kernel; the padding is cut off around it."""
    whole = (of.n - 1) * of.s + of.covered + of.q
    full = np.zeros((of.m, whole, whole))
    width = (of.n - 1) * of.s + 1
    for a in range(of.f):
        for b in range(of.f):
            top, left = a * of.d, b * of.d
            full[:, top : top + width : of.s, left : left + width : of.s] += np.tensordot(w[:, :, a, b], x, 1)
    before = of.pads[0]
    return full[:, before : before + of.out, before : before + of.out]
