"""Images of one's own, from a folder with one folder for each class: read with care, made small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from cnnviz.errors import DataError
from cnnviz.training.datasets import FOLDER_SIDE, class_names
from cnnviz.training.files import Pixels

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MOST_IMAGES = 5_000  # 240 MB once they are tensors
MOST_BYTES = 20_000_000  # of one file
MOST_PIXELS = 25_000_000  # of one image; 75 MB once decoded
EVERY = 5  # without a folder for the test every fifth image is for it
NAMED = 5  # broken files that a message names


def read_folder(folder: Path) -> Pixels:
    """The images of FOLDER/CLASS/*, or of FOLDER/train/CLASS/* and FOLDER/test/CLASS/*, as 64x64 in colour.

    Raises DataError, which names files that cannot be read, what is too much, and what is missing.
    """
    classes = class_names(folder)
    if (folder / "train").is_dir():
        train = _files(folder / "train", classes)
        test = _files(folder / "test", classes)
    else:
        everything = _files(folder, classes)
        test = [file for number, file in enumerate(everything) if number % EVERY == EVERY - 1]
        train = [file for number, file in enumerate(everything) if number % EVERY != EVERY - 1]
    if len(train) + len(test) > MOST_IMAGES:
        raise DataError(
            f"{folder} has {len(train) + len(test):,} images, and {MOST_IMAGES:,} is the most: take some away"
        )
    if not test:
        raise DataError(
            f"{folder} has too few images: a network is tested on at least one, of {EVERY} or more"
        )
    broken: list[str] = []
    pixels = [_read_all(part, broken) for part in (train, test)]
    if broken:
        more = f", and {len(broken) - NAMED} more" if len(broken) > NAMED else ""
        raise DataError(
            f"{len(broken)} of {len(train) + len(test):,} images in {folder} cannot be read: "
            f"{'; '.join(broken[:NAMED])}{more}. Mend them or take them away"
        )
    labels = [np.array([label for _, label in part], np.uint8) for part in (train, test)]
    return Pixels(train=pixels[0], train_labels=labels[0], test=pixels[1], test_labels=labels[1])


def _files(folder: Path, classes: tuple[str, ...]) -> list[tuple[Path, int]]:
    """Every image with its class, in the order of names."""
    found = []
    for label, name in enumerate(classes):
        inner = folder / name
        if not inner.is_dir():
            raise DataError(f"there is no folder {inner}, although there is one of that name for training")
        try:
            files = sorted(p for p in inner.iterdir() if p.suffix.lower() in ENDINGS and p.is_file())
        except OSError as error:
            raise DataError(f"{inner} cannot be read: {error.strerror}") from None
        if not files:
            raise DataError(f"{inner} has no images: files that end in {', '.join(ENDINGS)}")
        found += [(path, label) for path in files]
    return found


def _read_all(files: list[tuple[Path, int]], broken: list[str]) -> NDArray[np.uint8]:
    """N x 3 x 64 x 64; what cannot be read is noted in `broken`."""
    pixels = np.zeros((len(files), 3, FOLDER_SIDE, FOLDER_SIDE), np.uint8)
    for number, (path, _) in enumerate(files):
        try:
            pixels[number] = _read_one(path)
        except _UnreadableError as error:
            broken.append(f"{path.parent.name}/{path.name} ({error})")
    return pixels


class _UnreadableError(Exception):
    """Why one file cannot be read."""


def _read_one(path: Path) -> NDArray[np.uint8]:
    """The middle square of the image, 3 x 64 x 64; its stated size is checked before decoding."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise _UnreadableError(f"{size / 1e6:.0f} MB, and {MOST_BYTES / 1e6:.0f} is the most")
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _UnreadableError(f"{image.width}x{image.height} pixels, and 25 million is the most")
            square = ImageOps.fit(image.convert("RGB"), (FOLDER_SIDE, FOLDER_SIDE))
    except UnidentifiedImageError:
        raise _UnreadableError("no image that can be read") from None
    except Image.DecompressionBombError:
        raise _UnreadableError("far too many pixels") from None
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises for broken files
        raise _UnreadableError(str(error) or type(error).__name__) from None
    return np.asarray(square).transpose(2, 0, 1)
