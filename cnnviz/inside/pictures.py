"""Images to look at with a network: those that come along, and a person's own."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cnnviz.errors import OptionError
from cnnviz.inside.imagenet import Scaling
from cnnviz.inside.networks import Trained
from cnnviz.inside.photographs import PHOTOGRAPHS, pixels, scaled, with_side
from cnnviz.picture import whole_picture

SAMPLES = 10
OWN_SIDE = 400  # pixels of the longer side of what a page keeps of a visitor's image
YOURS = "your image"
BRIGHT = 0.5  # a drawing on brighter paper than this is inverted for a network of digits


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image, height x width x channels, black 0 and white 255."""

    name: str  # "digit:3", "cat", or the digest of a person's own
    title: str
    values: NDArray[np.uint8]
    inverted: bool = False

    def pixels(self, shape: tuple[int, ...], scaling: Scaling | None = None) -> Tensor:
        """The middle of the image as a network of this input shape gets it, from 0 to 1.

        `scaling`: as torchvision makes images ready for its networks, to the last digit.
        """
        channels, height, width = shape
        if scaling is not None:
            return _cut_out(self.values, height, width, scaling)
        image = torch.from_numpy(self.values.astype(np.float32)).permute(2, 0, 1) / 255
        image = 1 - image if self.inverted else image
        image = _of_channels(image, channels)
        cut = _middle(image, height / width)
        if cut.shape[1:] == (height, width):
            return cut
        size = (height, width)
        return F.interpolate(cut[None], size=size, mode="bilinear", antialias=True)[0].clamp(0, 1)


def _cut_out(values: NDArray[np.uint8], height: int, width: int, scaling: Scaling) -> Tensor:
    """`torchvision.transforms`' Resize, CenterCrop and ToTensor."""
    image = with_side(Image.fromarray(values), scaling.side, bicubic=scaling.bicubic)
    top, left = round((image.height - height) / 2.0), round((image.width - width) / 2.0)
    cut = image.crop((left, top, left + width, top + height))
    return torch.from_numpy(np.array(cut)).permute(2, 0, 1).float().div(255)


def _of_channels(image: Tensor, channels: int) -> Tensor:
    if image.shape[0] == channels:
        return image
    if channels == 1:
        red, green, blue = image  # as eyes weigh them: ITU-R BT.601
        grey: Tensor = 0.299 * red + 0.587 * green + 0.114 * blue
        return grey[None]
    return image[:1].expand(channels, -1, -1)


def _middle(image: Tensor, ratio: float) -> Tensor:
    """The largest part of that height over width, around the middle."""
    height, width = image.shape[1:]
    tall, wide = min(height, round(width * ratio)), min(width, round(height / ratio))
    top, left = (height - tall) // 2, (width - wide) // 2
    return image[:, top : top + tall, left : left + wide]


def own_picture(contents: bytes, network: Trained | None = None, title: str = YOURS) -> Picture:
    """A person's own image from a file's contents, with all its pixels, read with care. Raises PictureError.

    Networks of digits know light strokes on a dark ground: for them a drawing on white paper is inverted.
    """
    return _own(contents, whole_picture(contents), network, title)


def of_small(jpeg: bytes, network: Trained | None = None) -> Picture:
    """The same from what `small_picture` made."""
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        return _own(jpeg, image.convert("RGB"), network, YOURS)


def _own(contents: bytes, image: Image.Image, network: Trained | None, title: str) -> Picture:
    values = np.asarray(image)
    edge = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    strokes = network is not None and light_on_dark(network.data)
    inverted = bool(strokes and edge.mean() > BRIGHT * 255)
    return Picture(hashlib.sha256(contents).hexdigest()[:32], title, values, inverted)


def light_on_dark(data: str) -> bool:
    """Whether a data set has light strokes on a dark ground."""
    return data in ("digits", "cluttered-digits", "mnist", "cluttered-letters")


def samples(network: Trained) -> tuple[str, ...]:
    """The names of the images that come with a network's data."""
    if network.data == "photographs":
        return tuple(photograph.name for photograph in PHOTOGRAPHS)
    return tuple(f"test:{i}" for i in range(SAMPLES))


def sample(network: Trained, name: str) -> Picture:
    """One of them. Raises OptionError with their names."""
    known = samples(network)
    if name not in known:
        raise OptionError(
            f"{network.title} has no image {name!r:.40}; its images are {known[0]} to {known[-1]}"
            if network.data != "photographs"
            else f"there is no photograph {name!r:.40}; they are {', '.join(known)}"
        )
    if network.data == "photographs":
        title = next(photograph.title for photograph in PHOTOGRAPHS if photograph.name == name)
        if network.scaling is not None:
            return Picture(name, title, scaled(name, network.scaling.side, bicubic=network.scaling.bicubic))
        return Picture(name, title, pixels(name))
    return _tests(network.data)[int(name.removeprefix("test:"))]


@lru_cache(maxsize=4)
def _tests(data: str) -> tuple[Picture, ...]:
    """Test images of a data set: the first one of each class, and then the next ones."""
    from cnnviz.training.data import loaded

    found = loaded(data)
    labels = found.test_labels.tolist()
    first = [labels.index(i) for i in range(len(found.classes)) if i in labels]
    chosen = [*first, *(i for i in range(len(labels)) if i not in set(first))][:SAMPLES]
    mean, deviation = (torch.tensor(values).view(-1, 1, 1) for values in (found.mean, found.deviation))
    pictures = []
    for number, i in enumerate(chosen):
        image: Any = ((found.test[i] * deviation + mean).clamp(0, 1) * 255).round().byte()
        title = f"a test image of class {found.classes[labels[i]]}"
        pictures.append(Picture(f"test:{number}", title, image.permute(1, 2, 0).numpy()))
    return tuple(pictures)
