"""Gradient-Based Learning Applied to Document Recognition.

Yann LeCun, Léon Bottou, Yoshua Bengio, Patrick Haffner; Proceedings of the IEEE 86(11), 1998.
http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf
`LeNet5Paper` follows section II-B, figure 2 and table I; `LeNet5` is the network that courses teach.

Differences from the paper, in `LeNet5Paper`:
- The code words of the output layer are random, a choice that section II-B allows; the paper draws each
  digit on a 7 x 12 bitmap. They are fixed here as there.
- The output is the negative of the paper's penalty, so that the largest value names the class.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS, first_linear

POOLINGS = {"average": nn.AvgPool2d, "max": nn.MaxPool2d}

# Table I: which maps of S2 feed each of the 16 maps of C3, in the four kinds that the text names.
THREE_CONTIGUOUS = ((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (4, 5, 0), (5, 0, 1))
FOUR_CONTIGUOUS = ((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (3, 4, 5, 0), (4, 5, 0, 1), (5, 0, 1, 2))
FOUR_DISCONTINUOUS = ((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5))


class LeNet5(nn.Module):
    """LeNet-5 as it is taught: every map of conv2 sees all six maps, pooling has no weights.

    Args:
        conv1_padding: 0 for an input of 32; 2 for the 28 of MNIST as it is distributed.
        pooling: "average" as in 1998, or "max" as in later networks.
        fit_input: build fc3 for the input's size instead of for the published one.

    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        num_classes: int = 10,
        conv1_padding: int = 0,
        activation: str = "tanh",
        pooling: str = "average",
        fit_input: bool = True,
    ) -> None:
        super().__init__()
        act, pool = ACTIVATIONS[activation], POOLINGS[pooling]
        self.conv1 = nn.Conv2d(in_channels, 6, kernel_size=5, padding=conv1_padding)
        self.act1 = act()
        self.pool1 = pool(kernel_size=2, stride=2)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.act2 = act()
        self.pool2 = pool(kernel_size=2, stride=2)
        self.fc3 = first_linear(16 * 5 * 5, 120, fit_input=fit_input)
        self.act3 = act()
        self.fc4 = nn.Linear(120, 84)
        self.act4 = act()
        self.fc5 = nn.Linear(84, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.conv1(x))  # 6 x 28 x 28
        x = self.pool1(x)  # 6 x 14 x 14
        x = self.act2(self.conv2(x))  # 16 x 10 x 10
        x = self.pool2(x)  # 16 x 5 x 5
        x = torch.flatten(x, 1)  # 400
        x = self.act3(self.fc3(x))  # 120
        x = self.act4(self.fc4(x))  # 84
        logits: Tensor = self.fc5(x)  # num_classes
        return logits


class LeNet5Paper(nn.Module):
    """LeNet-5 of 1998: 60,000 trainable parameters and code words that are not trained."""

    def __init__(self, *, in_channels: int = 1, num_classes: int = 10, fit_input: bool = True) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(in_channels, 6, kernel_size=5)
        self.squash1 = ScaledTanh()
        self.s2 = Subsampling(6)
        self.squash2 = ScaledTanh()
        self.c3 = ConnectionTable()
        self.squash3 = ScaledTanh()
        self.s4 = Subsampling(16)
        self.squash4 = ScaledTanh()
        # a convolution, says the paper, because on a larger input its maps would be larger than 1 x 1
        self.c5 = nn.Conv2d(16, 120, kernel_size=5)
        self.squash5 = ScaledTanh()
        self.f6 = first_linear(120, 84, fit_input=fit_input)  # 84 = 7 x 12 pixels of a stylised digit
        self.squash6 = ScaledTanh()
        self.output = RadialBasis(84, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squash1(self.c1(x))  # 6 x 28 x 28
        x = self.squash2(self.s2(x))  # 6 x 14 x 14
        x = self.squash3(self.c3(x))  # 16 x 10 x 10
        x = self.squash4(self.s4(x))  # 16 x 5 x 5
        x = self.squash5(self.c5(x))  # 120 x 1 x 1
        x = torch.flatten(x, 1)  # 120
        x = self.squash6(self.f6(x))  # 84
        logits: Tensor = self.output(x)  # num_classes
        return logits


class ScaledTanh(nn.Module):
    """The paper's squashing function A tanh(S a) with A = 1.7159 and S = 2/3 (equation 6, appendix A)."""

    def forward(self, x: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(x * (2 / 3))


class Subsampling(nn.Module):
    """S2 and S4: the sum of four neighbours, times one weight, plus one bias, for each map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.sum = nn.AvgPool2d(kernel_size=2, stride=2, divisor_override=1)  # the paper adds the four
        self.weight = nn.Parameter(torch.full((channels, 1, 1), 0.25))  # starts as the average
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.sum(x)  # n_C x n_H/2 x n_W/2
        return x * self.weight + self.bias


class SelectedMaps(nn.Module):
    """One convolution for several maps of C3, each of which sees only the maps of S2 it is wired to."""

    wiring: Tensor

    def __init__(self, rows: tuple[tuple[int, ...], ...]) -> None:
        super().__init__()
        wiring = [source for row in rows for source in row]
        self.register_buffer("wiring", torch.tensor(wiring), persistent=False)
        # groups keep the selections apart, so only the connections of table I are weights
        self.conv = nn.Conv2d(len(wiring), len(rows), kernel_size=5, groups=len(rows))

    def forward(self, x: Tensor) -> Tensor:
        wired = torch.index_select(x, 1, self.wiring)  # one n_C for each connection of the table
        maps: Tensor = self.conv(wired)  # one n_C for each row
        return maps


class ConnectionTable(nn.Module):
    """C3: 16 maps wired by table I, which breaks the symmetry between maps and saves connections."""

    def __init__(self) -> None:
        super().__init__()
        self.three_contiguous = SelectedMaps(THREE_CONTIGUOUS)  # maps 0-5
        self.four_contiguous = SelectedMaps(FOUR_CONTIGUOUS)  # maps 6-11
        self.four_discontinuous = SelectedMaps(FOUR_DISCONTINUOUS)  # maps 12-14
        self.all_six = nn.Conv2d(6, 1, kernel_size=5)  # map 15

    def forward(self, x: Tensor) -> Tensor:
        maps = [
            self.three_contiguous(x),
            self.four_contiguous(x),
            self.four_discontinuous(x),
            self.all_six(x),
        ]
        return torch.cat(maps, 1)  # 16 x 10 x 10


class RadialBasis(nn.Module):
    """Minus the squared distance to the code word of each class (equation 7)."""

    codes: Tensor

    def __init__(self, features: int, num_classes: int) -> None:
        super().__init__()
        # -1 or +1 with equal chance (section II-B); fixed, so a buffer and not a parameter
        self.register_buffer("codes", torch.randint(0, 2, (num_classes, features)) * 2.0 - 1.0)

    def forward(self, x: Tensor) -> Tensor:
        difference = x.unsqueeze(1) - self.codes  # num_classes x 84
        return -(difference * difference).sum(2)  # num_classes
