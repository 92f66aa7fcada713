"""torch's SGD and Adam, by the functions that the classes of torch.optim call.

The classes import torch's compiler with their first step, which takes a starting process 1.6 seconds of CPU;
the functions do not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from cnnviz.training.settings import Settings

BETA1, BETA2 = 0.9, 0.999  # Kingma and Ba 2015, algorithm 1
EPSILON = 1e-8

State: TypeAlias = dict[str, list[Tensor]]  # a tensor of each parameter


class Optimizer(ABC):
    """Updates the parameters that are trained, by their gradients."""

    def __init__(self, parameters: Iterable[nn.Parameter], *, rate: float, decay: float) -> None:
        self.parameters = [p for p in parameters if p.requires_grad]
        self.rate, self.decay = rate, decay
        self.state = self._start()

    def zero_grad(self) -> None:
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """One update; a parameter without a gradient had no part in the loss, and stays."""
        used = [(i, p, p.grad) for i, p in enumerate(self.parameters) if p.grad is not None]
        if used:
            state = {name: [kept[i] for i, _, _ in used] for name, kept in self.state.items()}
            self._update([p for _, p, _ in used], [gradient for _, _, gradient in used], state)

    @abstractmethod
    def _start(self) -> State:
        """What is kept from step to step."""

    @abstractmethod
    def _update(self, weights: list[Tensor], gradients: list[Tensor], state: State) -> None:
        """Changes weights and state in place."""

    def state_dict(self) -> State:
        return dict(self.state)

    def load_state_dict(self, found: State) -> None:
        for name, kept in self.state.items():
            for mine, saved in zip(kept, found[name], strict=True):
                mine.copy_(saved)

    def _zeros(self) -> list[Tensor]:
        return [torch.zeros_like(parameter) for parameter in self.parameters]


class SGD(Optimizer):
    """Stochastic gradient descent, with or without momentum: `torch.optim.SGD`."""

    def __init__(
        self, parameters: Iterable[nn.Parameter], *, rate: float, momentum: float, decay: float
    ) -> None:
        self.momentum = momentum
        super().__init__(parameters, rate=rate, decay=decay)

    def _start(self) -> State:
        return {"momentum": self._zeros()}

    def _update(self, weights: list[Tensor], gradients: list[Tensor], state: State) -> None:
        sgd(
            weights,
            gradients,
            list(state["momentum"]),
            foreach=True,
            weight_decay=self.decay,
            momentum=self.momentum,
            lr=self.rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )


class Adam(Optimizer):
    """Adam: `torch.optim.Adam`."""

    def _start(self) -> State:
        steps = [torch.tensor(0.0) for _ in self.parameters]
        return {"first": self._zeros(), "second": self._zeros(), "steps": steps}

    def _update(self, weights: list[Tensor], gradients: list[Tensor], state: State) -> None:
        adam(
            weights,
            gradients,
            state["first"],
            state["second"],
            [],
            state["steps"],
            foreach=True,
            amsgrad=False,
            beta1=BETA1,
            beta2=BETA2,
            lr=self.rate,
            weight_decay=self.decay,
            eps=EPSILON,
            maximize=False,
        )


def optimizer(model: nn.Module, wanted: Settings) -> Optimizer:
    """The optimizer that the settings ask for."""
    rate, decay = wanted["learning_rate"], wanted["weight_decay"]
    if wanted["optimizer"] == "adam":
        return Adam(model.parameters(), rate=rate, decay=decay)
    return SGD(model.parameters(), rate=rate, momentum=wanted["momentum"], decay=decay)
