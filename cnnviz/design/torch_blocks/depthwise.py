"""Blocks with a filter for each channel, or a weight for each."""

from torch import Tensor, nn

from cnnviz.design.torch_blocks.units import ConvUnit


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
