"""The weights of a layer as pictures, and what its first filters are like."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.errors import OptionError
from cnnviz.inside.kernels import Match, best_match
from cnnviz.inside.networks import Trained


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Filters:
    """The kernels of a convolution: n_C of its output x channels of its input x f x f."""

    weights: Tensor
    colour: bool  # each filter is one picture in colour: its input is an image of three channels
    matches: tuple[Match, ...]  # of each filter to classic ones; () but for layers that see the image


def filters(network: Trained, layer: str) -> Filters:
    """The filters of a convolution. Raises OptionError for another layer."""
    module = network.module(layer)
    if not isinstance(module, nn.Conv2d):
        has = [found.name for found in network.layers if isinstance(network.module(found.name), nn.Conv2d)]
        raise OptionError(f"{layer} has no filters; the convolutions are {', '.join(has)}")
    weights = module.weight.detach()
    first = network.layers[0].name == layer
    matches: tuple[Match, ...] = ()
    if first and weights.shape[2] == weights.shape[3] > 1:
        # The image is looked at as grey for this: an edge is an edge in whatever colour.
        matches = tuple(best_match(kernel.sum(0).double().numpy()) for kernel in weights)
    return Filters(weights=weights, colour=first and weights.shape[1] == 3, matches=matches)


def of_map(network: Trained, layer: str) -> str:
    """The convolution that a layer's channels come from, channel by channel; "" where there is none.

    Its own, or the one before it where only activations, normalisation and pooling lie between.
    """
    names = [found.name for found in network.layers]
    for name in reversed(names[: names.index(network.layer(layer).name) + 1]):
        module = network.module(name)
        if isinstance(module, nn.Conv2d):
            return name
        if isinstance(module, nn.Linear):
            return ""
    return ""


def levelled(weights: Tensor) -> Tensor:
    """Filters in colour as pictures from 0 to 1, each with its own scale and zero in the middle."""
    largest = weights.abs().amax((1, 2, 3), keepdim=True).clamp(min=torch.finfo(weights.dtype).tiny)
    return weights / largest / 2 + 0.5
