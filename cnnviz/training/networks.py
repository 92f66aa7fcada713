"""What a run trains: a network of the catalogue or one of the laboratory's, made to fit the images."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from cnnviz.architectures import find
from cnnviz.architectures.architecture import Value
from cnnviz.architectures.layers import ACTIVATIONS
from cnnviz.architectures.resnet import ResidualBlock
from cnnviz.errors import OptionError
from cnnviz.training.data import Images
from cnnviz.training.settings import Settings


class PlainConvolutions(nn.Module):
    """A few 3x3 convolutions, each with its activation, halved twice, and a fully connected layer."""

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
        x = torch.flatten(self.pool(self.features(x)), 1)
        logits: Tensor = self.fc(self.dropout(x))
        return logits


LABORATORY: dict[str, Callable[..., nn.Module]] = {"plain_convolutions": PlainConvolutions}


def built(wanted: Settings, data: Images) -> nn.Module:
    """The network, with weights as the settings say. Raises OptionError where it cannot take the images."""
    options: dict[str, Value] = {
        **dict(wanted.network_options),
        "in_channels": data.shape[0],
        "num_classes": len(data.classes),
    }
    if wanted.network in LABORATORY:
        model = LABORATORY[wanted.network](**options)
    else:
        model = find(wanted.network, options).build()
    try:
        with torch.inference_mode():
            model.eval()(data.train[:2].cpu())  # gives lazy layers their sizes
    except (RuntimeError, ValueError) as error:
        shape = "x".join(map(str, data.shape))
        line = str(error).strip().splitlines()[0]
        raise OptionError(
            f"{wanted.network} cannot take the {shape} images of {data.name}: {line}; image_size scales them"
        ) from None
    _initialise(model, wanted["init"])
    if wanted["zero_residual"]:
        _begin_as_identity(model)
    return model


def _initialise(model: nn.Module, how: str) -> None:
    if how == "network":
        return
    for module in model.modules():
        if not isinstance(module, nn.Conv2d | nn.Linear):
            continue
        if how == "default":
            module.reset_parameters()
        elif how == "he":  # He et al. 2015, "Delving Deep into Rectifiers"
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif how == "xavier":  # Glorot and Bengio 2010
            nn.init.xavier_normal_(module.weight)
        else:
            nn.init.normal_(module.weight, std=0.3)
        if module.bias is not None and how != "default":
            nn.init.zeros_(module.bias)


def _begin_as_identity(model: nn.Module) -> None:
    """The last layer of each residual branch begins with zeros, so that the block passes its input on."""
    for block in model.modules():
        if isinstance(block, ResidualBlock):
            for parameter in block.residual[-1].parameters():
                nn.init.zeros_(parameter)
