"""Very Deep Convolutional Networks for Large-Scale Image Recognition.

Karen Simonyan, Andrew Zisserman; ICLR 2015 (arXiv 2014).
https://arxiv.org/abs/1409.1556
Follows table 1: column A is VGG-11, B is VGG-13, D is VGG-16, E is VGG-19.

Differences from the paper:
- Batch normalisation, where it is on, is an idea of 2015; it stands between a convolution and its
  activation, as in torchvision's `_bn` networks.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS, first_linear

# Table 1: how many 3x3 convolutions stand in each of the five blocks.
CONFIGURATIONS: dict[str, tuple[int, int, int, int, int]] = {
    "A": (1, 1, 2, 2, 2),  # 8 + 3 = 11 weight layers
    "B": (2, 2, 2, 2, 2),  # 13
    "D": (2, 2, 3, 3, 3),  # 16
    "E": (2, 2, 4, 4, 4),  # 19
}
CHANNELS = (64, 128, 256, 512, 512)  # table 1: doubled after each pool, up to 512


class VGG(nn.Module):
    """Blocks of 3x3 convolutions, each closed by a pool that halves n_H and n_W.

    Args:
        configuration: column of table 1: "A", "B", "D" or "E".
        batch_norm: batch normalisation after each convolution, which keeps its bias as in torchvision.
        width_multiplier: factor on the channels of every convolution.
        fit_input: build fc6 for the input's size instead of for 224x224.

    """

    def __init__(
        self,
        *,
        configuration: str = "D",
        in_channels: int = 3,
        num_classes: int = 1000,
        batch_norm: bool = False,
        width_multiplier: float = 1.0,
        activation: str = "relu",
        dropout: float = 0.5,
        fit_input: bool = True,
    ) -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        block = partial(vgg_block, activation=activation, batch_norm=batch_norm)
        convs = CONFIGURATIONS[configuration]
        width = [int(channels * width_multiplier) for channels in CHANNELS]
        self.block1 = block(1, convs[0], in_channels, width[0])
        self.block2 = block(2, convs[1], width[0], width[1])
        self.block3 = block(3, convs[2], width[1], width[2])
        self.block4 = block(4, convs[3], width[2], width[3])
        self.block5 = block(5, convs[4], width[3], width[4])
        self.fc6 = first_linear(width[4] * 7 * 7, 4096, fit_input=fit_input)
        self.act6 = act()
        self.drop6 = nn.Dropout(dropout)  # section 3.1: the first two fully connected layers
        self.fc7 = nn.Linear(4096, 4096)
        self.act7 = act()
        self.drop7 = nn.Dropout(dropout)
        self.fc8 = nn.Linear(4096, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block1(x)  # 64 x 112 x 112
        x = self.block2(x)  # 128 x 56 x 56
        x = self.block3(x)  # 256 x 28 x 28
        x = self.block4(x)  # 512 x 14 x 14
        x = self.block5(x)  # 512 x 7 x 7
        x = torch.flatten(x, 1)  # 25088
        x = self.drop6(self.act6(self.fc6(x)))  # 4096
        x = self.drop7(self.act7(self.fc7(x)))  # 4096
        logits: Tensor = self.fc8(x)  # num_classes
        return logits


def vgg_block(
    number: int, convs: int, in_channels: int, channels: int, *, activation: str, batch_norm: bool
) -> nn.Sequential:
    """One block of table 1: `convs` convolutions and a pool, named conv3_1, act3_1, ..., pool3."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for i in range(1, convs + 1):
        source = in_channels if i == 1 else channels
        layers[f"conv{number}_{i}"] = nn.Conv2d(source, channels, kernel_size=3, padding=1)
        if batch_norm:
            layers[f"norm{number}_{i}"] = nn.BatchNorm2d(channels)
        layers[f"act{number}_{i}"] = ACTIVATIONS[activation]()
    layers[f"pool{number}"] = nn.MaxPool2d(kernel_size=2, stride=2)
    return nn.Sequential(layers)
