"""Small images composed here, hard enough that it helps to have learned something before.

A sign of 8x8 pixels lies somewhere in 16x16, among pieces of other signs and noise. `cluttered-digits` has
handwritten digits of scikit-learn, `cluttered-letters` letters of the font that comes with Pillow, turned,
slanted and stretched. Both are made from a fixed seed, and need no font of the system.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cnnviz.training.datasets import LETTERS
from cnnviz.training.files import Bytes, Pixels

SIDE = 16
SIGN = 8  # pixels of a side of a sign
PIECE = 4  # pixels of a side of the pieces of other signs
PIECES = 3
NOISE = 20.0  # deviation, of 255 grey values
LETTERS_EACH = 200  # for training
LETTERS_TEST = 20
LARGE = 48  # pixels of a side in which a letter is drawn and distorted, before it is made small
STROKE = 2  # pixels of those that its lines grow on each side: as thick as those of the digits

Random = np.random.Generator


def cluttered_letters() -> Pixels:
    """37 kinds of letters, 200 of each for training."""
    random = np.random.default_rng(1)
    train, train_labels = _letters(LETTERS_EACH, random)
    test, test_labels = _letters(LETTERS_TEST, random)
    return Pixels(
        train=cluttered(train, random),
        train_labels=train_labels,
        test=cluttered(test, random),
        test_labels=test_labels,
    )


def cluttered_digits(signs: Pixels) -> Pixels:
    """The same digits that the data set `digits` trains on and tests with, N x 1 x 8 x 8 in grey values."""
    random = np.random.default_rng(2)
    return Pixels(
        train=cluttered(signs.train[:, 0], random),
        train_labels=signs.train_labels,
        test=cluttered(signs.test[:, 0], random),
        test_labels=signs.test_labels,
    )


def cluttered(signs: Bytes, random: Random) -> Bytes:
    """N x 1 x 16 x 16 of signs N x 8 x 8: each at a random place, among pieces of others and noise."""
    canvas = np.zeros((len(signs), SIDE, SIDE))
    for image, sign in zip(canvas, signs, strict=True):
        for other in signs[random.integers(len(signs), size=PIECES)]:
            y, x = random.integers(SIGN - PIECE + 1, size=2)
            _lay(image, other[y : y + PIECE, x : x + PIECE], random.integers(SIDE - PIECE + 1, size=2))
        _lay(image, sign, random.integers(SIDE - SIGN + 1, size=2))
    noisy = canvas + random.normal(0.0, NOISE, canvas.shape)
    made: Bytes = noisy.clip(0, 255).astype(np.uint8)[:, None]
    return made


def _lay(image: NDArray[np.float64], piece: Bytes, corner: NDArray[np.int64]) -> None:
    """The brighter of what is there and what is laid on it."""
    y, x = corner
    part = image[y : y + len(piece), x : x + len(piece)]
    np.maximum(part, piece, out=part)


def _letters(each: int, random: Random) -> tuple[Bytes, Bytes]:
    font = ImageFont.load_default(size=LARGE)
    signs, labels = [], []
    for label, letter in enumerate(LETTERS):
        drawn = Image.new("L", (LARGE, LARGE))
        ImageDraw.Draw(drawn).text(
            (LARGE / 2, LARGE / 2), letter, fill=255, font=font, anchor="mm", stroke_width=STROKE
        )
        signs += [_distorted(drawn, random) for _ in range(each)]
        labels += [label] * each
    return np.stack(signs), np.array(labels, np.uint8)


def _distorted(drawn: Image.Image, random: Random) -> Bytes:
    """Turned by up to 15 degrees, slanted and stretched, and made small."""
    angle, slant = random.uniform(-0.26, 0.26), random.uniform(-0.3, 0.3)
    wide, high = random.uniform(0.8, 1.25, size=2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[wide, slant], [0.0, high]])
    middle = np.array([LARGE / 2, LARGE / 2])
    shift = middle - matrix @ middle  # the middle stays where it is
    numbers = (matrix[0, 0], matrix[0, 1], shift[0], matrix[1, 0], matrix[1, 1], shift[1])
    turned = drawn.transform(drawn.size, Image.Transform.AFFINE, numbers, Image.Resampling.BILINEAR)
    small = np.asarray(turned.resize((SIGN, SIGN), Image.Resampling.BOX), dtype=float)
    made: Bytes = (small * (255 / max(small.max(), 1))).astype(np.uint8)
    return made
