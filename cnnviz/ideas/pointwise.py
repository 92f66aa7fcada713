"""A 1x1 convolution beside a fully connected layer that is applied to every pixel: the same numbers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value
from cnnviz.record import Record

Array = npt.NDArray[np.float64]
SIDE = 3  # of the image that is worked out on screen
MOST_CHANNELS, MOST_FILTERS = 6, 5  # of it


class Example(Record):
    """Small whole numbers that can be worked out by hand."""

    image: tuple[tuple[tuple[int, ...], ...], ...]  # rows, columns, channels
    weights: tuple[tuple[int, ...], ...]  # filters, channels
    biases: tuple[int, ...]


EXAMPLE = Example(
    image=tuple(
        tuple(
            tuple((5 * i + 3 * j + 7 * c + i * j * c) % 10 for c in range(MOST_CHANNELS)) for j in range(SIDE)
        )
        for i in range(SIDE)
    ),
    weights=(
        (1, 0, -1, 2, 0, 1),
        (0, 2, 1, -1, 1, 0),
        (-1, 1, 0, 0, 2, -2),
        (2, -1, 1, 0, -1, 1),
        (1, 1, 1, 1, 1, 1),
    ),
    biases=(0, 1, -2, 3, 0),
)


def convolution(x: Array, w: Array, b: Array) -> Array:
    """Window by window, as a convolution is: n_H x n_W x C in, n_H x n_W x K out; w is K x C."""
    made = np.empty((*x.shape[:2], len(w)))
    for k, (weights, bias) in enumerate(zip(w, b, strict=True)):
        made[:, :, k] = sum(x[:, :, c] * weight for c, weight in enumerate(weights)) + bias
    return made


def per_pixel(x: Array, w: Array, b: Array) -> Array:
    """Every pixel's C numbers as a vector, through one and the same fully connected layer."""
    made: Array = (x.reshape(-1, x.shape[2]) @ w.T + b).reshape(*x.shape[:2], len(w))
    return made


def parameters(channels: int, filters: int) -> int:
    return (channels + 1) * filters


def macs(size: int, channels: int, filters: int) -> int:
    return size * size * filters * channels


@lru_cache(maxsize=4)
def largest_difference(size: int = 28, channels: int = 192, filters: int = 32) -> float:
    """Between both ways, over all outputs of an image and weights at random; they round differently."""
    random = np.random.default_rng(0)
    x = random.standard_normal((size, size, channels))
    w, b = random.standard_normal((filters, channels)), random.standard_normal(filters)
    return float(np.abs(convolution(x, w, b) - per_pixel(x, w, b)).max())


IDEA = Idea(
    name="pointwise",
    title="1×1 convolution",
    group="Inside a layer",
    sentence="A 1×1 convolution is a small fully connected layer at every pixel: the same numbers.",
    words=r"""
On one channel a 1×1 kernel only multiplies by a number. On $n_C$ channels it is a weighted sum of all the
numbers at one pixel: $z_k = \sum_c w_{kc} \, x_c + b_k$. That is what a fully connected layer does to a
vector, $z = W x + b$, with the same $W$ at every pixel. It mixes channels and leaves positions alone:
*Network in Network*.

**What for:** it changes $n_C$ and nothing else. From 28×28×192 to 28×28×32 it takes $28 \cdot 28 \cdot 32
\cdot 192$ multiplications, little beside the 5×5 or 3×3 convolution that comes behind it on fewer
channels: the bottleneck of inception and residual blocks. With an activation behind it, it adds depth for
few parameters, and a network whose fully connected layers are written as 1×1 convolutions takes images of
any size.
""",
    uses=(
        Use(network="nin", layer="mlpconv1.cccp1", words="two 1x1 after each larger convolution"),
        Use(network="googlenet", layer="inception_3a.reduce3x3.conv", words="from 192 channels to 96"),
        Use(
            network="resnet50",
            layer="conv2_x.block_1.residual.conv1",
            words="in front of the 3x3, and behind it",
        ),
        Use(network="squeezenet1_1", layer="fire2.squeeze", words="squeezes 64 channels to 16"),
        Use(
            network="mobilenet_v1",
            layer="features.conv2.pointwise",
            words="behind each depthwise convolution",
        ),
    ),
    papers=(
        Paper(text="Lin et al. 2013, Network in Network", link="https://arxiv.org/abs/1312.4400"),
        Paper(text="Szegedy et al. 2014, inception", link="https://arxiv.org/abs/1409.4842"),
        Paper(text="Long et al. 2014, fully convolutional", link="https://arxiv.org/abs/1411.4038"),
    ),
    places=(
        Place(
            page="convolution",
            query=(("op", "pointwise"), ("grid", "n=28,C=192,m=32")),
            words="28 × 28 × 192 to 28 × 28 × 32, product by product",
        ),
        Place(
            page="bottleneck",
            query=(("trick", "bottleneck"),),
            words="What it saves in front of a 5x5 convolution, with your numbers",
        ),
        Place(
            page="bottleneck",
            query=(("trick", "inception"),),
            words="The inception module, with and without",
        ),
        Place(
            page="training",
            query=(("preset", "bottleneck"),),
            words="What it costs in accuracy, trained",
        ),
    ),
    values=(
        Value(name="row", label="pixel's row", default=1, least=0, most=SIDE - 1),
        Value(name="column", label="pixel's column", default=1, least=0, most=SIDE - 1),
        Value(name="channels", label="number of channels", default=4, least=1, most=MOST_CHANNELS),
        Value(name="filters", label="number of filters", default=2, least=1, most=MOST_FILTERS),
        Value(name="size", label="size n_H = n_W", default=28, least=1, most=112),
        Value(name="c", label="number of channels in", default=192, least=1, most=1024),
        Value(name="k", label="number of filters of the large layer", default=32, least=1, most=1024),
    ),
)
