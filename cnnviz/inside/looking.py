"""One image in one trained network: what it says, and what every layer makes of the image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from cnnviz.errors import OptionError
from cnnviz.inside.hooks import Change, Pass, passing
from cnnviz.inside.networks import Trained
from cnnviz.inside.pictures import Picture

NOTHING = Change()
LARGEST_FACTOR = 4.0  # of a channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A class, and how sure the network is of it."""

    label: str
    index: int
    probability: float
    score: float  # before the softmax


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A forward pass that is over."""

    network: Trained
    given: Tensor  # what the network got: 1 x n_C x n_H x n_W
    outputs: dict[str, Tensor]  # of each module, without the batch axis
    inputs: dict[str, Tensor]
    scores: Tensor  # of each class
    change: Change = NOTHING

    @cached_property
    def predictions(self) -> tuple[Prediction, ...]:
        """All classes, the likeliest first."""
        return ranked(self.network, self.scores)

    def maps(self, layer: str) -> Tensor:
        """What a layer makes of the image: n_C x n_H x n_W; of a fully connected layer n_C x 1 x 1."""
        output = self.outputs[self.network.layer(layer).name]
        return output if output.dim() == 3 else output.view(-1, 1, 1)

    def order(self, layer: str) -> list[int]:
        """The channels of a layer, the most active first: by the mean size of their values."""
        return activity(self.maps(layer)).argsort(descending=True, stable=True).tolist()


def activity(maps: Tensor) -> Tensor:
    """How active each channel is: the mean of its values without their signs."""
    return maps.abs().mean((1, 2))


def ranked(network: Trained, scores: Tensor) -> tuple[Prediction, ...]:
    shares, plain = scores.softmax(0).tolist(), scores.tolist()
    return tuple(
        Prediction(label=network.classes[i], index=i, probability=shares[i], score=plain[i])
        for i in scores.argsort(descending=True, stable=True).tolist()
    )


def look(network: Trained, picture: Picture, change: Change = NOTHING) -> Seen:
    """A forward pass in which every layer's output is kept. Raises OptionError for an impossible change."""
    checked(network, change)
    given = network.normalised(picture.pixels(network.shape, network.scaling))[None]
    with torch.inference_mode(), passing(Pass(change=change)) as it:
        scores = network.model(given)[0]
    return Seen(
        network=network,
        given=given,
        outputs={name: kept[0] for name, kept in it.kept.items()},
        inputs={name: kept[0] for name, kept in it.given.items()},
        scores=scores,
        change=change,
    )


def predicted(network: Trained, given: Tensor, change: Change = NOTHING) -> tuple[Prediction, ...]:
    """What the network says to a normalised image, and nothing else."""
    with torch.inference_mode(), passing(Pass(keep=lambda _: False, change=checked(network, change))):
        return ranked(network, network.model(given)[0])


def checked(network: Trained, change: Change) -> Change:
    """The change. Raises OptionError where the network has no such layer, channel or block."""
    for name, channel, factor in change.scales:
        channels = network.layer(name).output_shapes[0][1]
        if not 0 <= channel < channels:
            raise OptionError(f"{name} has channels 0 to {channels - 1}, got {channel}")
        if not -LARGEST_FACTOR <= factor <= LARGEST_FACTOR:
            raise OptionError(
                f"a channel is scaled by {-LARGEST_FACTOR:g} to {LARGEST_FACTOR:g}, got {factor:g}"
            )
    for block in change.without_shortcut:
        if block not in network.blocks:
            has = f"its blocks are {', '.join(network.blocks)}" if network.blocks else "it has no shortcuts"
            raise OptionError(f"{network.title} has no block {block!r} with a shortcut; {has}")
    return change
