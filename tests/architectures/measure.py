"""What torch itself counts: the independent side of the tests of the catalogue."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def parameters(model: nn.Module) -> int:
    """How many trainable numbers the model has; a lazy layer needs one forward pass before."""
    return sum(parameter.numel() for parameter in model.parameters())


def macs(model: nn.Module, input_shape: tuple[int, ...]) -> int:
    """Multiply-accumulates of one image: torch's count of FLOPs halved. The model is on the meta device."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.empty(1, *input_shape, device="meta"))
    return int(counter.get_total_flops()) // 2
