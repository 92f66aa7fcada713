"""Photographs that lie on every machine with cnnviz: they come with scikit-learn and scikit-image.

Nothing is downloaded, and nothing here imports torch.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz.errors import PictureError

SHARPEST = 200  # pixels of the shorter side that are kept: nothing here looks closer


class Photograph(NamedTuple):
    """A photograph, what people call what is on it, and who made it."""

    name: str
    title: str
    file: str  # in the package that it comes with
    credit: str

    @property
    def path(self) -> Path:
        """Raises PictureError where the package has come without it."""
        package, _, inner = self.file.partition("/")
        spec = find_spec(package)
        path = Path(spec.origin or "").parent / inner if spec else Path(inner)
        if not path.is_file():
            raise PictureError(f"the photograph {self.name} is not in this installation of {package}")
        return path


# Each file is in the wheel of its package; the credits are those of the packages' own documentation.
PHOTOGRAPHS = (
    Photograph(
        "cat", "cat", "skimage/data/chelsea.png", "Chelsea the cat; Stéfan van der Walt, public domain (CC0)"
    ),
    Photograph("astronaut", "astronaut", "skimage/data/astronaut.png", "Eileen Collins; NASA, public domain"),
    Photograph(
        "coffee",
        "cup of coffee",
        "skimage/data/coffee.png",
        "Pikolo Espresso Bar; Rachel Michetti, public domain (CC0)",
    ),
    Photograph("flower", "flower", "sklearn/datasets/images/flower.jpg", "vultilion, CC BY 2.0"),
    Photograph("temple", "temple", "sklearn/datasets/images/china.jpg", "danielbuechele, CC BY 2.0"),
    Photograph("rocket", "rocket", "skimage/data/rocket.jpg", "Falcon 9; SpaceX, public domain (CC0)"),
    Photograph("galaxies", "galaxies", "skimage/data/hubble_deep_field.jpg", "Hubble; NASA, public domain"),
    Photograph(
        "retina", "retina of an eye", "skimage/data/retina.jpg", "Häggström 2014, public domain (CC0)"
    ),
    Photograph(
        "photographer", "photographer", "skimage/data/camera.png", "Lav Varshney, public domain (CC0)"
    ),
    Photograph("coins", "coins", "skimage/data/coins.png", "Brooklyn Museum, no known restrictions"),
    Photograph("page", "printed page", "skimage/data/page.png", "scanned for scikit-image"),
    Photograph("brick", "brick wall", "skimage/data/brick.png", "CC0 Textures, public domain"),
    Photograph("grass", "grass", "skimage/data/grass.png", "linolafett, public domain (CC0)"),
    Photograph("gravel", "gravel", "skimage/data/gravel.png", "CC0 Textures, public domain"),
)
BY_NAME = {photograph.name: photograph for photograph in PHOTOGRAPHS}


@lru_cache(maxsize=len(PHOTOGRAPHS))
def pixels(name: str) -> NDArray[np.uint8]:
    """A photograph, height x width x 3, its shorter side scaled to 200 pixels."""
    with Image.open(BY_NAME[name].path) as image:
        scale = SHARPEST / min(image.size)
        size = (round(image.width * scale), round(image.height * scale))
        return np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))


@lru_cache(maxsize=3 * len(PHOTOGRAPHS))
def scaled(name: str, side: int, *, bicubic: bool) -> NDArray[np.uint8]:
    """A photograph, height x width x 3, its shorter side scaled as torchvision does it."""
    with Image.open(BY_NAME[name].path) as image:
        return np.asarray(with_side(image.convert("RGB"), side, bicubic=bicubic))


def with_side(image: Image.Image, side: int, *, bicubic: bool) -> Image.Image:
    """The image with that many pixels in its shorter side: `torchvision.transforms.Resize` to one number."""
    width, height = image.size
    if min(width, height) == side:
        return image
    size = (side, int(side * height / width)) if width <= height else (int(side * width / height), side)
    return image.resize(size, Image.Resampling.BICUBIC if bicubic else Image.Resampling.BILINEAR)
