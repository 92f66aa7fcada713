"""The laboratory's own networks, described as the catalogue describes its: small, built to show one thing.

Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping

from cnnviz.architectures import CATALOGUE, Network, find, network
from cnnviz.architectures.architecture import Architecture, Option, Variant, near_misses
from cnnviz.architectures.entries.common import DROPOUT, IN_CHANNELS, NUM_CLASSES
from cnnviz.architectures.entries.figures import ACTIVATION, BATCH_NORM
from cnnviz.errors import UnknownNameError

BLOCKS = (
    "conv5x5",
    "reduced5x5",
    "inception_naive",
    "inception",
    "residual_basic",
    "residual_bottleneck",
)
DEPTH = Option(name="depth", kind="int", default=6, minimum=1, maximum=60, help="3x3 convolutions")
WIDTH = Option(
    name="width", kind="int", default=16, minimum=1, maximum=256, help="Channels of every convolution"
)
BLOCK = Option(
    name="block",
    kind="choice",
    default="conv5x5",
    choices=BLOCKS,
    help="What the network is made of: reduced5x5 has a 1x1 convolution before each 5x5",
)
BLOCK_COUNT = Option(name="blocks", kind="int", default=3, minimum=1, maximum=12, help="Blocks of that kind")
BLOCK_WIDTH = Option(
    name="width",
    kind="int",
    default=32,
    minimum=8,
    maximum=256,
    step=8,
    help="Channels that go into a block and come out of it",
)


def _laboratory(name: str, title: str, idea: str, build: str, options: tuple[Option, ...]) -> Architecture:
    variant = Variant(
        name="lab",
        source="cnnviz, for the training laboratory",
        link="",
        build=build,
        input_shape=(1, 8, 8),  # scikit-learn's digits
    )
    return Architecture(
        name=name,
        title=title,
        family="Laboratory",
        year=2026,
        authors="cnnviz",
        paper="",
        link="",
        idea=idea,
        variants=(variant,),
        options=(NUM_CLASSES.replace(default=10), IN_CHANNELS.replace(default=1), *options),
    )


ARCHITECTURES: tuple[Architecture, ...] = (
    _laboratory(
        "plain_convolutions",
        "Plain convolutions",
        "3x3 convolutions one after the other, halved twice on the way, and one fully connected layer. "
        "Small enough to be trained in seconds with any activation, learning rate or batch size.",
        "cnnviz.training.networks.plain:PlainConvolutions",
        (
            DEPTH,
            WIDTH,
            ACTIVATION,
            BATCH_NORM.replace(default=False),
            DROPOUT.replace(default=0.0),
        ),
    ),
    _laboratory(
        "block_network",
        "Network of blocks",
        "Three blocks of one kind between a 3x3 convolution and an average over each map. "
        "Only the kind of block changes, so that what it costs can be set against what it learns.",
        "cnnviz.training.networks.bottleneck:BlockNetwork",
        (BLOCK, BLOCK_COUNT, BLOCK_WIDTH),
    ),
)
LABORATORY: dict[str, Architecture] = {architecture.name: architecture for architecture in ARCHITECTURES}


def network_of(name: str, options: Mapping[str, object] | None = None) -> Network:
    """A network of the laboratory or the catalogue with these options, checked.

    Raises UnknownNameError and OptionError.
    """
    if name in LABORATORY:
        return network(LABORATORY[name], "", options)
    known = {architecture.name for architecture in CATALOGUE}
    if name.partition("@")[0] not in known:
        near = near_misses(name, LABORATORY)
        if near.startswith(": did"):
            raise UnknownNameError(f"there is no network {name!r}{near}")
    return find(name, options)
