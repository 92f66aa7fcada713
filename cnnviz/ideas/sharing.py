"""A fully connected layer against a convolution on one image: counts, and the convolution as a matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value
from cnnviz.record import Record

Array = npt.NDArray[np.float64]
KERNEL = 3
KERNELS: dict[str, tuple[tuple[int, ...], ...]] = {
    "vertical edge": ((1, 0, -1), (1, 0, -1), (1, 0, -1)),
    "horizontal edge": ((1, 1, 1), (0, 0, 0), (-1, -1, -1)),
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "sum": ((1, 1, 1), (1, 1, 1), (1, 1, 1)),
    "one to nine": ((1, 2, 3), (4, 5, 6), (7, 8, 9)),
}
LEAST_SIDE, MOST_SIDE = 4, 7  # of the image that is drawn
MOST_ROW = (MOST_SIDE - KERNEL + 1) ** 2 - 1  # of its matrix
LAYERS = ("convolution", "fully connected")


class Case(Record):
    """An image, with the two layers that a course compares on it."""

    title: str
    size: int  # n_H = n_W
    channels: int
    units: int  # of the fully connected layer
    kernel: int
    filters: int


CASES: tuple[Case, ...] = (
    Case(title="64×64×3", size=64, channels=3, units=1000, kernel=5, filters=6),
    Case(title="1000×1000×3", size=1000, channels=3, units=1000, kernel=5, filters=6),
    Case(title="32×32×3 to 28×28×6", size=32, channels=3, units=28 * 28 * 6, kernel=5, filters=6),
)


def connected_parameters(size: int, channels: int, units: int) -> int:
    """Weights and biases of a fully connected layer: every unit sees every number."""
    return (size * size * channels + 1) * units


def shared_parameters(kernel: int, channels: int, filters: int) -> int:
    """Weights and biases of a convolution: the image's size is not in it."""
    return (kernel * kernel * channels + 1) * filters


def picture(side: int) -> Array:
    """A small image of whole numbers from 0 to 9, always the same."""
    return np.array(
        [[(3 * i * i + 5 * j + i * j * 2 + 4) % 10 for j in range(side)] for i in range(side)], float
    )


def kernel(name: str) -> Array:
    return np.array(KERNELS[name], dtype=float)


def convolved(x: Array, w: Array) -> Array:
    """The window moved over the image, without padding: what networks call a convolution."""
    seen = np.lib.stride_tricks.sliding_window_view(x, w.shape)
    made: Array = np.einsum("ijkl,kl->ij", seen, w)
    return made


def matrix(w: Array, side: int) -> Array:
    """The convolution as weights of a fully connected layer: a row per output, a column per pixel."""
    count = side - len(w) + 1
    made = np.zeros((count * count, side * side))
    for i in range(count):
        for j in range(count):
            row = made[i * count + j].reshape(side, side)  # a view: what is written there is in the matrix
            row[i : i + len(w), j : j + len(w)] = w
    return made


IDEA = Idea(
    name="sharing",
    title="Fully connected or convolution",
    group="Inside a layer",
    sentence="A convolution is a fully connected layer with most weights 0 and the rest shared: count both.",
    words=r"""
A fully connected layer on an image has a weight for every pair of a pixel and a unit: $n_H \cdot n_W
\cdot n_C$ of them for each unit, and a bias. On 1000×1000×3 pixels with 1000 units those are three
billion.

A convolution says two things about images. **Local connection:** what belongs together lies together, so
an output looks at $f \times f$ pixels alone; all other weights are 0. **Parameter sharing:** what is
worth finding in one place is worth finding in all, so every output has the *same* $f \cdot f \cdot n_C$
weights. The size of the image is not in the count.

The matrix shows both at once. It has a row for each output and a column for each pixel, the image written
as one long vector, row by row. Each row has the kernel in it, one place further to the right: a banded
matrix, the same along its diagonals (a *Toeplitz* matrix, here with blocks). Times the image it is the
convolution, exactly. Turned over, rows for columns, it is the *transposed* convolution, which leads from
the small image back to one of the large size.
""",
    uses=(
        Use(
            network="lenet5", layer="conv1", words="156 parameters; as a full matrix it would be 4.8 million"
        ),
        Use(
            network="alexnet", layer="fc6", words="37,752,832 of its parameters in one fully connected layer"
        ),
        Use(network="vgg16", layer="fc6", words="102,764,544 of 138 million"),
        Use(network="vgg16", layer="block1.conv1_1", words="1,792: the image's size is not in it"),
    ),
    papers=(
        Paper(
            text="LeCun et al. 1989, shared weights read zip codes",
            link="https://doi.org/10.1162/neco.1989.1.4.541",
        ),
        Paper(
            text="Goodfellow et al. 2016, Deep Learning, 9.2: three reasons",
            link="https://www.deeplearningbook.org/contents/convnets.html",
        ),
        Paper(
            text="d2l, 7.1: from fully connected layers to convolutions",
            link="https://d2l.ai/chapter_convolutional-neural-networks/why-conv.html",
        ),
    ),
    places=(
        Place(
            page="convolution",
            words="The window that the matrix writes out, product by product",
        ),
        Place(
            page="bottleneck",
            query=(("trick", "head"),),
            words="Fully connected layers at the end of a network, and what replaces them",
        ),
    ),
    values=(
        Value(name="size", label="image size n_H = n_W", default=64, least=8, most=1000),
        Value(name="channels", label="number of channels", default=3, least=1, most=512),
        Value(name="units", label="number of units", default=1000, least=1, most=10_000),
        Value(name="f", label="kernel size", default=5, least=1, most=11),
        Value(name="filters", label="number of filters", default=6, least=1, most=512),
        Value(name="side", label="side of the small image", default=6, least=LEAST_SIDE, most=MOST_SIDE),
        Value(name="kernel", label="kernel", default="vertical edge", choices=tuple(KERNELS)),
        Value(
            name="layer",
            label="layer of the matrix",
            default="convolution",
            choices=("convolution", "fully connected"),
        ),
        Value(name="row", label="row that is picked", default=5, least=0, most=MOST_ROW),
    ),
)
