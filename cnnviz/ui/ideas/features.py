"""Hand-made features: what each step finds in an image, and the kernels that networks learned beside them."""

from __future__ import annotations

import base64
import io
import json
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from PIL import Image

from cnnviz.ideas import features
from cnnviz.ideas.features import Array
from cnnviz.ideas.idea import Idea
from cnnviz.ideas.photos import OWN, square
from cnnviz.ui import own_image, visit
from cnnviz.ui.ideas import photo
from cnnviz.ui.ideas.workbench import values, workbench

_SHOWN = 160  # pixels of the image that lies behind
# Bytes of what comes with one step, at most: together they are less than 10 KB.
_PHOTOGRAPH, _EDGES, _FILTERED = 1700, 2300, 1400
# Of its sides, and of WebP; the last one fits whatever is in it.
_QUALITIES = ((1, 80), (1, 60), (1, 40), (0.85, 40), (0.85, 20), (0.7, 20), (0.7, 5), (0.4, 5))
_KERNELS = "cnnviz.inside.kernels"  # where the first layers of trained networks are, if this package has them


def live(idea: Idea) -> None:
    """The image with what one step finds."""
    now = values(idea)
    jpeg = photo.chosen(now)
    step, number = str(now["step"]), int(now["filter"]) % max(1, len(_learned()))
    if now["of"] == OWN:
        key = ("features", jpeg, step, number)
        found = visit.results().get(key, lambda: _found(jpeg, step, number))
    else:
        found = _shipped(jpeg, step, number)
    workbench(
        idea,
        now,
        kept={"image": _photograph(jpeg), "kernels": _rows()},
        images=photo.choices(),
        steps=features.STEPS,
        side=features.SIDE,
        found=found,
    )


@lru_cache(maxsize=64)
def _shipped(jpeg: bytes, step: str, number: int) -> dict[str, Any]:
    return _found(jpeg, step, number)


def _found(jpeg: bytes, step: str, number: int) -> dict[str, Any]:
    x = features.grey(jpeg)
    return {"step": step, **_STEPS[step](x, number)}


def _edges(x: Array, _: int) -> dict[str, Any]:
    steep = features.edges(x)
    return {"picture": _picture(steep / max(float(steep.max()), 1e-9), _EDGES)}


def _hog(x: Array, _: int) -> dict[str, Any]:
    cells = np.round(99 * features.hog_cells(x)).astype(int)
    return {
        "cells": cells.reshape(-1).tolist(),
        "across": cells.shape[1],
        "directions": features.ORIENTATIONS,
        "numbers": int(features.hog(x).size),
        "block": features.BLOCK,
    }


def _harris(x: Array, _: int) -> dict[str, Any]:
    return {"marks": features.corners(x).places.round(1).tolist()}


def _sift(x: Array, _: int) -> dict[str, Any]:
    found = features.keypoints(x)
    marks = np.column_stack([found.places.round(1), found.sizes.round(1), found.angles.round(2)])
    return {
        "marks": marks.tolist(),
        "numbers": 128,
        "words": features.words_of(found.descriptors).tolist(),
        "count": features.WORDS,
    }


def _daisy(x: Array, _: int) -> dict[str, Any]:
    rows, columns, numbers = features.daisy(x).shape
    return {
        "rows": rows,
        "columns": columns,
        "numbers": numbers,
        "pitch": features.DAISY_STEP,
        "radius": features.DAISY_RADIUS,
    }


def _kernels(x: Array, number: int) -> dict[str, Any]:
    known = _learned()
    if not known:
        return {"name": ""}
    made = features.filtered(x, np.array(known[number][1]))
    size = max(float(np.abs(made).max()), 1e-9)
    return {
        "name": known[number][0],
        "picture": _picture((made / size + 1) / 2, _FILTERED),
        "classic": [_classic(i).tolist() for i in range(4)],
    }


def _classic(number: int) -> Array:
    """Four small edge filters, as people write them down."""
    sobel = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    slant = np.array([[2.0, 1, 0], [1, 0, -1], [0, -1, -2]])
    return (sobel, sobel.T, slant, slant[:, ::-1])[number]


@lru_cache(maxsize=1)
def _learned() -> tuple[tuple[str, tuple[tuple[float, ...], ...]], ...]:
    """Names and kernels of the first layers of the networks that come with the package."""
    if find_spec(_KERNELS.rpartition(".")[0]) is None or find_spec(_KERNELS) is None:
        return ()
    found = import_module(_KERNELS).learned_kernels()
    return tuple((one.name, one.rows) for one in found)[:64]


@lru_cache(maxsize=1)
def _rows() -> str:
    """Their weights to four decimals, as whole numbers of 16 bits."""
    kernels = [np.array(rows) for _, rows in _learned()]
    whole = [np.round(kernel.ravel() * 1e4).astype("<i2") for kernel in kernels]
    numbers = base64.b64encode(b"".join(kernel.tobytes() for kernel in whole)).decode()
    return json.dumps({"sides": [len(kernel) for kernel in kernels], "numbers": numbers})


def _photograph(jpeg: bytes) -> str:
    """The image itself, small."""
    if jpeg == own_image.kept():  # with its visit: it pushes nobody's out
        return visit.results().get(("photograph", jpeg), lambda: _small(jpeg))
    return _small_shipped(jpeg)


@lru_cache(maxsize=4)
def _small_shipped(jpeg: bytes) -> str:
    return _small(jpeg)


def _small(jpeg: bytes) -> str:
    return _within(Image.open(io.BytesIO(square(jpeg, _SHOWN))), _PHOTOGRAPH)


def _picture(x: Array, most: int) -> str:
    """Numbers from 0 to 1 as a grey image."""
    return _within(Image.fromarray(np.round(255 * np.clip(x, 0, 1)).astype(np.uint8)), most)


def _within(image: Image.Image, most: int) -> str:
    """The image as good as so many bytes allow."""
    for part, quality in _QUALITIES:
        out = io.BytesIO()
        size = round(image.width * part), round(image.height * part)
        image.resize(size, Image.Resampling.LANCZOS).save(out, "WEBP", quality=quality)
        if out.tell() <= most:
            break
    return f"data:image/webp;base64,{base64.b64encode(out.getvalue()).decode()}"


_STEPS = {
    "edges": _edges,
    "HOG": _hog,
    "Harris": _harris,
    "SIFT": _sift,
    "DAISY": _daisy,
    "words": _sift,
    "learned": _kernels,
}
