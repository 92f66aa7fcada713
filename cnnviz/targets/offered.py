"""Models of one's own that an operator starts the app with: each is opened once, before anybody visits."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cnnviz import onnx
from cnnviz.errors import CnnvizError, ReplayError, ShapeError, UnknownNameError
from cnnviz.formulas import Shape
from cnnviz.targets import opened, trace
from cnnviz.targets.kinds import of_catalogue, suffix
from cnnviz.trace import Trace

if TYPE_CHECKING:
    from torch import nn

ENVIRONMENT = "CNNVIZ_MODELS"  # the targets as a JSON list: how `cnnviz app` hands them on to its server


OTHER_INPUTS: tuple[Shape, ...] = ((1, 224, 224), (3, 32, 32), (1, 32, 32), (1, 28, 28))


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A model that the operator named, and its trace at its usual input."""

    name: str  # what the picker and links know it by
    model: nn.Module | onnx.Network
    first: Trace

    @property
    def input_shape(self) -> Shape:
        return self.first.input_shapes[0]

    def at(self, shape: Shape) -> Trace:
        """The model at another input. Raises CnnvizError."""
        try:
            return self.first.at(shape)
        except ReplayError:
            if isinstance(self.model, onnx.Network):
                return self.model.trace([shape])
            return trace(self.model, shape).replace(model=self.name)


@lru_cache(maxsize=1)
def offered() -> Mapping[str, Offered]:
    """What this process was started with, by name. Raises CnnvizError for a target that does not work."""
    found = map(_offered, json.loads(os.environ.get(ENVIRONMENT, "[]")))
    return {one.name: one for one in found}


def environment(targets: Sequence[str]) -> dict[str, str]:
    """What hands the targets on to the server's process; each is tried first. Raises CnnvizError."""
    for target in targets:
        _offered(target)
    return {ENVIRONMENT: json.dumps(list(targets))} if targets else {}


def _offered(target: str) -> Offered:
    if of_catalogue(target):
        raise UnknownNameError(
            f"{target!r} is not a model of one's own, and the catalogue is in the app anyway: give "
            "package.module:callable, timm:NAME, torchvision:NAME or an ONNX file"
        )
    if suffix(target) == ".onnx":
        network = onnx.opened(Path(target))
        return _checked(Offered(name=network.name, model=network, first=network.trace([network.usual_shape])))
    if suffix(target):
        raise UnknownNameError(f"{target!r} cannot be offered in the app")
    model, shape = opened(target)
    return _checked(Offered(name=target, model=model, first=_first(model, shape).replace(model=target)))


def _first(model: nn.Module, shape: Shape) -> Trace:
    """The trace at the usual input, or else at that of grey and of small images."""
    try:
        return trace(model, shape)
    except ShapeError as error:
        for other in OTHER_INPUTS:
            with suppress(CnnvizError):
                return trace(model, other)
        raise error


def _checked(one: Offered) -> Offered:
    if len(one.first.input_shapes) != 1 or len(one.input_shape) != 3:
        raise ShapeError(f"{one.name} does not take one image (channels, height, width), as the app shows it")
    return one
