"""Networks of the catalogue with the weights that torchvision publishes, where the file is here."""

from __future__ import annotations

import importlib
from functools import lru_cache

from cnnviz.errors import DataError, OptionError
from cnnviz.targets import trace
from cnnviz.training.imagenet import WEIGHTS, missing, path_of, weights_of

IMAGENET = "imagenet:"  # begins the names: imagenet:resnet18@torchvision
SIDE = 96  # pixels: at 224 a pass would take longer than a click may
CLASSES = 1000


def on_disk(most_macs: int) -> list[tuple[str, str]]:
    """Name and title of each network whose file lies in torch's folder and that is small enough."""
    return [
        (f"{IMAGENET}{name}", f"{name.partition('@')[0]}, ImageNet")
        for name, weights in WEIGHTS.items()
        if path_of(weights).is_file() and not weights.fixed and macs(name) <= most_macs
    ]


@lru_cache(maxsize=len(WEIGHTS))
def macs(network: str) -> int:
    """What an image of `SIDE` pixels takes."""
    return trace(network, (3, SIDE, SIDE)).macs


def known(name: str) -> str:
    """The network of `imagenet:NAME`. Raises OptionError where there are no weights for it."""
    network = name.removeprefix(IMAGENET)
    weights = weights_of(network)
    if weights.fixed:
        raise OptionError(
            f"{network} takes no images smaller than {weights.side}x{weights.side}, which is slow here"
        )
    return next(found for found, of in WEIGHTS.items() if of is weights)


def check_file(name: str) -> None:
    """Raises DataError, which says where the file belongs, where it is not: a page does not download."""
    network = known(name)
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
