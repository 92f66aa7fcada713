"""Kernels that a network learned, as data: reading them needs no torch and no training."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Learned(NamedTuple):
    """One kernel of a network's first convolution."""

    name: str
    title: str
    rows: tuple[tuple[float, ...], ...]


@cache
def learned_kernels() -> tuple[Learned, ...]:
    """The kernels of `learned.json`, whose record says which network learned them, from what, and how."""
    told = json.loads(files("cnnviz.windows").joinpath("learned.json").read_text(encoding="utf-8"))
    return tuple(
        Learned(f"learned{i}", f"Learned, no. {i}", tuple(tuple(row) for row in rows))
        for i, rows in enumerate(told["kernels"], 1)
    )
