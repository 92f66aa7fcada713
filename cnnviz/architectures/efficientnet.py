"""EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks.

Mingxing Tan, Quoc V. Le; ICML 2019.
https://arxiv.org/abs/1905.11946
Follows table 1 (EfficientNet-B0); the other sizes are multiples of its width and depth (section 3.3).

Differences from the paper:
- Stochastic depth, which acts in training only, is left out.
- Channel numbers are rounded to multiples of 8, as the authors' and torchvision's code do.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS
from cnnviz.architectures.mobilenet import rounded_to_8

# Table 1, stages 2 to 8: whether the block expands, kernel, stride of the first, channels, layers.
STAGES = (
    (False, 3, 1, 16, 1),
    (True, 3, 2, 24, 2),
    (True, 5, 2, 40, 2),
    (True, 3, 2, 80, 3),
    (True, 5, 1, 112, 3),
    (True, 5, 2, 192, 4),
    (True, 3, 1, 320, 1),
)


class ConvUnit(nn.Module):
    """Convolution that keeps the size (over the stride), batch norm, and an activation unless it is None."""

    def __init__(
        self, C_in: int, C_out: int, kernel: int, *, activation: str | None, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        padding = (kernel - 1) // 2
        self.conv = nn.Conv2d(C_in, C_out, kernel, stride=stride, padding=padding, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(C_out)
        self.act = None if activation is None else ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv(x))  # C_out x n_H/stride x n_W/stride
        if self.act is not None:
            x = self.act(x)
        return x


class SqueezeExcitation(nn.Module):
    """A weight between 0 and 1 for each channel, from the average of all channels (Hu et al. 2018)."""

    def __init__(self, C: int, squeezed: int, *, activation: str) -> None:
        super().__init__()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(C, squeezed, kernel_size=1)
        self.act = ACTIVATIONS[activation]()
        self.expand = nn.Conv2d(squeezed, C, kernel_size=1)
        self.gate = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        squeezed = self.act(self.reduce(self.avg_pool(x)))  # squeezed x 1 x 1
        scale: Tensor = self.gate(self.expand(squeezed))  # C x 1 x 1
        return x * scale


class MBConv(nn.Module):
    """MobileNetV2's inverted residual with squeeze-and-excitation before the last convolution."""

    def __init__(
        self,
        C_in: int,
        C_out: int,
        kernel: int,
        *,
        stride: int,
        expansion: int,
        squeeze_excitation: bool,
        activation: str,
    ) -> None:
        super().__init__()
        C = C_in * expansion
        self.residual = nn.Sequential()
        if expansion != 1:
            self.residual.add_module("expand", ConvUnit(C_in, C, 1, activation=activation))
        depthwise = ConvUnit(C, C, kernel, stride=stride, groups=C, activation=activation)
        self.residual.add_module("depthwise", depthwise)
        if squeeze_excitation:
            squeezed = max(1, C_in // 4)  # a quarter of the block's input, as in the authors' code
            attention = SqueezeExcitation(C, squeezed, activation=activation)
            self.residual.add_module("squeeze_excitation", attention)
        self.residual.add_module("project", ConvUnit(C, C_out, 1, activation=None))
        self.adds = stride == 1 and C_in == C_out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.residual(x)  # C_out x n_H/stride x n_W/stride
        return y + x if self.adds else y


class EfficientNet(nn.Module):
    """EfficientNet-B0 for 3x224x224, and its larger sisters.

    Args:
        width_multiplier: all channel numbers times this; 1.1 in B2, 2.0 in B7.
        depth_multiplier: layers of each stage times this, rounded up; 1.1 in B1, 3.1 in B7.
        expansion: how many times wider a block is inside than at its ends.
        squeeze_excitation: weigh the channels inside each block.

    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        width_multiplier: float = 1.0,
        depth_multiplier: float = 1.0,
        expansion: int = 6,
        squeeze_excitation: bool = True,
        activation: str = "silu",
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        C = rounded_to_8(32 * width_multiplier)  # table 1, stage 1
        self.stage_1 = ConvUnit(in_channels, C, 3, stride=2, activation=activation)
        self.stages = nn.Sequential()
        for number, (expands, kernel, stride, channels, layers) in enumerate(STAGES, start=2):
            C_out = rounded_to_8(channels * width_multiplier)
            stage = nn.Sequential()
            for i in range(math.ceil(layers * depth_multiplier)):
                block = MBConv(
                    C,
                    C_out,
                    kernel,
                    stride=stride if i == 0 else 1,
                    expansion=expansion if expands else 1,
                    squeeze_excitation=squeeze_excitation,
                    activation=activation,
                )
                stage.add_module(f"block_{i + 1}", block)
                C = C_out
            self.stages.add_module(f"stage_{number}", stage)
        self.stage_9 = ConvUnit(C, 4 * C, 1, activation=activation)  # table 1: 1280 = 4 * 320
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(4 * C, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage_1(x)  # 32 x 112 x 112
        x = self.stages(x)  # 320 x 7 x 7
        x = self.stage_9(x)  # 1280 x 7 x 7
        x = torch.flatten(self.avg_pool(x), 1)  # 1280
        logits: Tensor = self.fc(self.drop(x))  # num_classes
        return logits
