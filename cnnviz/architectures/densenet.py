"""Densely Connected Convolutional Networks.

Gao Huang, Zhuang Liu, Laurens van der Maaten, Kilian Q. Weinberger; CVPR 2017 (arXiv 2016).
https://arxiv.org/abs/1608.06993
Follows table 1 (DenseNet-BC: bottleneck layers, and compression in the transitions).

Differences from the paper:
- None in the layers. DenseNet-161 with growth rate 48 is the authors' released model; table 1 of the final
  paper has DenseNet-264 in its place.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS

# Table 1, and for 161 the authors' released model: layers of the four dense blocks.
LAYERS: dict[int, tuple[int, int, int, int]] = {
    121: (6, 12, 24, 16),
    161: (6, 12, 36, 24),
    169: (6, 12, 32, 32),
    201: (6, 12, 48, 32),
}


class DenseLayer(nn.Module):
    """H of equation 2: joins all earlier outputs and makes `growth_rate` new channels from them.

    The order is batch norm, activation, convolution; with `bottleneck` a 1x1 convolution comes first.
    """

    def __init__(self, C_in: int, growth_rate: int, *, bottleneck: bool, activation: str) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        C_mid = 4 * growth_rate  # section 3: each 1x1 convolution makes 4k feature maps
        self.norm1 = nn.BatchNorm2d(C_in) if bottleneck else None
        self.act1 = act() if bottleneck else None
        self.conv1 = nn.Conv2d(C_in, C_mid, kernel_size=1, bias=False) if bottleneck else None
        C_in = C_mid if bottleneck else C_in
        self.norm2 = nn.BatchNorm2d(C_in)
        self.act2 = act()
        self.conv2 = nn.Conv2d(C_in, growth_rate, kernel_size=3, padding=1, bias=False)

    def forward(self, earlier: list[Tensor]) -> Tensor:
        x = torch.cat(earlier, 1)  # C_in x n_H x n_W
        if self.conv1 is not None and self.norm1 is not None and self.act1 is not None:
            x = self.conv1(self.act1(self.norm1(x)))  # 4 growth_rate x n_H x n_W
        new: Tensor = self.conv2(self.act2(self.norm2(x)))  # growth_rate x n_H x n_W
        return new


class DenseBlock(nn.Module):
    """Layers that each see the block's input and the outputs of all layers before them (figure 1)."""

    def __init__(
        self, C_in: int, layers: int, growth_rate: int, *, bottleneck: bool, activation: str
    ) -> None:
        super().__init__()
        for number in range(layers):
            layer = DenseLayer(
                C_in + number * growth_rate, growth_rate, bottleneck=bottleneck, activation=activation
            )
            self.add_module(f"layer_{number + 1}", layer)

    def forward(self, x: Tensor) -> Tensor:
        features = [x]
        for layer in self.children():
            features.append(layer(features))
        return torch.cat(features, 1)  # (C_in + layers * growth_rate) x n_H x n_W


class Transition(nn.Module):
    """Between dense blocks: a 1x1 convolution compresses the channels, a pool halves the map."""

    def __init__(self, C_in: int, C_out: int, *, activation: str) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(C_in)
        self.act = ACTIVATIONS[activation]()
        self.conv = nn.Conv2d(C_in, C_out, kernel_size=1, bias=False)
        self.pool = nn.AvgPool2d(kernel_size=2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(self.act(self.norm(x)))  # C_out x n_H x n_W
        halved: Tensor = self.pool(x)  # C_out x n_H/2 x n_W/2
        return halved


def compressed(C: int, compression: float) -> int:
    """floor(theta m) of section 3, at least one channel."""
    # rounded first: a product like 0.7 * 10 may come out a little below the whole number it is
    return max(1, int(round(C * compression, 6)))


class DenseNet(nn.Module):
    """DenseNet-121, 161, 169 and 201 for 3x224x224.

    Args:
        depth: number in the network's name, which gives the layers of the four dense blocks.
        growth_rate: channels that each layer adds, the paper's k.
        compression: share of the channels that a transition keeps, the paper's theta.
        bottleneck: a 1x1 convolution before each 3x3, the B of DenseNet-BC.

    """

    def __init__(
        self,
        *,
        depth: int,
        in_channels: int = 3,
        num_classes: int = 1000,
        growth_rate: int = 32,
        compression: float = 0.5,
        bottleneck: bool = True,
        activation: str = "relu",
    ) -> None:
        super().__init__()
        C = 2 * growth_rate  # section 3: the initial convolution has 2k filters
        self.conv1 = nn.Conv2d(in_channels, C, kernel_size=7, stride=2, padding=3, bias=False)
        self.norm1 = nn.BatchNorm2d(C)
        self.act1 = ACTIVATIONS[activation]()
        self.pool1 = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        block = partial(DenseBlock, growth_rate=growth_rate, bottleneck=bottleneck, activation=activation)
        transition = partial(Transition, activation=activation)
        n1, n2, n3, n4 = LAYERS[depth]
        self.dense_block_1 = block(C, n1)
        C1 = C + n1 * growth_rate
        C = compressed(C1, compression)
        self.transition_1 = transition(C1, C)
        self.dense_block_2 = block(C, n2)
        C2 = C + n2 * growth_rate
        C = compressed(C2, compression)
        self.transition_2 = transition(C2, C)
        self.dense_block_3 = block(C, n3)
        C3 = C + n3 * growth_rate
        C = compressed(C3, compression)
        self.transition_3 = transition(C3, C)
        self.dense_block_4 = block(C, n4)
        C4 = C + n4 * growth_rate
        self.norm5 = nn.BatchNorm2d(C4)
        self.act5 = ACTIVATIONS[activation]()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(C4, num_classes)

    def forward(self, x: Tensor) -> Tensor:  # shapes of DenseNet-121
        x = self.act1(self.norm1(self.conv1(x)))  # 64 x 112 x 112
        x = self.pool1(x)  # 64 x 56 x 56
        x = self.dense_block_1(x)  # 256 x 56 x 56
        x = self.transition_1(x)  # 128 x 28 x 28
        x = self.dense_block_2(x)  # 512 x 28 x 28
        x = self.transition_2(x)  # 256 x 14 x 14
        x = self.dense_block_3(x)  # 1024 x 14 x 14
        x = self.transition_3(x)  # 512 x 7 x 7
        x = self.dense_block_4(x)  # 1024 x 7 x 7
        x = self.act5(self.norm5(x))
        x = torch.flatten(self.avg_pool(x), 1)  # 1024
        logits: Tensor = self.classifier(x)  # num_classes
        return logits


class D2LDenseLayer(nn.Module):
    """d2l's convolution block: batch norm, ReLU, 3x3 with a bias, joined to its own input."""

    def __init__(self, C_in: int, growth_rate: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(C_in)
        self.act = nn.ReLU()
        self.conv = nn.Conv2d(C_in, growth_rate, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(self.act(self.norm(x)))  # growth_rate x n_H x n_W
        return torch.cat((x, y), 1)  # (C_in + growth_rate) x n_H x n_W


def d2l_dense_block(C_in: int, growth_rate: int) -> nn.Sequential:
    """Four layers, as in every block of section 8.7."""
    return nn.Sequential(*(D2LDenseLayer(C_in + i * growth_rate, growth_rate) for i in range(4)))


def d2l_transition(C_in: int) -> nn.Sequential:
    """Half the channels by a 1x1 convolution with a bias, half the size by a pool."""
    return nn.Sequential(
        nn.BatchNorm2d(C_in),
        nn.ReLU(),
        nn.Conv2d(C_in, C_in // 2, kernel_size=1),
        nn.AvgPool2d(kernel_size=2, stride=2),
    )


class D2LDenseNet(nn.Module):
    """DenseNet of Dive into Deep Learning, section 8.7: 1x96x96 images of ten kinds of clothes."""

    def __init__(self, *, in_channels: int = 1, num_classes: int = 10, growth_rate: int = 32) -> None:
        super().__init__()
        added = 4 * growth_rate
        self.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3)
        self.norm1 = nn.BatchNorm2d(64)
        self.act1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        C1 = 64 + added
        self.dense_block_1 = d2l_dense_block(64, growth_rate)
        self.transition_1 = d2l_transition(C1)
        C2 = C1 // 2 + added
        self.dense_block_2 = d2l_dense_block(C1 // 2, growth_rate)
        self.transition_2 = d2l_transition(C2)
        C3 = C2 // 2 + added
        self.dense_block_3 = d2l_dense_block(C2 // 2, growth_rate)
        self.transition_3 = d2l_transition(C3)
        C4 = C3 // 2 + added
        self.dense_block_4 = d2l_dense_block(C3 // 2, growth_rate)
        self.norm5 = nn.BatchNorm2d(C4)
        self.act5 = nn.ReLU()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(C4, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.norm1(self.conv1(x)))  # 64 x 48 x 48
        x = self.pool1(x)  # 64 x 24 x 24
        x = self.transition_1(self.dense_block_1(x))  # 96 x 12 x 12
        x = self.transition_2(self.dense_block_2(x))  # 112 x 6 x 6
        x = self.transition_3(self.dense_block_3(x))  # 120 x 3 x 3
        x = self.act5(self.norm5(self.dense_block_4(x)))  # 248 x 3 x 3
        x = torch.flatten(self.avg_pool(x), 1)  # 248
        logits: Tensor = self.classifier(x)  # num_classes
        return logits
