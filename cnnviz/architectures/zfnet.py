"""Visualizing and Understanding Convolutional Networks.

Matthew D. Zeiler, Rob Fergus; ECCV 2014 (arXiv 2013).
https://arxiv.org/abs/1311.2901
Follows figure 3; `conv3`, `conv4`, `conv5` = 512, 1024, 512 is the larger network of tables 2 and 3.

Differences from the paper:
- Figure 3 does not say how borders are treated. A padding of 1 in conv1 and pools that keep an incomplete
  last window (ceil_mode) give every size that the figure prints: 110, 55, 26, 13, 6.
- The paper does not print the constants of its contrast normalisation: AlexNet's are taken.
- Filters are not rescaled to a fixed norm while training, as the paper's training details have it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS, first_linear


class ZFNet(nn.Module):
    """AlexNet with a finer first layer: 7x7 with stride 2 instead of 11x11 with stride 4.

    Args:
        conv3: filters of the third convolution, and so on for `conv4` and `conv5`.
        normalise: contrast normalisation across maps after the first two pools.
        fit_input: build fc6 for the input's size instead of for 224x224.

    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        conv3: int = 384,
        conv4: int = 384,
        conv5: int = 256,
        normalise: bool = True,
        activation: str = "relu",
        dropout: float = 0.5,
        fit_input: bool = True,
    ) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        self.conv1 = nn.Conv2d(in_channels, 96, kernel_size=7, stride=2, padding=1)
        self.act1 = act()
        self.pool1 = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
        self.norm1 = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0) if normalise else None
        self.conv2 = nn.Conv2d(96, 256, kernel_size=5, stride=2)
        self.act2 = act()
        self.pool2 = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
        self.norm2 = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0) if normalise else None
        self.conv3 = nn.Conv2d(256, conv3, kernel_size=3, padding=1)
        self.act3 = act()
        self.conv4 = nn.Conv2d(conv3, conv4, kernel_size=3, padding=1)
        self.act4 = act()
        self.conv5 = nn.Conv2d(conv4, conv5, kernel_size=3, padding=1)
        self.act5 = act()
        self.pool5 = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
        self.fc6 = first_linear(conv5 * 6 * 6, 4096, fit_input=fit_input)
        self.act6 = act()
        self.drop6 = nn.Dropout(dropout)  # the paper's training details: layers 6 and 7
        self.fc7 = nn.Linear(4096, 4096)
        self.act7 = act()
        self.drop7 = nn.Dropout(dropout)
        self.fc8 = nn.Linear(4096, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.conv1(x))  # 96 x 110 x 110
        x = self.pool1(x)  # 96 x 55 x 55
        if self.norm1 is not None:
            x = self.norm1(x)
        x = self.act2(self.conv2(x))  # 256 x 26 x 26
        x = self.pool2(x)  # 256 x 13 x 13
        if self.norm2 is not None:
            x = self.norm2(x)
        x = self.act3(self.conv3(x))  # 384 x 13 x 13
        x = self.act4(self.conv4(x))  # 384 x 13 x 13
        x = self.act5(self.conv5(x))  # 256 x 13 x 13
        x = self.pool5(x)  # 256 x 6 x 6
        x = torch.flatten(x, 1)  # 9216
        x = self.drop6(self.act6(self.fc6(x)))  # 4096
        x = self.drop7(self.act7(self.fc7(x)))  # 4096
        logits: Tensor = self.fc8(x)  # num_classes
        return logits
