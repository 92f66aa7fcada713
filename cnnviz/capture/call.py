"""What an adapter makes of one call into torch: the rule that knows it, and what that rule needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor


def only(tensors: Sequence[Tensor]) -> Any:
    """The one output of an operation, as torch returns it."""
    return tensors[0]


class Call(NamedTuple):
    """One operation, recognised."""

    op: str
    rule: str
    arguments: Any
    tensors: tuple[Tensor, ...]  # operands
    weights: tuple[Tensor | None, ...] = ()  # parameters it uses besides; computed ones become operands
    in_place: bool = False
    alias: bool = False
    dtype: torch.dtype | None = None  # of the output, where it is not the first operand's
    pack: Callable[[Sequence[Tensor]], Any] = only  # outputs as the caller expects them


class NeedsValuesError(Exception):
    """The forward pass asks for the values of a tensor, which a shape trace does not have."""
