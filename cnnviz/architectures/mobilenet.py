"""MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications.

Andrew G. Howard, Menglong Zhu, Bo Chen, Dmitry Kalenichenko, Weijun Wang, Tobias Weyand, Marco Andreetto,
Hartwig Adam; 2017.
https://arxiv.org/abs/1704.04861
Follows table 1.

Differences from the paper:
- The last depthwise convolution has stride 1: table 1 prints stride 2, but also a 7x7 map before and after.

MobileNetV2: Inverted Residuals and Linear Bottlenecks.

Mark Sandler, Andrew Howard, Menglong Zhu, Andrey Zhmoginov, Liang-Chieh Chen; CVPR 2018.
https://arxiv.org/abs/1801.04381
Follows table 2 and figure 3b.

Differences from the paper:
- The last layer is a linear layer after the average pool; table 2 writes it as a 1x1 convolution.
- Channel numbers are rounded to multiples of 8, as the authors' and torchvision's code do.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS

# Table 1 of MobileNets: channels and stride of the thirteen depthwise separable convolutions.
V1_LAYERS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *[(512, 1)] * 5,
    (1024, 2),
    (1024, 1),
)
# Table 2 of MobileNetV2: whether the block expands, output channels c, repeats n, stride s of the first.
V2_STAGES = (
    (False, 16, 1, 1),
    (True, 24, 2, 2),
    (True, 32, 3, 2),
    (True, 64, 4, 2),
    (True, 96, 3, 1),
    (True, 160, 3, 2),
    (True, 320, 1, 1),
)


class SeparableConv(nn.Module):
    """Figure 3, right: a 3x3 filter on each channel alone, then a 1x1 convolution across channels."""

    def __init__(self, C_in: int, C_out: int, *, stride: int, activation: str) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        self.depthwise = nn.Conv2d(C_in, C_in, 3, stride=stride, padding=1, groups=C_in, bias=False)
        self.bn1 = nn.BatchNorm2d(C_in)
        self.act1 = act()
        self.pointwise = nn.Conv2d(C_in, C_out, kernel_size=1, bias=False)
        self.bn2 = nn.BatchNorm2d(C_out)
        self.act2 = act()

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.bn1(self.depthwise(x)))  # C_in x n_H/stride x n_W/stride
        separated: Tensor = self.act2(self.bn2(self.pointwise(x)))  # C_out x n_H/stride x n_W/stride
        return separated


class StandardConv(nn.Module):
    """Figure 3, left: the full 3x3 convolution that a separable one replaces (table 4)."""

    def __init__(self, C_in: int, C_out: int, *, stride: int, activation: str) -> None:
        super().__init__()
        self.conv = nn.Conv2d(C_in, C_out, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(C_out)
        self.act = ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        activated: Tensor = self.act(self.bn(self.conv(x)))  # C_out x n_H/stride x n_W/stride
        return activated


class MobileNetV1(nn.Module):
    """MobileNet for 3x224x224.

    Args:
        width_multiplier: all channel numbers times this, the paper's alpha.
        separable: depthwise separable convolutions; off, full ones as in the first line of table 4.

    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        width_multiplier: float = 1.0,
        separable: bool = True,
        activation: str = "relu",
    ) -> None:
        super().__init__()
        layer = SeparableConv if separable else StandardConv
        C = max(1, round(32 * width_multiplier))  # table 1
        self.conv1 = StandardConv(in_channels, C, stride=2, activation=activation)
        self.features = nn.Sequential()
        for number, (channels, stride) in enumerate(V1_LAYERS, start=2):
            C_out = max(1, round(channels * width_multiplier))
            self.features.add_module(f"conv{number}", layer(C, C_out, stride=stride, activation=activation))
            C = C_out
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(C, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)  # 32 x 112 x 112
        x = self.features(x)  # 1024 x 7 x 7
        x = torch.flatten(self.avg_pool(x), 1)  # 1024
        logits: Tensor = self.fc(x)  # num_classes
        return logits


def rounded_to_8(channels: float) -> int:
    """The nearest multiple of 8, at least 8, and never less than nine tenths of what was asked for."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


class InvertedResidual(nn.Module):
    """Figure 3b: expand by a 1x1, filter each channel by a 3x3, project by a 1x1 with nothing after it.

    The thin ends are joined, where the shape stays; a ResNet's bottleneck joins the wide ends.
    """

    def __init__(
        self, C_in: int, C_out: int, *, stride: int, expansion: int, shortcut: bool, linear: bool
    ) -> None:
        super().__init__()
        C_mid = C_in * expansion
        self.residual = nn.Sequential()
        if expansion != 1:
            self.residual.add_module("expand", nn.Conv2d(C_in, C_mid, kernel_size=1, bias=False))
            self.residual.add_module("bn1", nn.BatchNorm2d(C_mid))
            self.residual.add_module("act1", nn.ReLU6())
        depthwise = nn.Conv2d(C_mid, C_mid, 3, stride=stride, padding=1, groups=C_mid, bias=False)
        self.residual.add_module("depthwise", depthwise)
        self.residual.add_module("bn2", nn.BatchNorm2d(C_mid))
        self.residual.add_module("act2", nn.ReLU6())
        self.residual.add_module("project", nn.Conv2d(C_mid, C_out, kernel_size=1, bias=False))
        self.residual.add_module("bn3", nn.BatchNorm2d(C_out))
        if not linear:
            self.residual.add_module("act3", nn.ReLU6())
        self.adds = shortcut and stride == 1 and C_in == C_out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.residual(x)  # C_out x n_H/stride x n_W/stride
        return x + y if self.adds else y


class MobileNetV2(nn.Module):
    """MobileNetV2 for 3x224x224.

    Args:
        width_multiplier: all channel numbers times this; the last convolution never has fewer than 1280.
        expansion: how many times wider a block is inside than at its ends, the paper's t.
        shortcut: add a block's input to its output where the shape stays.
        linear_bottleneck: no activation after a block's last convolution (section 3.2).

    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        width_multiplier: float = 1.0,
        expansion: int = 6,
        shortcut: bool = True,
        linear_bottleneck: bool = True,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        C = rounded_to_8(32 * width_multiplier)  # table 2
        self.conv1 = nn.Conv2d(in_channels, C, kernel_size=3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(C)
        self.act1 = nn.ReLU6()
        self.stages = nn.Sequential()
        for number, (expands, channels, repeats, stride) in enumerate(V2_STAGES, start=1):
            C_out = rounded_to_8(channels * width_multiplier)
            stage = nn.Sequential()
            for i in range(repeats):
                block = InvertedResidual(
                    C,
                    C_out,
                    stride=stride if i == 0 else 1,
                    expansion=expansion if expands else 1,
                    shortcut=shortcut,
                    linear=linear_bottleneck,
                )
                stage.add_module(f"block_{i + 1}", block)
                C = C_out
            self.stages.add_module(f"bottleneck_{number}", stage)
        C_last = rounded_to_8(1280 * max(1.0, width_multiplier))  # section 6.1: not thinned below 1
        self.conv2 = nn.Conv2d(C, C_last, kernel_size=1, bias=False)
        self.bn2 = nn.BatchNorm2d(C_last)
        self.act2 = nn.ReLU6()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(C_last, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.bn1(self.conv1(x)))  # 32 x 112 x 112
        x = self.stages(x)  # 320 x 7 x 7
        x = self.act2(self.bn2(self.conv2(x)))  # 1280 x 7 x 7
        x = torch.flatten(self.avg_pool(x), 1)  # 1280
        logits: Tensor = self.fc(self.drop(x))  # num_classes
        return logits
