"""Images to train on, as tensors that lie ready: no loader, no copies while a network trains."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.errors import OptionError
from cnnviz.training import composed
from cnnviz.training.datasets import DIGITS, FOLDER_PREFIX, LETTERS, described, own_folder
from cnnviz.training.files import Pixels, read
from cnnviz.training.imagenet import side, weights_of
from cnnviz.training.own_images import read_folder
from cnnviz.training.settings import IMAGENET, Settings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Images:
    """Training and test images, N x C x H x W, with mean 0 and deviation 1 over the training images."""

    name: str
    classes: tuple[str, ...]
    train: Tensor
    train_labels: Tensor  # N, whole numbers
    test: Tensor
    test_labels: Tensor
    fixed: bool = True  # always the same; False where its owner may change it at any time
    mean: tuple[float, ...] = ()  # of each channel, where black is 0 and white is 1; (): not known
    deviation: tuple[float, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, height, width."""
        return tuple(self.train.shape[1:])

    def to(self, device: torch.device) -> Images:
        tensors = {name: getattr(self, name).to(device) for name in _TENSORS}
        return replace(self, **tensors)


_TENSORS = ("train", "train_labels", "test", "test_labels")
DIGITS_TRAIN = 1297  # of 1,797; the other 500 are for the test
MOST_BYTES = 2e9  # of the images of a run once they are scaled; CIFAR-10 as it is takes 0.7
# What torchvision's weights were trained with: https://pytorch.org/vision/stable/models.html
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


def images(wanted: Settings, whole: Images | None = None) -> Images:
    """The images of a run: resized, cut short, mixed up or sorted as its settings say.

    Args:
        whole: what the data set has, where it is not the images themselves but features of theirs.

    """
    features, whole = whole is not None, whole or loaded(wanted.data)
    generator = torch.Generator().manual_seed(wanted.seed)
    train, labels = whole.train, whole.train_labels
    if wanted["images"]:
        if wanted["images"] > len(train):
            raise OptionError(
                f"{wanted.data} has {len(train):,} training images, got images={wanted['images']}"
            )
        chosen = torch.randperm(len(train), generator=generator)[: wanted["images"]]
        train, labels = train[chosen], labels[chosen]
    if wanted["per_class"]:
        chosen = _of_each_class(labels, wanted, whole.classes, generator)
        train, labels = train[chosen], labels[chosen]
    if wanted["label_noise"]:
        labels = _noisy(labels, wanted["label_noise"], len(whole.classes), generator)
    if wanted["sorted_by_class"]:
        order = torch.argsort(labels, stable=True)
        train, labels = train[order], labels[order]
    test = whole.test
    if not features:
        _check_room(wanted, len(train) + len(test), train)
        train, test = (prepared(wanted, part) for part in (train, test))
    return replace(whole, train=train, train_labels=labels, test=test)


def few(wanted: Settings) -> Images:
    """Two images as a run gets them, to try its network on."""
    whole = loaded(wanted.data)
    return replace(whole, train=prepared(wanted, whole.train[:2]))


def prepared(wanted: Settings, part: Tensor) -> Tensor:
    """Images as the network takes them: scaled and, for ImageNet's weights, in three channels."""
    own = int(part.shape[-1])
    if wanted["pretrained"] != IMAGENET:
        size = wanted["image_size"] or own
        return part if (size, size) == tuple(part.shape[2:]) else _resized(part, size)
    size = side(wanted.network, wanted["image_size"], own)
    part = part if size == own else _resized(part, size)
    part = part.expand(-1, 3, -1, -1)  # a grey one three times
    if weights_of(wanted.network).tensorflow:
        deviation, mean = (torch.tensor(v).view(-1, 1, 1) for v in (DEVIATION, MEAN))
        part = (part * deviation + mean) * 2 - 1  # from torchvision's scale to -1 to 1
    return part


def _check_room(wanted: Settings, count: int, like: Tensor) -> None:
    """Raises OptionError where scaled images would not fit into memory."""
    channels, size = int(like.shape[1]), wanted["image_size"]
    if wanted["pretrained"] == IMAGENET:
        size = side(wanted.network, size, int(like.shape[-1]))
    needed = 4 * count * channels * size * size
    if needed > MOST_BYTES:
        most = int(MOST_BYTES / (4 * channels * size * size))
        raise OptionError(
            f"{count:,} images of {size}x{size} would take {needed / 1e9:.1f} GB, and "
            f"{MOST_BYTES / 1e9:g} GB is the most, {most:,} images: set images to fewer, or a smaller size"
        )


def _of_each_class(
    labels: Tensor, wanted: Settings, classes: tuple[str, ...], generator: torch.Generator
) -> Tensor:
    """Which images are taken: as many of every class, in the order of the file."""
    taken = []
    for label, name in enumerate(classes):
        (places,) = torch.nonzero(labels == label, as_tuple=True)
        if len(places) < wanted["per_class"]:
            raise OptionError(
                f"{wanted.data} has {len(places):,} training images of class {name}, "
                f"got per_class={wanted['per_class']}"
            )
        taken.append(places[torch.randperm(len(places), generator=generator)[: wanted["per_class"]]])
    return torch.cat(taken).sort().values


def _noisy(labels: Tensor, share: float, classes: int, generator: torch.Generator) -> Tensor:
    """That share of the labels replaced by random ones, which may be right by chance."""
    wrong = torch.randperm(len(labels), generator=generator)[: round(share * len(labels))]
    mixed = labels.clone()
    mixed[wrong] = torch.randint(classes, (len(wrong),), generator=generator)
    return mixed


def _resized(part: Tensor, size: int) -> Tensor:
    return F.interpolate(part, size=(size, size), mode="bilinear", align_corners=False, antialias=True)


def loaded(name: str) -> Images:
    """A data set by its name.

    Raises UnknownNameError, and DataError where it is missing or broken, which says how to get it.
    """
    data = described(name)
    if data.name in COMES_WITH:
        return COMES_WITH[data.name]()
    if name.startswith(FOLDER_PREFIX):  # not kept: its owner may change it at any time
        found = _normalised(name, data.classes, read_folder(own_folder(name)))
        return replace(found, fixed=False)
    return _published(name)


@lru_cache(maxsize=1)  # CIFAR-10 takes 740 MB
def _published(name: str) -> Images:
    data = described(name)
    return _normalised(name, data.classes, read(data))


def _normalised(name: str, classes: tuple[str, ...], pixels: Pixels) -> Images:
    """Channel by channel: mean 0 and deviation 1 over the training images."""
    axes = (0, 2, 3)
    mean = torch.from_numpy(pixels.train.mean(axes)).float().view(-1, 1, 1)
    deviation = torch.from_numpy(pixels.train.std(axes)).float().clamp(min=1.0).view(-1, 1, 1)
    train, test = (
        torch.from_numpy(part.copy()).float().sub_(mean).div_(deviation)
        for part in (pixels.train, pixels.test)
    )
    return Images(
        name=name,
        classes=classes,
        train=train,
        train_labels=torch.from_numpy(pixels.train_labels.copy()).long(),
        test=test,
        test_labels=torch.from_numpy(pixels.test_labels.copy()).long(),
        mean=tuple((mean / 255).flatten().tolist()),
        deviation=tuple((deviation / 255).flatten().tolist()),
    )


def _digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Grey values from 0 to 16, labels, and which images are for training and for the test."""
    rows = torch.from_numpy(_digit_rows())
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    pixels, labels = rows[:, :-1].float().view(-1, 1, 8, 8), rows[:, -1].long()
    return pixels, labels, order[:DIGITS_TRAIN], order[DIGITS_TRAIN:]


def _digit_rows() -> NDArray[np.int64]:
    """A row for each image: 64 grey values and the label.

    The file is read past scikit-learn, whose import takes two seconds of CPU in every process that trains.
    """
    found = find_spec("sklearn")
    for place in (found and found.submodule_search_locations) or ():
        file = Path(place, "datasets", "data", "digits.csv.gz")
        if file.is_file():
            with gzip.open(file, "rt") as lines:
                return np.loadtxt(lines, delimiter=",", dtype=np.int64)
    from sklearn.datasets import load_digits

    known = load_digits()
    return np.column_stack([known.data, known.target]).astype(np.int64)


@lru_cache(maxsize=1)
def digits() -> Images:
    """8x8 handwritten digits that come with scikit-learn (Alpaydin and Kaynak, UCI, 1998): works offline."""
    pixels, labels, train, test = _digits()
    pixels = pixels / 16  # grey values are 0 to 16
    mean, deviation = pixels[train].mean(), pixels[train].std()
    pixels = (pixels - mean) / deviation
    return Images(
        name="digits",
        classes=tuple(map(str, range(10))),
        train=pixels[train].contiguous(),
        train_labels=labels[train].contiguous(),
        test=pixels[test].contiguous(),
        test_labels=labels[test].contiguous(),
        mean=(float(mean),),
        deviation=(float(deviation),),
    )


@lru_cache(maxsize=1)
def cluttered_digits() -> Images:
    pixels, labels, train, test = _digits()
    grey = (pixels * (255 / 16)).byte().numpy()
    kinds = labels.byte().numpy()
    signs = Pixels(
        train=grey[train.numpy()],
        train_labels=kinds[train.numpy()],
        test=grey[test.numpy()],
        test_labels=kinds[test.numpy()],
    )
    return _normalised("cluttered-digits", DIGITS, composed.cluttered_digits(signs))


@lru_cache(maxsize=1)
def cluttered_letters() -> Images:
    return _normalised("cluttered-letters", LETTERS, composed.cluttered_letters())


COMES_WITH = {
    "digits": digits,
    "cluttered-digits": cluttered_digits,
    "cluttered-letters": cluttered_letters,
}


def augmented(batch: Tensor, kind: str, generator: torch.Generator) -> Tensor:
    """New versions of a batch: N x C x H x W in, the same out."""
    if kind == "none":
        return batch
    n, _, height, width = batch.shape
    uniform = torch.rand((n, 4), generator=generator) * 2 - 1  # in [-1, 1)
    if kind == "flip":
        angle, scale = torch.zeros(n), torch.ones(n)
        mirror = torch.where(uniform[:, 0] < 0, -1.0, 1.0)
        shift = (
            uniform[:, 2:] * 0.125 * 2
        )  # 4 of 32 pixels, as He et al. 2015, section 4.2; widths are 2 here
    else:
        angle, scale = uniform[:, 0] * 0.26, 1 + uniform[:, 1] * 0.15  # 15 degrees, 15 %
        mirror = torch.ones(n)
        shift = uniform[:, 2:] * 0.1 * 2
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = [
        torch.stack([mirror * cos, -sin, shift[:, 0]], 1),
        torch.stack([mirror * sin, cos, shift[:, 1]], 1),
    ]
    grid = F.affine_grid(
        torch.stack(rows, 1).to(batch), [n, batch.shape[1], height, width], align_corners=False
    )
    return F.grid_sample(batch, grid, padding_mode="border", align_corners=False)
