"""Networks that other libraries know by name, built without weights; nothing is downloaded."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from cnnviz.architectures.architecture import near_misses
from cnnviz.errors import TargetError, UnknownNameError
from cnnviz.formulas import Shape

if TYPE_CHECKING:
    from torch import nn

    from cnnviz.design import Design


class Model(NamedTuple):
    """A module to be traced, and the input that it is meant for."""

    module: nn.Module
    input_shape: Shape | None = None  # without the batch axis; None where nobody says
    name: str = ""  # of its own; "" where it is called as its target is


def timm_model(name: str, *, real: bool) -> Model:
    """The network that timm has under this name: `resnet50d`, `resnet50.a1_in1k`."""
    timm = _library("timm", "timm")
    _known(name, timm.list_models(), "timm", without_tag=True)
    module = _built(lambda: timm.create_model(name, pretrained=False), f"timm:{name}", real=real)
    size = getattr(module, "pretrained_cfg", {}).get("input_size")
    return Model(module, tuple(size) if size else None)


def torchvision_model(name: str, *, real: bool) -> Model:
    """The network that torchvision has under this name: `resnet18`."""
    models = _library("torchvision", "torchvision.models")
    _known(name, models.list_models(), "torchvision")
    builder = models.get_model_builder(name)
    # Detection and segmentation networks would download the weights of their backbone.
    taken = inspect.signature(builder).parameters
    without = {key: None for key in ("weights", "weights_backbone") if key in taken}
    module = _built(lambda: builder(**without), f"torchvision:{name}", real=real)
    published = next(iter(models.get_model_weights(name)), None)
    side = getattr(getattr(published, "transforms", None), "keywords", {}).get("crop_size")
    return Model(module, (3, side, side) if isinstance(side, int) else None)


def design_model(word: str, *, real: bool) -> Model:
    """The design that the app's links know by this word."""
    from cnnviz.design import unpacked

    return _designed(unpacked(word), real=real)


def design_file(path: str, *, real: bool) -> Model:
    """The design in a TOML file."""
    from cnnviz.design import read

    return _designed(read(path), real=real)


def _designed(design: Design, *, real: bool) -> Model:
    from cnnviz.capture import on_meta
    from cnnviz.design.torch_module import torch_module

    module = torch_module(design) if real else on_meta(lambda: torch_module(design))
    return Model(module.eval(), design.input_shape, design.name)


def _library(package: str, module: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] == package:
            raise TargetError(f"{package} is not installed here: pip install {package}") from None
        raise TargetError(f"{package} cannot be imported: {error}") from None
    except (ImportError, RuntimeError, OSError) as error:
        raise TargetError(_misfit(package, error)) from None


def _misfit(package: str, error: Exception) -> str:
    if "torchvision::" in str(error):
        return (
            f"{package} cannot be imported: the installed torchvision was built for another torch ({error}); "
            "install the torchvision that goes with this torch, from the same place as torch"
        )
    return f"{package} cannot be imported: {type(error).__name__}: {error}"


def _known(name: str, names: Iterable[str], package: str, *, without_tag: bool = False) -> None:
    known = list(names)
    plain = name.partition(".")[0] if without_tag else name
    if plain not in known:
        raise UnknownNameError(f"{package} has no network {name!r}{near_misses(plain, known)}")


def _built(build: Callable[[], Any], target: str, *, real: bool) -> nn.Module:
    from cnnviz.capture import on_meta

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made: nn.Module = build() if real else on_meta(build)
    except Exception as error:
        raise TargetError(f"{target} fails: {type(error).__name__}: {error}") from error
    return made.eval()
