"""Deep Residual Learning for Image Recognition.

Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun; 2015 (CVPR 2016).
https://arxiv.org/abs/1512.03385
Follows table 1 and figures 3 and 5. The networks for CIFAR-10 are in resnet_cifar.py.

Differences from the paper:
- Blocks of three layers (50, 101, 152) halve the map in their 3x3 convolution, as torchvision does; with
  `stride_in_first=True` they do it in their first 1x1, as the paper does. Blocks of two layers agree.
- Where a shortcut changes the shape it is a 1x1 convolution (option B), also in ResNet-18 and ResNet-34,
  for which the paper's first comparison (table 2) pads with zeros (option A).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS

# Table 1: blocks in conv2_x, conv3_x, conv4_x, conv5_x.
BLOCKS: dict[int, tuple[int, int, int, int]] = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
EXPANSION = 4  # table 1: a bottleneck ends in 4 times the channels of a basic block


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockStyle:
    """What all blocks of one network have in common."""

    shortcut: bool = True
    projection: str = "B"  # option A, B or C of section 3.3
    batch_norm: bool = True
    activation: Callable[[], nn.Module] = nn.ReLU
    reduction: int = EXPANSION  # bottlenecks: channels of the block over channels of its 3x3
    stride_in_first: bool = False  # bottlenecks: stride in the first 1x1 instead of the 3x3


class ZeroPadding(nn.Module):
    """Option A of section 3.3: the identity, with zeros for the channels that the input does not have."""

    def __init__(self, C_in: int, C_out: int, *, stride: int) -> None:
        super().__init__()
        # a window of one pixel: keeps every second pixel of every second line, as the paper's stride does
        self.subsample = nn.MaxPool2d(kernel_size=1, stride=stride) if stride > 1 else None
        self.missing = C_out - C_in

    def forward(self, x: Tensor) -> Tensor:
        if self.subsample is not None:
            x = self.subsample(x)  # C_in x H/stride x W/stride
        return F.pad(x, (0, 0, 0, 0, 0, self.missing))  # C_out x H/stride x W/stride


def shape_changing_shortcut(C_in: int, C_out: int, *, stride: int, style: BlockStyle) -> nn.Module | None:
    """The shortcut by the paper's options A, B and C; None where it is the identity itself."""
    same_shape = C_in == C_out and stride == 1
    if same_shape and style.projection != "C":
        return None
    if style.projection == "A":
        return ZeroPadding(C_in, C_out, stride=stride)
    shortcut = nn.Sequential()
    conv = nn.Conv2d(C_in, C_out, kernel_size=1, stride=stride, bias=not style.batch_norm)
    shortcut.add_module("conv", conv)
    if style.batch_norm:
        shortcut.add_module("bn", nn.BatchNorm2d(C_out))
    return shortcut


def residual_function(convs: Sequence[nn.Conv2d], style: BlockStyle) -> nn.Sequential:
    """F(x) of equation 1: conv1, bn1, act1, conv2, ...; the last activation follows the addition."""
    layers = nn.Sequential()
    for number, conv in enumerate(convs, start=1):
        layers.add_module(f"conv{number}", conv)
        if style.batch_norm:
            layers.add_module(f"bn{number}", nn.BatchNorm2d(conv.out_channels))
        if number < len(convs):
            layers.add_module(f"act{number}", style.activation())
    return layers


class ResidualBlock(nn.Module):
    """y = F(x) + x (equation 1), or F(x) + W_s x where the shape changes (equation 2)."""

    def __init__(
        self, convs: Sequence[nn.Conv2d], C_in: int, C_out: int, *, stride: int, style: BlockStyle
    ) -> None:
        super().__init__()
        self.residual = residual_function(convs, style)
        self.adds = style.shortcut
        self.shortcut: nn.Module | None = None
        if style.shortcut:
            self.shortcut = shape_changing_shortcut(C_in, C_out, stride=stride, style=style)
        self.act = style.activation()

    def forward(self, x: Tensor) -> Tensor:
        y = self.residual(x)  # C_out x H/stride x W/stride
        if self.adds:
            y = y + (x if self.shortcut is None else self.shortcut(x))
        activated: Tensor = self.act(y)
        return activated


class BasicBlock(ResidualBlock):
    """Two 3x3 convolutions: figure 5, left."""

    def __init__(self, C_in: int, C_out: int, *, stride: int, style: BlockStyle) -> None:
        bias = not style.batch_norm  # batch norm has a shift of its own
        convs = [
            nn.Conv2d(C_in, C_out, kernel_size=3, stride=stride, padding=1, bias=bias),
            nn.Conv2d(C_out, C_out, kernel_size=3, padding=1, bias=bias),
        ]
        super().__init__(convs, C_in, C_out, stride=stride, style=style)


class Bottleneck(ResidualBlock):
    """1x1 that reduces the channels, 3x3, 1x1 that restores them: figure 5, right."""

    def __init__(self, C_in: int, C_out: int, *, stride: int, style: BlockStyle) -> None:
        C_mid = max(1, C_out // style.reduction)
        bias = not style.batch_norm
        stride_1, stride_2 = (stride, 1) if style.stride_in_first else (1, stride)
        convs = [
            nn.Conv2d(C_in, C_mid, kernel_size=1, stride=stride_1, bias=bias),
            nn.Conv2d(C_mid, C_mid, kernel_size=3, stride=stride_2, padding=1, bias=bias),
            nn.Conv2d(C_mid, C_out, kernel_size=1, bias=bias),
        ]
        super().__init__(convs, C_in, C_out, stride=stride, style=style)


def stage(
    block: Callable[..., ResidualBlock],
    C_in: int,
    C_out: int,
    *,
    blocks: int,
    stride: int,
    style: BlockStyle,
) -> nn.Sequential:
    """The blocks of one stage; the first changes the number of channels and the size of the map."""
    layers = nn.Sequential()
    layers.add_module("block_1", block(C_in, C_out, stride=stride, style=style))
    for number in range(2, blocks + 1):
        layers.add_module(f"block_{number}", block(C_out, C_out, stride=1, style=style))
    return layers


class ResNet(nn.Module):
    """ResNet-18 to ResNet-152 of table 1; `shortcut=False` makes the plain networks of figure 3.

    Args:
        depth: 18 and 34 have blocks of two layers, 50, 101 and 152 bottlenecks of three.
        width: channels of conv1; they double from stage to stage.
        shortcut: add the input of a block to its output.
        projection: "A", "B" or "C", section 3.3's options for shortcuts that change the shape.
        reduction: how many times fewer channels a bottleneck's 3x3 sees; 4 in the paper.
        stride_in_first: bottlenecks halve the map in their first 1x1 (the paper) instead of their 3x3.

    """

    def __init__(
        self,
        *,
        depth: int,
        in_channels: int = 3,
        num_classes: int = 1000,
        shortcut: bool = True,
        projection: str = "B",
        reduction: int = EXPANSION,
        stride_in_first: bool = False,
        batch_norm: bool = True,
        activation: str = "relu",
        width: int = 64,
    ) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        style = BlockStyle(
            shortcut=shortcut,
            projection=projection,
            batch_norm=batch_norm,
            activation=act,
            reduction=reduction,
            stride_in_first=stride_in_first,
        )
        block = Bottleneck if depth >= 50 else BasicBlock
        C2 = width * EXPANSION if depth >= 50 else width
        n2, n3, n4, n5 = BLOCKS[depth]

        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=7, stride=2, padding=3, bias=not batch_norm)
        self.bn1 = nn.BatchNorm2d(width) if batch_norm else None
        self.act1 = act()
        self.pool1 = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)  # in table 1 the first line of conv2_x
        self.conv2_x = stage(block, width, C2, blocks=n2, stride=1, style=style)
        self.conv3_x = stage(block, C2, 2 * C2, blocks=n3, stride=2, style=style)
        self.conv4_x = stage(block, 2 * C2, 4 * C2, blocks=n4, stride=2, style=style)
        self.conv5_x = stage(block, 4 * C2, 8 * C2, blocks=n5, stride=2, style=style)
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8 * C2, num_classes)

    def forward(self, x: Tensor) -> Tensor:  # shapes of ResNet-18 and 34; from 50 on stages have 4 x channels
        x = self.conv1(x)  # 64 x 112 x 112
        if self.bn1 is not None:
            x = self.bn1(x)
        x = self.pool1(self.act1(x))  # 64 x 56 x 56
        x = self.conv2_x(x)  # 64 x 56 x 56
        x = self.conv3_x(x)  # 128 x 28 x 28
        x = self.conv4_x(x)  # 256 x 14 x 14
        x = self.conv5_x(x)  # 512 x 7 x 7
        x = torch.flatten(self.avg_pool(x), 1)  # 512
        logits: Tensor = self.fc(x)  # num_classes
        return logits


class D2LResidual(nn.Module):
    """d2l's residual block: biases everywhere, and no batch norm after the 1x1 of the shortcut."""

    def __init__(self, C_in: int, C_out: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(C_in, C_out, kernel_size=3, stride=stride, padding=1)
        self.bn1 = nn.BatchNorm2d(C_out)
        self.act1 = nn.ReLU()
        self.conv2 = nn.Conv2d(C_out, C_out, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(C_out)
        same_shape = C_in == C_out and stride == 1
        self.conv3 = None if same_shape else nn.Conv2d(C_in, C_out, kernel_size=1, stride=stride)
        self.act2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.act1(self.bn1(self.conv1(x)))  # C_out x H/stride x W/stride
        y = self.bn2(self.conv2(y))
        y = y + (x if self.conv3 is None else self.conv3(x))
        activated: Tensor = self.act2(y)
        return activated


class D2LResNet18(nn.Module):
    """ResNet-18 of Dive into Deep Learning, section 8.6: 1x96x96 images of ten kinds of clothes."""

    def __init__(self, *, in_channels: int = 1, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3)
        self.bn1 = nn.BatchNorm2d(64)
        self.act1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.conv2_x = nn.Sequential(D2LResidual(64, 64, stride=1), D2LResidual(64, 64, stride=1))
        self.conv3_x = nn.Sequential(D2LResidual(64, 128, stride=2), D2LResidual(128, 128, stride=1))
        self.conv4_x = nn.Sequential(D2LResidual(128, 256, stride=2), D2LResidual(256, 256, stride=1))
        self.conv5_x = nn.Sequential(D2LResidual(256, 512, stride=2), D2LResidual(512, 512, stride=1))
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.bn1(self.conv1(x)))  # 64 x 48 x 48
        x = self.pool1(x)  # 64 x 24 x 24
        x = self.conv2_x(x)  # 64 x 24 x 24
        x = self.conv3_x(x)  # 128 x 12 x 12
        x = self.conv4_x(x)  # 256 x 6 x 6
        x = self.conv5_x(x)  # 512 x 3 x 3
        x = torch.flatten(self.avg_pool(x), 1)  # 512
        logits: Tensor = self.fc(x)  # num_classes
        return logits
