"""Aggregated Residual Transformations for Deep Neural Networks.

Saining Xie, Ross Girshick, Piotr Dollar, Zhuowen Tu, Kaiming He; CVPR 2017 (arXiv 2016).
https://arxiv.org/abs/1611.05431
Follows table 1 (ResNeXt-50, 32x4d) in the form of figure 3c: the 32 paths are groups of one convolution.

Differences from the paper:
- None in the layers: figure 3c is the form that the paper itself implements.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS
from cnnviz.architectures.resnet import BLOCKS, BlockStyle, ResidualBlock, stage


class ResNeXtBlock(ResidualBlock):
    """Figure 3c: a bottleneck whose 3x3 convolution works in `cardinality` groups."""

    def __init__(
        self,
        C_in: int,
        C_out: int,
        *,
        stride: int,
        style: BlockStyle,
        cardinality: int,
        bottleneck_width: int,
    ) -> None:
        C_mid = cardinality * bottleneck_width * C_out // 256  # table 1: 128 in conv2_x, which ends in 256
        bias = not style.batch_norm
        convs = [
            nn.Conv2d(C_in, C_mid, kernel_size=1, bias=bias),
            nn.Conv2d(C_mid, C_mid, 3, stride=stride, padding=1, groups=cardinality, bias=bias),
            nn.Conv2d(C_mid, C_out, kernel_size=1, bias=bias),
        ]
        super().__init__(convs, C_in, C_out, stride=stride, style=style)


class ResNeXt(nn.Module):
    """ResNeXt-50 for 3x224x224.

    Args:
        cardinality: number of paths through a block, the paper's C; 1 with 64d is ResNet-50.
        bottleneck_width: channels of each path in conv2_x, the paper's d; they double from stage to stage.
        shortcut: add the input of a block to its output.

    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        cardinality: int = 32,
        bottleneck_width: int = 4,
        shortcut: bool = True,
        batch_norm: bool = True,
        activation: str = "relu",
    ) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        style = BlockStyle(shortcut=shortcut, batch_norm=batch_norm, activation=act)
        block = partial(ResNeXtBlock, cardinality=cardinality, bottleneck_width=bottleneck_width)
        n2, n3, n4, n5 = BLOCKS[50]
        self.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3, bias=not batch_norm)
        self.bn1 = nn.BatchNorm2d(64) if batch_norm else None
        self.act1 = act()
        self.pool1 = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)  # in table 1 the first line of conv2_x
        self.conv2_x = stage(block, 64, 256, blocks=n2, stride=1, style=style)
        self.conv3_x = stage(block, 256, 512, blocks=n3, stride=2, style=style)
        self.conv4_x = stage(block, 512, 1024, blocks=n4, stride=2, style=style)
        self.conv5_x = stage(block, 1024, 2048, blocks=n5, stride=2, style=style)
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2048, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)  # 64 x 112 x 112
        if self.bn1 is not None:
            x = self.bn1(x)
        x = self.pool1(self.act1(x))  # 64 x 56 x 56
        x = self.conv2_x(x)  # 256 x 56 x 56
        x = self.conv3_x(x)  # 512 x 28 x 28
        x = self.conv4_x(x)  # 1024 x 14 x 14
        x = self.conv5_x(x)  # 2048 x 7 x 7
        x = torch.flatten(self.avg_pool(x), 1)  # 2048
        logits: Tensor = self.fc(x)  # num_classes
        return logits
