"""What the adapters share: their type, and how a table of them is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.capture.call import Call
from cnnviz.formulas.rule import Nothing

Adapter = Callable[..., Call | None]
NOTHING = Nothing()


def every(value: Any, axes: int) -> tuple[int, ...]:
    """One number for each axis, from an int or a sequence as torch takes them."""
    if isinstance(value, int):
        return (value,) * axes
    values = tuple(value)
    return values * axes if len(values) == 1 else values


def add(table: dict[Any, Adapter], adapter: Adapter, *functions: Any) -> None:
    """Let an adapter stand for these functions."""
    for function in functions:
        table[function] = adapter


def named(name: str, *homes: Any) -> list[Any]:
    """What goes by this name in torch, its functional module and on tensors."""
    return [getattr(home, name) for home in (homes or (torch, F, Tensor)) if hasattr(home, name)]
