"""Networks that differ from tool to tool under one name: what every reader trips over once."""

from __future__ import annotations

from typing import NamedTuple


class Namesakes(NamedTuple):
    """Several networks that go by one name."""

    name: str
    networks: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...]  # names of the catalogue, with options
    why: str


_HEADS = (("aux_heads", True),)
NAMESAKES = (
    Namesakes(
        "AlexNet",
        (("alexnet@torchvision", ()), ("alexnet@paper", ())),
        "torchvision's is the 64-channel network of “One weird trick” (2014); the one of 2012 has more "
        "channels in two groups, and takes 227x227.",
    ),
    Namesakes(
        "GoogLeNet",
        (("googlenet@torchvision", ()), ("googlenet@torchvision", _HEADS), ("googlenet@paper", ())),
        "torchvision's has 3x3 where the paper has 5x5, and batch norm. The count that it publishes leaves "
        "the auxiliary heads out.",
    ),
    Namesakes(
        "Inception-v3",
        (("inception_v3@torchvision", ()), ("inception_v3@torchvision", _HEADS)),
        "The count that torchvision publishes includes the auxiliary head, which does not run in inference.",
    ),
    Namesakes(
        "ResNet-50",
        (("resnet50@torchvision", ()), ("resnet50@paper", ())),
        "torchvision's halves the map in the 3x3 convolution of a block, the paper in the 1x1 before it.",
    ),
    Namesakes(
        "LeNet-5",
        (("lenet5@course", ()), ("lenet5@d2l", ()), ("lenet5@paper", ())),
        "The course's takes 32x32; d2l's takes 28x28 with padding 2; the paper's C3 is not connected to all "
        "maps of S2, and its sub-sampling has weights.",
    ),
)
