"""Networks that differ from tool to tool under one name: what every reader trips over once."""

from __future__ import annotations

from typing import NamedTuple


class Namesakes(NamedTuple):
    """Several networks that go by one name."""

    name: str
    networks: tuple[str, ...]  # names of the catalogue
    why: str


NAMESAKES = (
    Namesakes(
        "AlexNet",
        ("alexnet@torchvision", "alexnet@paper"),
        "torchvision's is the 64-channel network of “One weird trick” (2014); the one of 2012 has more "
        "channels in two groups, and takes 227x227.",
    ),
    Namesakes(
        "GoogLeNet",
        ("googlenet@torchvision", "googlenet@paper"),
        "torchvision's has 3x3 where the paper has 5x5, and batch norm. Its count leaves the auxiliary "
        "heads out, although they hold parameters.",
    ),
    Namesakes(
        "Inception-v3",
        ("inception_v3@torchvision",),
        "torchvision's count of parameters includes an auxiliary head that does not run in inference.",
    ),
    Namesakes(
        "ResNet-50",
        ("resnet50@torchvision", "resnet50@paper"),
        "torchvision's halves the map in the 3x3 convolution of a block, the paper in the 1x1 before it.",
    ),
    Namesakes(
        "LeNet-5",
        ("lenet5@course", "lenet5@d2l", "lenet5@paper"),
        "The course's takes 32x32; d2l's takes 28x28 with padding 2; the paper's C3 is not connected to all "
        "maps of S2, and its sub-sampling has weights.",
    ),
)
