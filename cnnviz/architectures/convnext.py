"""A ConvNet for the 2020s.

Zhuang Liu, Hanzi Mao, Chao-Yuan Wu, Christoph Feichtenhofer, Trevor Darrell, Saining Xie; CVPR 2022.
https://arxiv.org/abs/2201.03545
Follows figure 4 and table 9 (ConvNeXt-T); stages have that table's names.

Differences from the paper:
- Stochastic depth, which acts in training only, is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS

LAYERS = (3, 3, 9, 3)  # table 9, ConvNeXt-T: blocks in res2, res3, res4, res5


class LayerNorm2d(nn.LayerNorm):
    """Layer norm over the channels of each pixel; torch normalises the last axis, so they go there."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)  # n_H x n_W x C
        x = super().forward(x)
        return x.permute(0, 3, 1, 2)  # C x n_H x n_W


class ConvNeXtBlock(nn.Module):
    """Figure 4, right: a wide depthwise convolution, then two 1x1 convolutions around one activation.

    The 1x1 convolutions are linear layers on the channels of each pixel, which torch wants last.
    """

    def __init__(
        self, C: int, *, kernel_size: int, expansion: int, layer_scale: bool, activation: str
    ) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(C, C, kernel_size, padding=kernel_size // 2, groups=C)
        self.norm = nn.LayerNorm(C, eps=1e-6)  # the authors' code
        self.expand = nn.Linear(C, expansion * C)
        self.act = ACTIVATIONS[activation]()
        self.project = nn.Linear(expansion * C, C)
        # appendix A.1: a learnt factor a channel, which starts at 1e-6 (Touvron et al. 2021)
        self.layer_scale = nn.Parameter(torch.full((C, 1, 1), 1e-6)) if layer_scale else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.depthwise(x)  # C x n_H x n_W
        y = y.permute(0, 2, 3, 1)  # n_H x n_W x C
        y = self.act(self.expand(self.norm(y)))  # n_H x n_W x 4C
        y = self.project(y)  # n_H x n_W x C
        y = y.permute(0, 3, 1, 2)  # C x n_H x n_W
        if self.layer_scale is not None:
            y = self.layer_scale * y
        joined: Tensor = x + y
        return joined


def stage(block: Callable[[int], ConvNeXtBlock], C: int, blocks: int) -> nn.Sequential:
    """Blocks that keep the shape."""
    layers = nn.Sequential()
    for number in range(1, blocks + 1):
        layers.add_module(f"block_{number}", block(C))
    return layers


def downsample(C: int) -> nn.Sequential:
    """Between stages, half the size and twice the channels; the norm keeps training stable (section 2.6)."""
    return nn.Sequential(LayerNorm2d(C, eps=1e-6), nn.Conv2d(C, 2 * C, kernel_size=2, stride=2))


class ConvNeXt(nn.Module):
    """ConvNeXt-T for 3x224x224.

    Args:
        width: channels of the stem; they double from stage to stage.
        kernel_size: of the depthwise convolutions (section 2.5).
        expansion: how many times wider a block is inside than at its ends (section 2.4).
        layer_scale: a learnt factor on each channel of a block's output.

    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: int = 96,
        kernel_size: int = 7,
        expansion: int = 4,
        layer_scale: bool = True,
        activation: str = "gelu",
    ) -> None:
        super().__init__()
        block = partial(
            ConvNeXtBlock,
            kernel_size=kernel_size,
            expansion=expansion,
            layer_scale=layer_scale,
            activation=activation,
        )
        n2, n3, n4, n5 = LAYERS
        C2, C3, C4, C5 = width, 2 * width, 4 * width, 8 * width  # table 9: 96, 192, 384, 768
        # section 2.2: patches of 4x4 that do not overlap
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, C2, kernel_size=4, stride=4), LayerNorm2d(C2, eps=1e-6)
        )
        self.res2 = stage(block, C2, n2)
        self.downsample_3 = downsample(C2)
        self.res3 = stage(block, C3, n3)
        self.downsample_4 = downsample(C3)
        self.res4 = stage(block, C4, n4)
        self.downsample_5 = downsample(C4)
        self.res5 = stage(block, C5, n5)
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.norm = LayerNorm2d(C5, eps=1e-6)
        self.fc = nn.Linear(C5, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # 96 x 56 x 56
        x = self.res2(x)  # 96 x 56 x 56
        x = self.res3(self.downsample_3(x))  # 192 x 28 x 28
        x = self.res4(self.downsample_4(x))  # 384 x 14 x 14
        x = self.res5(self.downsample_5(x))  # 768 x 7 x 7
        x = self.norm(self.avg_pool(x))  # 768 x 1 x 1
        logits: Tensor = self.fc(torch.flatten(x, 1))  # num_classes
        return logits
