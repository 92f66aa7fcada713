"""Blocks whose branches lie side by side."""

import torch
from torch import Tensor, nn

from cnnviz.design.torch_blocks.units import ConvUnit


class Inception(nn.Module):
    """Four branches on the same map, side by side in channels: 1x1, 3x3, 5x5 and pooling."""

    def __init__(
        self,
        in_channels: int,
        n1x1: int,
        reduce3x3: int,
        n3x3: int,
        reduce5x5: int,
        n5x5: int,
        pool_proj: int,
        *,
        kernel: int = 5,
        activation: type[nn.Module] | None = nn.ReLU,
        batch_norm: bool = False,
        bias: bool | None = None,
    ) -> None:
        super().__init__()

        def unit(before: int, channels: int, kernel: int = 1) -> ConvUnit:
            return ConvUnit(
                before,
                channels,
                kernel,
                padding=kernel // 2,
                batch_norm=batch_norm,
                activation=activation,
                bias=bias,
            )

        self.conv1x1 = unit(in_channels, n1x1)
        self.reduce3x3 = unit(in_channels, reduce3x3) if reduce3x3 else None
        self.conv3x3 = unit(reduce3x3 or in_channels, n3x3, 3)
        self.reduce5x5 = unit(in_channels, reduce5x5) if reduce5x5 else None
        self.conv5x5 = unit(reduce5x5 or in_channels, n5x5, kernel)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.pool_proj = unit(in_channels, pool_proj) if pool_proj else None

    def forward(self, x: Tensor) -> Tensor:
        small = self.conv1x1(x)
        middle = self.conv3x3(self.reduce3x3(x) if self.reduce3x3 else x)
        large = self.conv5x5(self.reduce5x5(x) if self.reduce5x5 else x)
        pooled = self.pool(x)
        if self.pool_proj:
            pooled = self.pool_proj(pooled)
        return torch.cat([small, middle, large, pooled], dim=1)


class Fire(nn.Module):
    """1x1 down to few channels, then 1x1 and 3x3 side by side."""

    def __init__(
        self,
        in_channels: int,
        squeeze: int,
        expand1x1: int,
        expand3x3: int,
        *,
        activation: type[nn.Module] | None = nn.ReLU,
    ) -> None:
        super().__init__()
        self.squeeze = ConvUnit(in_channels, squeeze, activation=activation)
        self.expand1x1 = ConvUnit(squeeze, expand1x1, activation=activation)
        self.expand3x3 = ConvUnit(squeeze, expand3x3, 3, padding=1, activation=activation)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x)
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], dim=1)


class DenseLayer(nn.Module):
    """A layer that passes on what came in, and adds channels of its own."""

    def __init__(self, in_channels: int, growth: int, reduce: int = 0, *, bias: bool | None = None) -> None:
        super().__init__()
        bias = bool(bias)  # None: the next layer's batch norm has one of its own
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.act1 = nn.ReLU()
        if reduce:
            self.conv1 = nn.Conv2d(in_channels, reduce, 1, bias=bias)
            self.bn2 = nn.BatchNorm2d(reduce)
            self.act2 = nn.ReLU()
        self.conv2 = nn.Conv2d(reduce or in_channels, growth, 3, padding=1, bias=bias)
        self.reduces = bool(reduce)

    def forward(self, x: Tensor) -> Tensor:
        y = self.act1(self.bn1(x))
        if self.reduces:
            y = self.act2(self.bn2(self.conv1(y)))
        return torch.cat([x, self.conv2(y)], dim=1)


class Dense(nn.Sequential):
    """Layers that each see all that came before."""

    def __init__(
        self, in_channels: int, layers: int, growth: int, reduce: int = 0, *, bias: bool | None = None
    ) -> None:
        super().__init__(
            *(DenseLayer(in_channels + i * growth, growth, reduce, bias=bias) for i in range(layers))
        )
