"""Convolutions one after the other: what activations, dropout, batches and learning rates are tried on."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnviz.architectures.layers import ACTIVATIONS


class PlainConvolutions(nn.Module):
    """3x3 convolutions, each with its activation, halved twice on the way, and a fully connected layer.

    Args:
        depth: convolutions.
        width: channels of each.
        dropout: share of the features that is set to zero before the last layer, in training.

    """

    def __init__(
        self,
        *,
        depth: int = 6,
        width: int = 16,
        activation: str = "relu",
        batch_norm: bool = False,
        dropout: float = 0.0,
        in_channels: int = 1,
        num_classes: int = 10,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = in_channels
        for number in range(depth):
            stride = 2 if number in (depth // 3, 2 * depth // 3) else 1
            layers.append(nn.Conv2d(channels, width, 3, stride=stride, padding=1, bias=not batch_norm))
            layers += [nn.BatchNorm2d(width)] if batch_norm else []
            layers.append(ACTIVATIONS[activation]())
            channels = width
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(4 * width, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # width x H/4 x W/4
        x = torch.flatten(self.pool(x), 1)  # 4 width
        logits: Tensor = self.fc(self.dropout(x))  # num_classes
        return logits
