"""Blocks with a shortcut around them."""

from torch import Tensor, nn

from cnnviz.design.torch_blocks.units import ConvUnit


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
