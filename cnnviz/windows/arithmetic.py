"""The arithmetic of a moving window: each product, and all that comes out."""

from __future__ import annotations

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
    windows = _windows(of, x)  # channels, rows, columns, f, f
    made: Array
    if of.kind == "max":
        made = windows.max(axis=(3, 4))
    elif of.kind == "average":
        made = windows.mean(axis=(3, 4))
    elif of.kind == "depthwise":
        made = np.einsum("chwab,cab->chw", windows, w[:, 0])
    else:
        made = np.einsum("chwab,kcab->khw", windows, w, optimize=True)
    return made


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


def _windows(of: Setting, x: Array) -> Array:
    """Every window: channels x rows x columns x f x f. The padding of a maximum is never the largest."""
    before, after = of.pads
    edge = -np.inf if of.kind == "max" else 0.0
    padded = np.pad(x, ((0, 0), (before, after), (before, after)), constant_values=edge)
    rows = np.arange(of.out)[:, None] * of.s + np.arange(of.f) * of.d
    found: Array = padded[:, rows[:, None, :, None], rows[None, :, None, :]]
    return found


def _transposed(of: Setting, x: Array, w: Array) -> Array:
    """Every number of the input adds its multiple of the kernel; the padding is cut off around it."""
    whole = (of.n - 1) * of.s + of.covered + of.q
    full = np.zeros((of.m, whole, whole))
    reach = np.arange(of.f) * of.d
    for i in range(of.n):
        for j in range(of.n):
            full[:, (i * of.s + reach)[:, None], j * of.s + reach] += np.einsum("c,kcab->kab", x[:, i, j], w)
    before = of.pads[0]
    return full[:, before : before + of.out, before : before + of.out]
