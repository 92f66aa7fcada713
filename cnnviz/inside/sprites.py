"""Many small maps as one picture: a grey PNG, each map with its own scale, and the two ends of each scale."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Values = NDArray[np.float32]
LEVELS = 255


class Sprite(NamedTuple):
    """Maps one beside the other and in rows, in the order in which they came."""

    png: bytes
    columns: int
    low: list[float]  # the value of black in each map
    high: list[float]  # of white


def sprite(maps: Values) -> Sprite:
    """Maps, count x height x width, in a picture that is about as wide as it is high."""
    count, height, width = maps.shape
    low, high = maps.min((1, 2)), maps.max((1, 2))
    span = np.where(high > low, high - low, 1)[:, None, None]
    levels = np.rint((maps - low[:, None, None]) / span * LEVELS).astype(np.uint8)
    columns = max(1, min(count, round((count * height / width) ** 0.5)))
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, height, width), np.uint8)
    padded[:count] = levels
    whole = (
        padded.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, columns * width)
    )
    return Sprite(_png(whole), columns, _short(low), _short(high))


def colours(images: Values) -> tuple[bytes, int]:
    """Pictures in colour from 0 to 1, count x 3 x height x width, as one; and how many lie in a row."""
    count, _, height, width = images.shape
    columns = max(1, round(count**0.5))
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, height, width, 3), np.uint8)
    padded[:count] = np.rint(images.clip(0, 1) * LEVELS).astype(np.uint8).transpose(0, 2, 3, 1)
    tiled = padded.reshape(rows, columns, height, width, 3).swapaxes(1, 2)
    return _png(tiled.reshape(rows * height, columns * width, 3)), columns


def _png(values: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(values).save(out, "PNG", compress_level=3)
    return out.getvalue()


def _short(values: Values) -> list[float]:
    return [float(f"{value:.5g}") for value in values]
