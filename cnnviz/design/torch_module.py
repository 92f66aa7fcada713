"""A design as a torch module, to be run: of the classes of its exported code, with the same paths."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from torch import nn

from cnnviz.design import torch_blocks
from cnnviz.design.built import whole
from cnnviz.design.calls import Call, Torch, made_by
from cnnviz.design.design import Design


def torch_module(design: Design) -> nn.Module:
    """The network, with random weights. Raises DesignError where its rows do not fit together."""
    rows = OrderedDict[str, nn.Module]()
    for row in made_by(whole(design)):
        modules = [_module(call) for call in row.calls]
        rows[row.scope] = modules[0] if len(modules) == 1 else nn.Sequential(*modules)
    return nn.Sequential(rows)


def _module(call: Call) -> nn.Module:
    room: Any = nn if call.name.startswith("nn.") else torch_blocks
    options = {name: _value(value) for name, value in call.options.items()}
    module: nn.Module = getattr(room, call.name.removeprefix("nn."))(*call.positional, **options)
    return module


def _value(value: Any) -> Any:
    return getattr(nn, value.name) if isinstance(value, Torch) else value
