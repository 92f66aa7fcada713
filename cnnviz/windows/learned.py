"""Kernels that networks learned: the first ones of the trained networks that come with the package."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

_SHIPPED = "cnnviz.inside"  # has the trained networks; reading their first kernels needs no torch
_KERNELS = f"{_SHIPPED}.kernels"
_LARGEST = 11


class Learned(NamedTuple):
    """One kernel of a network's first convolution."""

    name: str  # in links
    title: str  # with what it is like
    rows: tuple[tuple[float, ...], ...]


@cache
def learned_kernels() -> tuple[Learned, ...]:
    """First kernels of trained networks, for a grey input; none where no trained network is installed."""
    if find_spec(_SHIPPED) is None:
        return ()
    shipped = import_module(_KERNELS)
    return tuple(
        Learned(_slug(title), f"{title}: {like}", rows)
        for (title, rows), like in zip(shipped.learned_kernels(), shipped.likenesses(), strict=True)
        if len(rows) <= _LARGEST
    )


def _slug(title: str) -> str:
    """`lenet-5-conv1-filter-0`."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
