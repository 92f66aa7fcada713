"""Small pieces that several families use."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

# What an `activation` option may name; each makes a fresh module, so that every layer has a name of its own.
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


def first_linear(in_features: int, out_features: int, *, fit_input: bool) -> nn.Linear:
    """The fully connected layer that follows the last feature map.

    Published networks fix its `in_features`, and with it their input size. With `fit_input` it takes
    whatever comes, so that the network can be drawn at any size; at the published size both are the same.
    """
    if fit_input:
        return nn.LazyLinear(out_features)
    return nn.Linear(in_features, out_features)
