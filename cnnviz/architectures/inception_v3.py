"""Rethinking the Inception Architecture for Computer Vision.

Christian Szegedy, Vincent Vanhoucke, Sergey Ioffe, Jonathon Shlens, Zbigniew Wojna; CVPR 2016 (arXiv 2015).
https://arxiv.org/abs/1512.00567
Follows figures 5, 6, 7 and 10 with the channel numbers of the network that Google released, which
torchvision has too; names are those of that release, in small letters.

Differences from the paper:
- The stem is the released one: 1x1 to 80 channels, 3x3 to 192 and a max pool, where table 1 has three 3x3.
- One branch of the 35x35 modules is a 5x5 convolution, where figure 5 has a 3x3.
- The auxiliary head, where it is on, is computed in evaluation too, so that it can be counted.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS

Size = int | tuple[int, int]


class ConvUnit(nn.Module):
    """Convolution, batch norm, activation: every convolution of this network."""

    def __init__(
        self, C_in: int, C_out: int, kernel: Size, *, activation: str, stride: int = 1, padding: Size = 0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(C_in, C_out, kernel, stride=stride, padding=padding, bias=False)
        self.bn = nn.BatchNorm2d(C_out, eps=0.001)  # the released network's
        self.act = ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        activated: Tensor = self.act(self.bn(self.conv(x)))
        return activated


def seven_by_seven(
    C_in: int, C_out: int, *, factorised: bool, activation: str, rows_first: bool = True
) -> nn.Sequential:
    """A 7x7 window as 1x7 and 7x1 (section 3.2), in either order, or as one 7x7 convolution."""
    if not factorised:
        return nn.Sequential(ConvUnit(C_in, C_out, 7, padding=3, activation=activation))
    first, second = ((1, 7), (7, 1)) if rows_first else ((7, 1), (1, 7))
    return nn.Sequential(
        ConvUnit(C_in, C_in, first, padding=(first[0] // 2, first[1] // 2), activation=activation),
        ConvUnit(C_in, C_out, second, padding=(second[0] // 2, second[1] // 2), activation=activation),
    )


class Inception35(nn.Module):
    """Figure 5, on the 35x35 map: two 3x3 in a row instead of a second 5x5."""

    def __init__(self, C_in: int, *, pool_channels: int, activation: str) -> None:
        super().__init__()
        self.branch1x1 = ConvUnit(C_in, 64, 1, activation=activation)
        self.branch5x5 = nn.Sequential(
            ConvUnit(C_in, 48, 1, activation=activation),
            ConvUnit(48, 64, 5, padding=2, activation=activation),
        )
        self.branch3x3dbl = nn.Sequential(
            ConvUnit(C_in, 64, 1, activation=activation),
            ConvUnit(64, 96, 3, padding=1, activation=activation),
            ConvUnit(96, 96, 3, padding=1, activation=activation),
        )
        self.branch_pool = nn.Sequential(
            nn.AvgPool2d(kernel_size=3, stride=1, padding=1),
            ConvUnit(C_in, pool_channels, 1, activation=activation),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.branch1x1(x), self.branch5x5(x), self.branch3x3dbl(x), self.branch_pool(x))
        return torch.cat(branches, 1)  # (64 + 64 + 96 + pool_channels) x 35 x 35


class Reduction35(nn.Module):
    """Figure 10, 35x35 to 17x17: convolutions of stride 2 beside a pool, so that nothing is squeezed."""

    def __init__(self, C_in: int, *, activation: str) -> None:
        super().__init__()
        self.branch3x3 = ConvUnit(C_in, 384, 3, stride=2, activation=activation)
        self.branch3x3dbl = nn.Sequential(
            ConvUnit(C_in, 64, 1, activation=activation),
            ConvUnit(64, 96, 3, padding=1, activation=activation),
            ConvUnit(96, 96, 3, stride=2, activation=activation),
        )
        self.branch_pool = nn.MaxPool2d(kernel_size=3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.branch3x3(x), self.branch3x3dbl(x), self.branch_pool(x))
        return torch.cat(branches, 1)  # (384 + 96 + C_in) x 17 x 17


class Inception17(nn.Module):
    """Figure 6 with n = 7, on the 17x17 map: 7x7 as 1x7 and 7x1."""

    def __init__(self, *, C_7x7: int, factorised: bool, activation: str) -> None:
        super().__init__()
        seven = partial(seven_by_seven, factorised=factorised, activation=activation)
        self.branch1x1 = ConvUnit(768, 192, 1, activation=activation)
        self.branch7x7 = nn.Sequential(ConvUnit(768, C_7x7, 1, activation=activation), *seven(C_7x7, 192))
        self.branch7x7dbl = nn.Sequential(
            ConvUnit(768, C_7x7, 1, activation=activation),
            *seven(C_7x7, C_7x7, rows_first=False),
            *seven(C_7x7, 192, rows_first=False),
        )
        self.branch_pool = nn.Sequential(
            nn.AvgPool2d(kernel_size=3, stride=1, padding=1), ConvUnit(768, 192, 1, activation=activation)
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.branch1x1(x), self.branch7x7(x), self.branch7x7dbl(x), self.branch_pool(x))
        return torch.cat(branches, 1)  # 4 * 192 = 768 x 17 x 17


class Reduction17(nn.Module):
    """17x17 to 8x8, as figure 10 with a 7x7 before the second convolution of stride 2."""

    def __init__(self, *, factorised: bool, activation: str) -> None:
        super().__init__()
        self.branch3x3 = nn.Sequential(
            ConvUnit(768, 192, 1, activation=activation),
            ConvUnit(192, 320, 3, stride=2, activation=activation),
        )
        self.branch7x7x3 = nn.Sequential(
            ConvUnit(768, 192, 1, activation=activation),
            *seven_by_seven(192, 192, factorised=factorised, activation=activation),
            ConvUnit(192, 192, 3, stride=2, activation=activation),
        )
        self.branch_pool = nn.MaxPool2d(kernel_size=3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.branch3x3(x), self.branch7x7x3(x), self.branch_pool(x))
        return torch.cat(branches, 1)  # 320 + 192 + 768 = 1280 x 8 x 8


class Inception8(nn.Module):
    """Figure 7, on the 8x8 map: 1x3 and 3x1 side by side make the representation wide."""

    def __init__(self, C_in: int, *, activation: str) -> None:
        super().__init__()
        self.branch1x1 = ConvUnit(C_in, 320, 1, activation=activation)
        self.branch3x3 = ConvUnit(C_in, 384, 1, activation=activation)
        self.branch3x3_a = ConvUnit(384, 384, (1, 3), padding=(0, 1), activation=activation)
        self.branch3x3_b = ConvUnit(384, 384, (3, 1), padding=(1, 0), activation=activation)
        self.branch3x3dbl = nn.Sequential(
            ConvUnit(C_in, 448, 1, activation=activation),
            ConvUnit(448, 384, 3, padding=1, activation=activation),
        )
        self.branch3x3dbl_a = ConvUnit(384, 384, (1, 3), padding=(0, 1), activation=activation)
        self.branch3x3dbl_b = ConvUnit(384, 384, (3, 1), padding=(1, 0), activation=activation)
        self.branch_pool = nn.Sequential(
            nn.AvgPool2d(kernel_size=3, stride=1, padding=1), ConvUnit(C_in, 192, 1, activation=activation)
        )

    def forward(self, x: Tensor) -> Tensor:
        single = self.branch3x3(x)  # 384 x 8 x 8
        double = self.branch3x3dbl(x)  # 384 x 8 x 8
        branches = (
            self.branch1x1(x),
            self.branch3x3_a(single),
            self.branch3x3_b(single),
            self.branch3x3dbl_a(double),
            self.branch3x3dbl_b(double),
            self.branch_pool(x),
        )
        return torch.cat(branches, 1)  # 320 + 4 * 384 + 192 = 2048 x 8 x 8


class AuxiliaryHead(nn.Module):
    """Figure 8: a classifier on the last 17x17 map, which section 4 calls a regulariser."""

    def __init__(self, num_classes: int, *, activation: str) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(kernel_size=5, stride=3)
        self.conv0 = ConvUnit(768, 128, 1, activation=activation)
        self.conv1 = ConvUnit(128, 768, 5, activation=activation)
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(768, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv0(self.pool(x))  # 128 x 5 x 5
        x = self.conv1(x)  # 768 x 1 x 1
        x = torch.flatten(self.avg_pool(x), 1)  # 768
        logits: Tensor = self.fc(x)  # num_classes
        return logits


class InceptionV3(nn.Module):
    """Inception-v3 for 3x299x299. With `aux_heads` it returns (logits, auxiliary logits).

    Args:
        aux_heads: the auxiliary classifier on mixed_6e.
        factorised: 7x7 convolutions as pairs of 1x7 and 7x1; off, as full 7x7 ones.

    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        num_classes: int = 1000,
        aux_heads: bool = False,
        factorised: bool = True,
        activation: str = "relu",
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.conv_1a_3x3 = ConvUnit(in_channels, 32, 3, stride=2, activation=activation)
        self.conv_2a_3x3 = ConvUnit(32, 32, 3, activation=activation)
        self.conv_2b_3x3 = ConvUnit(32, 64, 3, padding=1, activation=activation)
        self.pool_1 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.conv_3b_1x1 = ConvUnit(64, 80, 1, activation=activation)
        self.conv_4a_3x3 = ConvUnit(80, 192, 3, activation=activation)
        self.pool_2 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.mixed_5b = Inception35(192, pool_channels=32, activation=activation)
        self.mixed_5c = Inception35(256, pool_channels=64, activation=activation)
        self.mixed_5d = Inception35(288, pool_channels=64, activation=activation)
        self.mixed_6a = Reduction35(288, activation=activation)
        self.mixed_6b = Inception17(C_7x7=128, factorised=factorised, activation=activation)
        self.mixed_6c = Inception17(C_7x7=160, factorised=factorised, activation=activation)
        self.mixed_6d = Inception17(C_7x7=160, factorised=factorised, activation=activation)
        self.mixed_6e = Inception17(C_7x7=192, factorised=factorised, activation=activation)
        self.aux = AuxiliaryHead(num_classes, activation=activation) if aux_heads else None
        self.mixed_7a = Reduction17(factorised=factorised, activation=activation)
        self.mixed_7b = Inception8(1280, activation=activation)
        self.mixed_7c = Inception8(2048, activation=activation)
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(2048, num_classes)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        x = self.conv_1a_3x3(x)  # 32 x 149 x 149
        x = self.conv_2a_3x3(x)  # 32 x 147 x 147
        x = self.conv_2b_3x3(x)  # 64 x 147 x 147
        x = self.pool_1(x)  # 64 x 73 x 73
        x = self.conv_3b_1x1(x)  # 80 x 73 x 73
        x = self.conv_4a_3x3(x)  # 192 x 71 x 71
        x = self.pool_2(x)  # 192 x 35 x 35
        x = self.mixed_5b(x)  # 256 x 35 x 35
        x = self.mixed_5d(self.mixed_5c(x))  # 288 x 35 x 35
        x = self.mixed_6a(x)  # 768 x 17 x 17
        x = self.mixed_6e(self.mixed_6d(self.mixed_6c(self.mixed_6b(x))))  # 768 x 17 x 17
        aux = None if self.aux is None else self.aux(x)  # num_classes
        x = self.mixed_7a(x)  # 1280 x 8 x 8
        x = self.mixed_7c(self.mixed_7b(x))  # 2048 x 8 x 8
        x = torch.flatten(self.avg_pool(x), 1)  # 2048
        x = self.fc(self.drop(x))  # num_classes
        return x if aux is None else (x, aux)
