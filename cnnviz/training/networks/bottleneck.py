"""The same small network with six kinds of block, to see what a 1x1 convolution in front saves and costs.

The blocks of inception and residual networks are those of the catalogue:
Szegedy et al. 2015, figure 2 (https://arxiv.org/abs/1409.4842) and He et al. 2015, figure 5
(https://arxiv.org/abs/1512.03385). The 5x5 behind a 1x1 is the reckoning of the notes on inception networks.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from cnnviz.architectures.googlenet import ConvUnit, Inception
from cnnviz.architectures.resnet import BasicBlock, BlockStyle, Bottleneck

REDUCTION = 4  # a 1x1 leaves a quarter of the channels, as in a residual bottleneck


class BlockNetwork(nn.Module):
    """A 3x3 convolution, blocks of one kind, the average of each map, and a fully connected layer.

    Args:
        block: "conv5x5", "reduced5x5", "inception_naive", "inception", "residual_basic" or
            "residual_bottleneck".
        blocks: how many.
        width: channels in and out of each block; a naive inception block adds to them, because its pool
            passes on all that came in.

    """

    def __init__(
        self,
        *,
        block: str = "conv5x5",
        blocks: int = 3,
        width: int = 32,
        in_channels: int = 1,
        num_classes: int = 10,
    ) -> None:
        super().__init__()
        self.conv1 = _conv(in_channels, width, kernel_size=3)
        self.blocks = nn.Sequential()
        channels = width
        for number in range(1, blocks + 1):
            made, channels = _block(block, channels, width)
            self.blocks.add_module(f"block_{number}", made)
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)  # width x H x W
        x = self.blocks(x)  # width x H x W, or more channels behind naive inception blocks
        x = torch.flatten(self.avg_pool(x), 1)  # width
        logits: Tensor = self.fc(x)  # num_classes
        return logits


_conv = partial(ConvUnit, activation="relu", batch_norm=True)


def _block(kind: str, C_in: int, width: int) -> tuple[nn.Module, int]:
    """A block, and how many channels come out of it."""
    reduced, style = width // REDUCTION, BlockStyle(reduction=REDUCTION)
    if kind == "conv5x5":
        return _conv(C_in, width, kernel_size=5), width
    if kind == "reduced5x5":
        return nn.Sequential(_conv(C_in, reduced, kernel_size=1), _conv(reduced, width, kernel_size=5)), width
    if kind == "residual_basic":
        return BasicBlock(C_in, width, stride=1, style=style), width
    if kind == "residual_bottleneck":
        return Bottleneck(C_in, width, stride=1, style=style), width
    # proportions of inception_3a, table 1: a quarter 1x1, half 3x3, an eighth 5x5 and an eighth pooled
    made = Inception(
        C_in,
        width // 4,
        width // 4,
        width // 2,
        width // 8,
        width // 8,
        width // 8,
        conv=_conv,
        kernel5x5=5,
        reduction=kind == "inception",
    )
    return made, made.out_channels
