"""What a run trains: a network of the catalogue or of the laboratory, made to fit the images, or a design."""

from __future__ import annotations

import torch
from torch import nn

from cnnviz.architectures.architecture import Value
from cnnviz.architectures.resnet import ResidualBlock
from cnnviz.design import Design
from cnnviz.design.torch_blocks import Bottleneck, Inverted, Residual
from cnnviz.design.torch_module import torch_module
from cnnviz.errors import OptionError
from cnnviz.training.data import Images
from cnnviz.training.designs import design_of, fits
from cnnviz.training.laboratory import network_of
from cnnviz.training.settings import Settings


def built(wanted: Settings, data: Images) -> nn.Module:
    """The network, with weights as the settings say. Raises OptionError where it cannot take the images."""
    model = _of_name(wanted, data) if (design := design_of(wanted)) is None else _of_rows(design, data)
    _initialise(model, wanted["init"])
    if wanted["zero_residual"]:
        _begin_as_identity(model)
    return model


def _of_rows(design: Design, data: Images) -> nn.Module:
    fits(design, data.name, data.shape, len(data.classes))
    return torch_module(design)


def _of_name(wanted: Settings, data: Images) -> nn.Module:
    options: dict[str, Value] = {
        **dict(wanted.network_options),
        "in_channels": data.shape[0],
        "num_classes": len(data.classes),
    }
    model = network_of(wanted.network, options).build()
    try:
        with (
            torch.no_grad()
        ):  # not inference_mode: lazy layers get their weights here, which are to be trained
            model.eval()(data.train[:2].cpu())
    except (RuntimeError, ValueError) as error:
        shape = "x".join(map(str, data.shape))
        line = str(error).strip().splitlines()[0]
        raise OptionError(
            f"{wanted.network} cannot take the {shape} images of {data.name}: {line}; image_size scales them"
        ) from None
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
        last: nn.Module | None = None
        if isinstance(block, ResidualBlock):
            last = block.residual[-1]
        elif isinstance(block, Residual):
            last = block.conv2[-1]
        elif isinstance(block, Bottleneck):
            last = block.conv3[-1]
        elif isinstance(block, Inverted) and block.adds:
            last = block.project[-1]
        for parameter in last.parameters() if last is not None else ():
            nn.init.zeros_(parameter)
