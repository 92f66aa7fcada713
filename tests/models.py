"""What several tests build models from, and count them with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import cnnviz


class Written(nn.Module):
    """A model from its parts and one function: forward(model, *inputs)."""

    def __init__(self, function: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *inputs: Tensor, **named: Tensor) -> Any:
        return self.function(self, *inputs, **named)


def flop_counter_macs(model: nn.Module, *inputs: Tensor) -> int:
    """Half of torch's count, in training mode so that no fused kernel hides its products."""
    training = model.training
    with FlopCounterMode(display=False) as counter:
        model.train()(*inputs)
    model.train(training)
    return int(counter.get_total_flops()) // 2


def ops(trace: cnnviz.Trace) -> list[str]:
    return [layer.op for layer in trace.layers]
