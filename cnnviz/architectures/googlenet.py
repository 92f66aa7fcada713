"""Going Deeper with Convolutions.

Christian Szegedy, Wei Liu, Yangqing Jia, Pierre Sermanet, Scott Reed, Dragomir Anguelov, Dumitru Erhan,
Vincent Vanhoucke, Andrew Rabinovich; CVPR 2015 (arXiv 2014).
https://arxiv.org/abs/1409.4842
Follows table 1 and, for normalisation and the auxiliary heads, figure 3 and section 5.

Differences from the paper:
- The paper does not print the constants of its response normalisation: those of the BVLC replication
  in Caffe are taken.
- The auxiliary heads, where they are on, are computed in evaluation too, so that they can be counted;
  the paper discards them after training.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS, first_linear


class GoogLeNet(nn.Module):
    """Nine inception modules between a small stem and an average over the whole map.

    With `aux_heads` it returns (logits, aux2, aux1), in training and in evaluation.

    Args:
        reduction: 1x1 convolutions before the 3x3 and the 5x5 and after the pool of each module (figure 2b);
            without them it is the naive module of figure 2a.
        normalise: local response normalisation in the stem (figure 3).
        kernel5x5: kernel of the branch called 5x5; 3 in torchvision.
        pool4_kernel: kernel of the pool before inception_5a; 2 in torchvision.
        pool_padding: 0 keeps an incomplete last window (ceil_mode); 1 pads instead, as the d2l book does.
        adaptive_aux: the auxiliary heads average to 4x4 whatever the input's size, as torchvision's do.

    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        aux_heads: bool = False,
        reduction: bool = True,
        batch_norm: bool = False,
        normalise: bool = True,
        activation: str = "relu",
        dropout: float = 0.4,
        kernel5x5: int = 5,
        pool4_kernel: int = 3,
        pool_padding: int = 0,
        adaptive_aux: bool = False,
    ) -> None:
        super().__init__()
        conv = partial(ConvUnit, activation=activation, batch_norm=batch_norm)
        pool = partial(nn.MaxPool2d, stride=2, padding=pool_padding, ceil_mode=not pool_padding)
        module = partial(Inception, conv=conv, kernel5x5=kernel5x5, reduction=reduction)
        self.conv1 = conv(in_channels, 64, kernel_size=7, stride=2)
        self.pool1 = pool(3)
        self.norm1 = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0) if normalise else None
        self.conv2_reduce = conv(64, 64, kernel_size=1)
        self.conv2 = conv(64, 192, kernel_size=3)
        self.norm2 = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0) if normalise else None
        self.pool2 = pool(3)
        # table 1:    what comes in, #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj
        self.inception_3a = module(192, 64, 96, 128, 16, 32, 32)
        self.inception_3b = module(self.inception_3a.out_channels, 128, 128, 192, 32, 96, 64)
        self.pool3 = pool(3)
        self.inception_4a = module(self.inception_3b.out_channels, 192, 96, 208, 16, 48, 64)
        self.inception_4b = module(self.inception_4a.out_channels, 160, 112, 224, 24, 64, 64)
        self.inception_4c = module(self.inception_4b.out_channels, 128, 128, 256, 24, 64, 64)
        self.inception_4d = module(self.inception_4c.out_channels, 112, 144, 288, 32, 64, 64)
        self.inception_4e = module(self.inception_4d.out_channels, 256, 160, 320, 32, 128, 128)
        self.pool4 = pool(pool4_kernel)
        self.inception_5a = module(self.inception_4e.out_channels, 256, 160, 320, 32, 128, 128)
        self.inception_5b = module(self.inception_5a.out_channels, 384, 192, 384, 48, 128, 128)
        head = partial(
            AuxHead, num_classes=num_classes, conv=conv, adaptive=adaptive_aux, activation=activation
        )
        self.aux1 = head(self.inception_4a.out_channels) if aux_heads else None
        self.aux2 = head(self.inception_4d.out_channels) if aux_heads else None
        self.avgpool = nn.AdaptiveAvgPool2d(1)  # 7x7 in the paper
        self.drop = nn.Dropout(dropout)  # 40 % in table 1
        self.fc = nn.Linear(self.inception_5b.out_channels, num_classes)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        x = self.conv1(x)  # 64 x 112 x 112
        x = self.pool1(x)  # 64 x 56 x 56
        if self.norm1 is not None:
            x = self.norm1(x)
        x = self.conv2(self.conv2_reduce(x))  # 192 x 56 x 56
        if self.norm2 is not None:
            x = self.norm2(x)
        x = self.pool2(x)  # 192 x 28 x 28
        x = self.inception_3a(x)  # 256 x 28 x 28
        x = self.inception_3b(x)  # 480 x 28 x 28
        x = self.pool3(x)  # 480 x 14 x 14
        x = self.inception_4a(x)  # 512 x 14 x 14
        aux1 = self.aux1(x) if self.aux1 is not None else None  # num_classes
        x = self.inception_4b(x)  # 512 x 14 x 14
        x = self.inception_4c(x)  # 512 x 14 x 14
        x = self.inception_4d(x)  # 528 x 14 x 14
        aux2 = self.aux2(x) if self.aux2 is not None else None  # num_classes
        x = self.inception_4e(x)  # 832 x 14 x 14
        x = self.pool4(x)  # 832 x 7 x 7
        x = self.inception_5a(x)  # 832 x 7 x 7
        x = self.inception_5b(x)  # 1024 x 7 x 7
        x = torch.flatten(self.avgpool(x), 1)  # 1024
        x = self.fc(self.drop(x))  # num_classes
        return x if aux1 is None or aux2 is None else (x, aux2, aux1)


class ConvUnit(nn.Module):
    """A convolution that keeps the size (but for its stride) and its activation.

    Batch normalisation came with the next paper (2015); where it is on, the convolution has no bias and
    eps is torchvision's, which has it from TensorFlow.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        kernel_size: int,
        stride: int = 1,
        activation: str,
        batch_norm: bool,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, channels, kernel_size, stride, padding=kernel_size // 2, bias=not batch_norm
        )
        self.norm = nn.BatchNorm2d(channels, eps=1e-3) if batch_norm else None
        self.act = ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x)
        activated: Tensor = self.act(x)
        return activated


class Inception(nn.Module):
    """Four branches side by side, joined along n_C (figure 2); the columns of table 1 are its arguments."""

    def __init__(
        self,
        in_channels: int,
        n1x1: int,
        n3x3_reduce: int,
        n3x3: int,
        n5x5_reduce: int,
        n5x5: int,
        pool_proj: int,
        *,
        conv: Callable[..., ConvUnit],
        kernel5x5: int,
        reduction: bool,
    ) -> None:
        super().__init__()
        self.conv1x1 = conv(in_channels, n1x1, kernel_size=1)
        self.reduce3x3 = conv(in_channels, n3x3_reduce, kernel_size=1) if reduction else None
        self.conv3x3 = conv(n3x3_reduce if reduction else in_channels, n3x3, kernel_size=3)
        self.reduce5x5 = conv(in_channels, n5x5_reduce, kernel_size=1) if reduction else None
        self.conv5x5 = conv(n5x5_reduce if reduction else in_channels, n5x5, kernel_size=kernel5x5)
        self.pool = nn.MaxPool2d(kernel_size=3, stride=1, padding=1)
        self.pool_proj = conv(in_channels, pool_proj, kernel_size=1) if reduction else None
        self.out_channels = n1x1 + n3x3 + n5x5 + (pool_proj if reduction else in_channels)

    def forward(self, x: Tensor) -> Tensor:
        a = self.conv1x1(x)
        b = self.conv3x3(x if self.reduce3x3 is None else self.reduce3x3(x))
        c = self.conv5x5(x if self.reduce5x5 is None else self.reduce5x5(x))
        d = self.pool(x)
        if self.pool_proj is not None:
            d = self.pool_proj(d)
        return torch.cat([a, b, c, d], 1)  # (n1x1 + n3x3 + n5x5 + pool_proj) x n_H x n_W


class AuxHead(nn.Module):
    """A small classifier on an inner map, which brings gradients to the lower layers (section 5)."""

    def __init__(
        self,
        in_channels: int,
        *,
        num_classes: int,
        conv: Callable[..., ConvUnit],
        adaptive: bool,
        activation: str,
    ) -> None:
        super().__init__()
        # section 5: 5x5 with stride 3, which makes 4x4 of 14x14
        self.avgpool = nn.AdaptiveAvgPool2d(4) if adaptive else nn.AvgPool2d(kernel_size=5, stride=3)
        self.conv = conv(in_channels, 128, kernel_size=1)
        self.fc1 = first_linear(128 * 4 * 4, 1024, fit_input=not adaptive)
        self.act1 = ACTIVATIONS[activation]()
        self.drop = nn.Dropout(0.7)  # section 5: 70 %
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(self.avgpool(x))  # 128 x 4 x 4
        x = torch.flatten(x, 1)  # 2048
        x = self.drop(self.act1(self.fc1(x)))  # 1024
        logits: Tensor = self.fc2(x)  # num_classes
        return logits
