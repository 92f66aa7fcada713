"""Photographs that come with scikit-image, small, for ideas about images."""

from __future__ import annotations

import io
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnnviz.picture import small_picture

Array = npt.NDArray[np.float64]
SAMPLES = {"cat": "chelsea.png", "coffee": "coffee.png", "rocket": "rocket.jpg"}  # all CC0
OWN = "own"  # the reader's


@lru_cache(maxsize=len(SAMPLES))
def sample(name: str) -> bytes:
    """One of the photographs as a JPEG of at most 256 pixels a side."""
    spec = find_spec("skimage")
    folder = Path((spec.origin if spec else None) or "").parent / "data"
    return small_picture((folder / SAMPLES[name]).read_bytes())


def square(jpeg: bytes, side: int) -> bytes:
    """The middle of an image as a square JPEG of that side."""
    return _jpeg(_square(jpeg, side))


def pixels(jpeg: bytes, side: int) -> Array:
    """The middle of an image, side x side x 3, from 0 to 255."""
    return np.asarray(_square(jpeg, side), dtype=float)


def _square(jpeg: bytes, side: int) -> Image.Image:
    with Image.open(io.BytesIO(jpeg)) as image:
        width, height = image.size
        short = min(width, height)
        left, top = (width - short) // 2, (height - short) // 2
        box = (left, top, left + short, top + short)
        return image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS, box=box)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
