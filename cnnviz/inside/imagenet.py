"""Networks of the catalogue with the weights that torchvision publishes, where the file is here."""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import NamedTuple

from cnnviz.errors import DataError, LimitError
from cnnviz.inside import limits
from cnnviz.targets import trace
from cnnviz.trace import Trace
from cnnviz.training.imagenet import WEIGHTS, missing, path_of, weights_of

IMAGENET = "imagenet:"  # begins the names: imagenet:resnet18@torchvision
CLASSES = 1000


class Scaling(NamedTuple):
    """How torchvision makes an image ready: its shorter side is scaled, then the middle is cut out."""

    side: int  # pixels of the shorter side
    bicubic: bool  # otherwise bilinear


def on_disk() -> list[tuple[str, str]]:
    """Name and title of each network whose file lies in torch's folder and that a page may look into."""
    return [
        (f"{IMAGENET}{name}", title(name))
        for name, weights in WEIGHTS.items()
        if path_of(weights).is_file() and _bearable(name)
    ]


def title(network: str) -> str:
    """What a page calls it."""
    return f"{network.partition('@')[0]}, ImageNet"


def _bearable(network: str) -> bool:
    try:
        check(network)
    except LimitError:
        return False
    return True


def check(network: str) -> None:
    """Raises LimitError where a page does not look into it."""
    limits.check(network, _traced(network))


@lru_cache(maxsize=len(WEIGHTS))
def _traced(network: str) -> Trace:
    return trace(network, shape(network))


def shape(network: str) -> tuple[int, int, int]:
    """Of the images that it was tested with."""
    crop = weights_of(network).crop
    return 3, crop, crop


def scaling(network: str) -> Scaling:
    """How torchvision makes its images ready."""
    weights = weights_of(network)
    return Scaling(weights.resize, weights.bicubic)


def known(name: str) -> str:
    """The network of `imagenet:NAME`, by its whole name. Raises OptionError where there are no weights."""
    weights = weights_of(name.removeprefix(IMAGENET))
    return next(found for found, of in WEIGHTS.items() if of is weights)


def check_file(name: str) -> None:
    """Raises CnnvizError where a page does not open it: too much, or no file. A page does not download."""
    network = known(name)
    check(network)
    if not path_of(weights_of(network)).is_file():
        raise DataError(missing(network))


@lru_cache(maxsize=1)
def categories() -> tuple[str, ...]:
    """What the classes are called: torchvision knows, and where it is not installed they have numbers."""
    try:
        models = importlib.import_module("torchvision.models")
        found = tuple(models.get_model_weights("resnet18").DEFAULT.meta["categories"])
    except Exception:  # a torchvision that does not fit this torch fails in many ways
        found = ()
    return found if len(found) == CLASSES else tuple(f"class {number}" for number in range(CLASSES))
