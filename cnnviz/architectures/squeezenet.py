"""SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size.

Forrest N. Iandola, Song Han, Matthew W. Moskewicz, Khalid Ashraf, William J. Dally, Kurt Keutzer; 2016.
https://arxiv.org/abs/1602.07360
Follows table 1 with the authors' later version 1.1:
https://github.com/forresti/SqueezeNet/tree/master/SqueezeNet_v1.1

Differences from the paper:
- conv1 has 64 filters of 3x3 instead of 96 of 7x7, and the pools follow conv1, fire3 and fire5 instead of
  conv1, fire4 and fire8.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS


class Fire(nn.Module):
    """Figure 1: 1x1 convolutions squeeze the channels, 1x1 and 3x3 convolutions side by side expand them.

    Args:
        squeeze_ratio: squeezed channels over expanded ones, the paper's SR (section 5.1).
        share_3x3: share of the expanded channels that comes from 3x3 filters, the paper's pct_3x3.
        bypass: add the input to the output (section 6).

    """

    def __init__(
        self,
        C_in: int,
        C_out: int,
        *,
        squeeze_ratio: float,
        share_3x3: float,
        activation: str,
        bypass: bool = False,
    ) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        squeezed = int(C_out * squeeze_ratio)
        C_3x3 = int(C_out * share_3x3)
        self.squeeze = nn.Conv2d(C_in, squeezed, kernel_size=1)
        self.squeeze_act = act()
        self.expand1x1 = nn.Conv2d(squeezed, C_out - C_3x3, kernel_size=1)
        self.expand1x1_act = act()
        self.expand3x3 = nn.Conv2d(squeezed, C_3x3, kernel_size=3, padding=1)
        self.expand3x3_act = act()
        self.bypass = bypass

    def forward(self, x: Tensor) -> Tensor:
        s = self.squeeze_act(self.squeeze(x))  # squeezed x n_H x n_W
        a = self.expand1x1_act(self.expand1x1(s))
        b = self.expand3x3_act(self.expand3x3(s))
        y = torch.cat((a, b), 1)  # C_out x n_H x n_W
        return x + y if self.bypass else y


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1 for 3x224x224; `bypass` joins the fire modules that keep their number of channels."""

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        squeeze_ratio: float = 0.125,
        share_3x3: float = 0.5,
        bypass: bool = False,
        activation: str = "relu",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        fire = partial(Fire, squeeze_ratio=squeeze_ratio, share_3x3=share_3x3, activation=activation)
        pool = partial(nn.MaxPool2d, kernel_size=3, stride=2, ceil_mode=True)
        self.conv1 = nn.Conv2d(in_channels, 64, kernel_size=3, stride=2)  # version 1.1
        self.act1 = act()
        self.pool1 = pool()
        self.fire2 = fire(64, 128)  # table 1: 16, 64 + 64
        self.fire3 = fire(128, 128, bypass=bypass)
        self.pool3 = pool()
        self.fire4 = fire(128, 256)  # table 1: 32, 128 + 128
        self.fire5 = fire(256, 256, bypass=bypass)
        self.pool5 = pool()
        self.fire6 = fire(256, 384)  # table 1: 48, 192 + 192
        self.fire7 = fire(384, 384, bypass=bypass)
        self.fire8 = fire(384, 512)  # table 1: 64, 256 + 256
        self.fire9 = fire(512, 512, bypass=bypass)
        self.drop9 = nn.Dropout(dropout)
        self.conv10 = nn.Conv2d(512, num_classes, kernel_size=1)
        self.act10 = act()
        self.avg_pool10 = nn.AdaptiveAvgPool2d(1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.conv1(x))  # 64 x 111 x 111
        x = self.pool1(x)  # 64 x 55 x 55
        x = self.fire3(self.fire2(x))  # 128 x 55 x 55
        x = self.pool3(x)  # 128 x 27 x 27
        x = self.fire5(self.fire4(x))  # 256 x 27 x 27
        x = self.pool5(x)  # 256 x 13 x 13
        x = self.fire7(self.fire6(x))  # 384 x 13 x 13
        x = self.fire9(self.fire8(x))  # 512 x 13 x 13
        x = self.act10(self.conv10(self.drop9(x)))  # num_classes x 13 x 13
        return torch.flatten(self.avg_pool10(x), 1)  # num_classes
