"""The trained networks that come with the package: what they are, how they were trained, their weights.

The weights are plain arrays of numbers in 16 bits, so that nothing is unpickled and torch is not needed to
read them. `make trained` trains them again, from the settings that are written down here.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.architectures.architecture import near_misses
from cnnviz.errors import UnknownNameError
from cnnviz.inside.photographs import PHOTOGRAPHS
from cnnviz.training.settings import Settings, settings

FOLDER = Path(__file__).parent / "weights"
DIGITS = tuple("0123456789")


class Shipped(NamedTuple):
    """A network that comes with its weights."""

    name: str
    title: str
    about: str  # in words for a class
    shape: tuple[int, int, int]  # of its input: channels, height, width
    classes: tuple[str, ...]
    settings: Settings | None  # of the training laboratory; None: trained on the photographs


SHIPPED = (
    Shipped(
        name="lenet5",
        title="LeNet-5, digits",
        about="LeNet-5 with ReLU and maximum pooling, trained on the 1,297 training digits of scikit-learn, "
        "enlarged from 8x8 to 28x28 pixels.",
        shape=(1, 28, 28),
        classes=DIGITS,
        settings=settings(
            "lenet5@d2l",
            network_options={"activation": "relu", "pooling": "max"},
            image_size=28,
            epochs=20,
            optimizer="adam",
            learning_rate=1e-3,
            init="xavier",
            augment="affine",
        ),
    ),
    Shipped(
        name="resnet20",
        title="ResNet-20, digits",
        about="A residual network with nine blocks (He et al. 2015, section 4.2, with 8 channels in place of "
        "16), trained on the same digits. Its shortcuts can be switched off.",
        shape=(1, 28, 28),
        classes=DIGITS,
        settings=settings(
            "resnet20",
            network_options={"depth": 20, "width": 8},
            image_size=28,
            epochs=16,
            optimizer="adam",
            learning_rate=1e-3,
            augment="affine",
        ),
    ),
    Shipped(
        name="photo",
        title="Photographs",
        about="Three convolutions that learned to tell from a patch of 40x40 pixels which of fourteen "
        "photographs it was cut from. Nobody labelled anything. Of another photograph it says which of the "
        "fourteen it resembles, no more.",
        shape=(3, 96, 96),
        classes=tuple(photograph.title for photograph in PHOTOGRAPHS),
        settings=None,
    ),
)
BY_NAME = {shipped.name: shipped for shipped in SHIPPED}


def found(name: str) -> Shipped:
    """Raises UnknownNameError, with what was probably meant."""
    if name not in BY_NAME:
        raise UnknownNameError(f"there is no trained network {name!r}{near_misses(name, BY_NAME)}")
    return BY_NAME[name]


@lru_cache(maxsize=len(SHIPPED))
def weights(name: str) -> dict[str, NDArray[Any]]:
    """The weights by their names in the network, in 32 bits."""
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as arrays:
        return {
            key: array.astype(np.float32) if array.dtype == np.float16 else array
            for key, array in ((key, arrays[key]) for key in arrays.files)
        }


@lru_cache(maxsize=len(SHIPPED))
def training_record(name: str) -> dict[str, Any]:
    """What came out when it was trained: settings, errors in percent after each epoch, versions, seconds."""
    record: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return record
