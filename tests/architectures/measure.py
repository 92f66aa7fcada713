"""What torch itself counts and passes on: the independent side of the tests of the catalogue."""

from __future__ import annotations

import functools

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.architectures import find


def build(name: str, variant: str = "", **options: object) -> nn.Module:
    """A network of the catalogue on the meta device."""
    with torch.device("meta"):
        return find(f"{name}@{variant}" if variant else name, options).build()


def parameters(model: nn.Module) -> int:
    """How many trainable numbers the model has; a lazy layer needs one forward pass before."""
    return sum(parameter.numel() for parameter in model.parameters())


def macs(model: nn.Module, input_shape: tuple[int, ...]) -> int:
    """Multiply-accumulates of one image: torch's count of FLOPs halved. The model is on the meta device."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.empty(1, *input_shape, device="meta"))
    return int(counter.get_total_flops()) // 2


@functools.cache
def counted(name: str, variant: str = "") -> tuple[int, int]:
    """Parameters and MACs of a variant at its own input."""
    model = build(name, variant)
    multiplications = macs(model, find(f"{name}@{variant}" if variant else name).input_shape)
    return parameters(model), multiplications  # in this order: the pass gives lazy layers their numbers


def shapes(model: nn.Module, input_shape: tuple[int, ...], names: str) -> list[tuple[int, ...]]:
    """The output shapes of the named submodules in one forward pass."""
    seen: dict[str, tuple[int, ...]] = {}
    for name in names.split():
        model.get_submodule(name).register_forward_hook(
            lambda _module, _inputs, output, name=name: seen.update({name: tuple(output.shape[1:])})
        )
    model(torch.empty(1, *input_shape, device="meta"))
    return [seen[name] for name in names.split()]
