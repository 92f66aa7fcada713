"""Kernels that everybody knows, kernels that networks learned, and which of them are alike. No torch here."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.inside import shipped

Rows = tuple[tuple[float, ...], ...]
Array = NDArray[np.float64]

FIRST = {"lenet5": "conv1", "resnet20": "conv1", "photo": "conv1"}  # the layer that sees the image
ANGLES = (0, 45, 90, 135)  # degrees


class Kernel(NamedTuple):
    """A kernel with its name, row by row."""

    name: str
    rows: Rows


class Match(NamedTuple):
    """The classic kernel that a filter is most like, and how much: 1 is the same but for its size."""

    name: str
    similarity: float  # the cosine of the angle between the two, from 0 to 1


@lru_cache(maxsize=1)
def learned_kernels() -> tuple[Kernel, ...]:
    """The first kernels of the networks that come with the package, as plain numbers.

    Those that look at a colour image are added up over its channels: what they do to a grey one.
    """
    found = []
    for name, layer in FIRST.items():
        for number, kernel in enumerate(shipped.weights(name)[f"{layer}.weight"]):
            grey = kernel.sum(0) if kernel.shape[0] == 3 else kernel[0]
            rows = tuple(tuple(round(float(value), 4) for value in row) for row in grey)
            found.append(Kernel(f"{shipped.BY_NAME[name].title}: {layer}, filter {number}", rows))
    return tuple(found)


def classic(side: int) -> dict[str, Array]:
    """Classic edge filters and a few others as arrays of that side, each of size 1.

    Edges are the derivative of a bell, bars and spots its second derivative (Sobel's and Prewitt's kernels
    are small versions of the first): they exist for every side.
    """
    axis = np.arange(side) - (side - 1) / 2
    spread = max(side / 5, 0.6)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    bell = np.exp(-(x**2 + y**2) / (2 * spread**2))
    found = {}
    # The gradient's angle, rows counted downwards; the edge itself is perpendicular to it.
    names = {0: "vertical", 45: "diagonal /", 90: "horizontal", 135: "diagonal \\"}
    for angle in ANGLES:
        turned = x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle))
        found[f"{names[angle]} edge"] = turned * bell
        found[f"{names[angle]} bar"] = _even(turned, bell, spread)
    radius = (x**2 + y**2) / spread**2
    found["spot (Laplacian)"] = (2 - radius) * bell
    found["blur (Gaussian)"] = bell
    found = {
        name: kernel if name.startswith("blur") else kernel - kernel.mean() for name, kernel in found.items()
    }
    return {name: kernel / np.linalg.norm(kernel) for name, kernel in found.items()}


def _even(turned: Array, bell: Array, spread: float) -> Array:
    bar: Array = (1 - turned**2 / spread**2) * bell
    return bar


def best_match(kernel: Array) -> Match:
    """The classic kernel that a 2-D kernel is most like, whichever sign it has."""
    size = float(np.linalg.norm(kernel))
    if size == 0:
        return Match("nothing", 0.0)
    alike = {name: abs(float((kernel * other).sum())) / size for name, other in classic(len(kernel)).items()}
    name = max(alike, key=lambda known: alike[known])
    return Match(name, min(1.0, alike[name]))
