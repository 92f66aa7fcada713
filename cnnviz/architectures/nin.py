"""Network In Network.

Min Lin, Qiang Chen, Shuicheng Yan; ICLR 2014 (arXiv 2013).
https://arxiv.org/abs/1312.4400
The paper draws the idea (figure 2) and trains on CIFAR, SVHN and MNIST; the layout for ImageNet followed
here is the first author's, published as a Caffe model: https://gist.github.com/mavenlin/d802a5849de39225bcc6

Differences from the paper:
- Four mlpconv layers instead of the three of the paper's CIFAR network.
- Dropout stands before the last mlpconv layer only; the paper has it after every one but the last.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS


class NiN(nn.Module):
    """Four mlpconv layers, then the average of each class's map; there is no fully connected layer.

    Args:
        one_by_one: how many 1x1 convolutions follow each spatial one; 0 is a plain network.
        last_width: channels inside the last mlpconv layer; 0 stands for `num_classes`, as in the book.
        ceil_mode: pools keep an incomplete last window, as Caffe's do.

    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        one_by_one: int = 2,
        last_width: int = 1024,
        ceil_mode: bool = True,
        activation: str = "relu",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        last = last_width or num_classes
        self.mlpconv1 = mlpconv(
            nn.Conv2d(in_channels, 96, kernel_size=11, stride=4), [96] * one_by_one, activation
        )
        self.pool1 = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=ceil_mode)
        self.mlpconv2 = mlpconv(nn.Conv2d(96, 256, kernel_size=5, padding=2), [256] * one_by_one, activation)
        self.pool2 = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=ceil_mode)
        self.mlpconv3 = mlpconv(nn.Conv2d(256, 384, kernel_size=3, padding=1), [384] * one_by_one, activation)
        self.pool3 = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=ceil_mode)
        self.drop3 = nn.Dropout(dropout)
        widths = [*([last] * one_by_one), num_classes]  # the last convolution makes one map per class
        self.mlpconv4 = mlpconv(nn.Conv2d(384, widths[0], kernel_size=3, padding=1), widths[1:], activation)
        self.avgpool = nn.AdaptiveAvgPool2d(1)  # section 3.2: global average pooling

    def forward(self, x: Tensor) -> Tensor:
        x = self.mlpconv1(x)  # 96 x 54 x 54
        x = self.pool1(x)  # 96 x 27 x 27
        x = self.mlpconv2(x)  # 256 x 27 x 27
        x = self.pool2(x)  # 256 x 13 x 13
        x = self.mlpconv3(x)  # 384 x 13 x 13
        x = self.pool3(x)  # 384 x 6 x 6
        x = self.mlpconv4(self.drop3(x))  # num_classes x 6 x 6
        x = self.avgpool(x)  # num_classes x 1 x 1
        return torch.flatten(x, 1)  # num_classes


def mlpconv(conv: nn.Conv2d, widths: list[int], activation: str) -> nn.Sequential:
    """A convolution and a small network at every pixel: 1x1 convolutions, which the paper calls cccp.

    The paper's name means cascaded cross channel parametric pooling (section 3.1).
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict(conv=conv, act=ACTIVATIONS[activation]())
    source = conv.out_channels
    for i, width in enumerate(widths, start=1):
        layers[f"cccp{i}"] = nn.Conv2d(source, width, kernel_size=1)
        layers[f"cccp{i}_act"] = ACTIVATIONS[activation]()
        source = width
    return nn.Sequential(layers)
