"""SGD and Adam, as torch.optim has them, for all parameters at once.

torch's own import its compiler with their first step, which takes a starting process 1.6 seconds of CPU, and
look after much that a small network has no use for. A test holds these against torch's own, step by step.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.training.settings import Settings

BETAS = (0.9, 0.999)  # Kingma and Ba 2015, algorithm 1
EPSILON = 1e-8


class Optimizer(ABC):
    """Updates the parameters that are trained, by their gradients."""

    def __init__(
        self, parameters: Iterable[nn.Parameter], *, rate: float, decay: float, moments: int
    ) -> None:
        self.parameters = [p for p in parameters if p.requires_grad]
        self.rate, self.decay = rate, decay
        self.steps = 0
        self.moments = [[torch.zeros_like(p) for p in self.parameters] for _ in range(moments)]

    def zero_grad(self) -> None:
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """One update; a parameter without a gradient had no part in the loss, and stays."""
        self.steps += 1
        used = [i for i, p in enumerate(self.parameters) if p.grad is not None]
        if not used:
            return
        weights: list[Any] = [self.parameters[i] for i in used]
        gradients: Any = [weight.grad for weight in weights]
        if self.decay:
            gradients = torch._foreach_add(gradients, weights, alpha=self.decay)  # L2, as part of the loss
        self._update(weights, gradients, [[moment[i] for i in used] for moment in self.moments])

    @abstractmethod
    def _update(self, weights: list[Any], gradients: list[Tensor], moments: list[list[Tensor]]) -> None:
        """Changes weights and moments in place."""

    def state_dict(self) -> dict[str, Any]:
        return {"steps": self.steps, "moments": self.moments}

    def load_state_dict(self, found: dict[str, Any]) -> None:
        self.steps = found["steps"]
        for mine, saved in zip(self.moments, found["moments"], strict=True):
            torch._foreach_copy_(mine, saved)


class SGD(Optimizer):
    """Gradients, or where there is momentum their decaying sum, times the learning rate."""

    def __init__(
        self, parameters: Iterable[nn.Parameter], *, rate: float, momentum: float, decay: float
    ) -> None:
        super().__init__(parameters, rate=rate, decay=decay, moments=int(momentum > 0))
        self.momentum = momentum

    def _update(self, weights: list[Any], gradients: list[Tensor], moments: list[list[Tensor]]) -> None:
        if moments:
            torch._foreach_mul_(moments[0], self.momentum)
            torch._foreach_add_(moments[0], gradients)
            gradients = moments[0]
        torch._foreach_add_(weights, gradients, alpha=-self.rate)


class Adam(Optimizer):
    """Means of the gradients over the root of means of their squares: Kingma and Ba 2015, algorithm 1."""

    def __init__(self, parameters: Iterable[nn.Parameter], *, rate: float, decay: float) -> None:
        super().__init__(parameters, rate=rate, decay=decay, moments=2)

    def _update(self, weights: list[Any], gradients: list[Tensor], moments: list[list[Tensor]]) -> None:
        (first, second), (beta1, beta2) = moments, BETAS
        torch._foreach_lerp_(first, gradients, 1 - beta1)
        torch._foreach_mul_(second, beta2)
        torch._foreach_addcmul_(second, gradients, gradients, 1 - beta2)
        scale = torch._foreach_sqrt(second)
        torch._foreach_div_(scale, math.sqrt(1 - beta2**self.steps))
        torch._foreach_add_(scale, EPSILON)
        torch._foreach_addcdiv_(weights, first, scale, -self.rate / (1 - beta1**self.steps))


def optimizer(model: nn.Module, wanted: Settings) -> Optimizer:
    """The optimizer that the settings ask for."""
    rate, decay = wanted["learning_rate"], wanted["weight_decay"]
    if wanted["optimizer"] == "adam":
        return Adam(model.parameters(), rate=rate, decay=decay)
    return SGD(model.parameters(), rate=rate, momentum=wanted["momentum"], decay=decay)
