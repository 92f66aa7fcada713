"""Convolutions and fully connected layers with what follows them."""

from torch import nn


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
