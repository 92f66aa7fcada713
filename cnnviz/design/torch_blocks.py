"""The kinds of rows as torch modules. Exported code has these classes, word for word.

Nothing imports this file: `code.py` reads it as text.
"""

import torch
from torch import Tensor, nn


class ConvUnit(nn.Sequential):
    """A convolution with what follows it: batch norm, an activation, or neither."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        batch_norm: bool = False,
        activation: type[nn.Module] | None = None,
        bias: bool | None = None,
    ) -> None:
        super().__init__()
        bias = not batch_norm if bias is None else bias  # batch norm has a bias of its own
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride, padding, dilation, groups, bias)
        if batch_norm:
            self.bn = nn.BatchNorm2d(channels)
        if activation is not None:
            self.act = activation()


class LinearUnit(nn.Sequential):
    """A fully connected layer and its activation."""

    def __init__(
        self, in_features: int, features: int, *, activation: type[nn.Module], bias: bool = True
    ) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, features, bias)
        self.act = activation()


class ZeroPadding(nn.Module):
    """A shortcut without weights: every stride-th pixel, and zeros for the channels that are new."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.new_channels = channels - in_channels
        self.subsample = nn.MaxPool2d(1, stride) if stride > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        if self.subsample is not None:
            x = self.subsample(x)
        if self.new_channels:
            x = nn.functional.pad(x, (0, 0, 0, 0, 0, self.new_channels))
        return x


def make_shortcut(
    in_channels: int, channels: int, stride: int, kind: str, *, batch_norm: bool, bias: bool | None
) -> nn.Module | None:
    """What brings the input of a residual block to the shape of its output; None where it has that."""
    if in_channels == channels and stride == 1:
        return None
    if kind == "padding":
        return ZeroPadding(in_channels, channels, stride)
    bias = not batch_norm if bias is None else bias
    norm = batch_norm and kind == "projection"
    return ConvUnit(in_channels, channels, stride=stride, batch_norm=norm, bias=bias)


class Residual(nn.Module):
    """Two convolutions, and a shortcut around them: y = act(conv2(conv1(x)) + x)."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        kernel: int = 3,
        *,
        activation: type[nn.Module] | None = nn.ReLU,
        batch_norm: bool = True,
        shortcut: str = "projection",
        bias: bool | None = None,
    ) -> None:
        super().__init__()
        same = kernel // 2
        self.conv1 = ConvUnit(
            in_channels,
            channels,
            kernel,
            stride=stride,
            padding=same,
            batch_norm=batch_norm,
            activation=activation,
            bias=bias,
        )
        self.conv2 = ConvUnit(channels, channels, kernel, padding=same, batch_norm=batch_norm, bias=bias)
        self.shortcut = make_shortcut(
            in_channels, channels, stride, shortcut, batch_norm=batch_norm, bias=bias
        )
        self.act = activation() if activation else None

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2(self.conv1(x))
        y = y + (x if self.shortcut is None else self.shortcut(x))
        return self.act(y) if self.act else y


class Bottleneck(nn.Module):
    """1x1 down to few channels, 3x3 on these, 1x1 up again, and a shortcut around them."""

    def __init__(
        self,
        in_channels: int,
        width: int,
        channels: int,
        stride: int = 1,
        *,
        stride_in: str = "3x3",
        groups: int = 1,
        activation: type[nn.Module] | None = nn.ReLU,
        batch_norm: bool = True,
        shortcut: str = "projection",
        bias: bool | None = None,
    ) -> None:
        super().__init__()
        first, second = (stride, 1) if stride_in == "1x1" else (1, stride)
        self.conv1 = ConvUnit(
            in_channels, width, stride=first, batch_norm=batch_norm, activation=activation, bias=bias
        )
        self.conv2 = ConvUnit(
            width,
            width,
            3,
            stride=second,
            padding=1,
            groups=groups,
            batch_norm=batch_norm,
            activation=activation,
            bias=bias,
        )
        self.conv3 = ConvUnit(width, channels, batch_norm=batch_norm, bias=bias)
        self.shortcut = make_shortcut(
            in_channels, channels, stride, shortcut, batch_norm=batch_norm, bias=bias
        )
        self.act = activation() if activation else None

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv3(self.conv2(self.conv1(x)))
        y = y + (x if self.shortcut is None else self.shortcut(x))
        return self.act(y) if self.act else y


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


class Separable(nn.Sequential):
    """One filter for each channel, then 1x1 across the channels."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        kernel: int = 3,
        *,
        activation: type[nn.Module] | None = nn.ReLU,
        batch_norm: bool = True,
        bias: bool | None = None,
    ) -> None:
        super().__init__()
        self.depthwise = ConvUnit(
            in_channels,
            in_channels,
            kernel,
            stride=stride,
            padding=kernel // 2,
            groups=in_channels,
            batch_norm=batch_norm,
            activation=activation,
            bias=bias,
        )
        self.pointwise = ConvUnit(
            in_channels, channels, batch_norm=batch_norm, activation=activation, bias=bias
        )


class SqueezeExcite(nn.Module):
    """Weighs each channel by a number between 0 and 1 that the whole map decides."""

    def __init__(self, channels: int, squeezed: int, *, activation: type[nn.Module] | None = nn.ReLU) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(channels, squeezed, 1)
        self.act = activation() if activation else None
        self.expand = nn.Conv2d(squeezed, channels, 1)
        self.gate = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        y = self.reduce(self.pool(x))
        if self.act:
            y = self.act(y)
        weights: Tensor = self.gate(self.expand(y))
        return x * weights


class Inverted(nn.Module):
    """1x1 up, a filter for each channel, 1x1 down without activation; a shortcut where shapes agree."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        expansion: int = 6,
        stride: int = 1,
        kernel: int = 3,
        *,
        activation: type[nn.Module] | None = nn.ReLU6,
        squeeze: int = 0,
    ) -> None:
        super().__init__()
        inside = in_channels * expansion
        self.expand = None
        if expansion > 1:
            self.expand = ConvUnit(in_channels, inside, batch_norm=True, activation=activation)
        self.depthwise = ConvUnit(
            inside,
            inside,
            kernel,
            stride=stride,
            padding=kernel // 2,
            groups=inside,
            batch_norm=True,
            activation=activation,
        )
        self.squeeze_excite = None
        if squeeze:
            self.squeeze_excite = SqueezeExcite(inside, max(1, in_channels // squeeze), activation=activation)
        self.project = ConvUnit(inside, channels, batch_norm=True)
        self.adds = stride == 1 and in_channels == channels

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.depthwise(self.expand(x) if self.expand else x)
        if self.squeeze_excite:
            y = self.squeeze_excite(y)
        y = self.project(y)
        return y + x if self.adds else y


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
