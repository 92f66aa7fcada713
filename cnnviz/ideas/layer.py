"""One layer of a convolutional network on a small image: sums over all channels, a bias, an activation."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, tanh

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value

Array = npt.NDArray[np.float64]
SIDE, WINDOW = 6, 3  # of the image that is worked out on screen, and of its filters
CHANNELS = ("red", "green", "blue")
_DRAWN = {  # bright on the left, bright at the top, and a bright corner
    "red": "888111 888111 888111 888111 888111 888111",
    "green": "666666 666666 666666 222222 222222 222222",
    "blue": "111111 111111 111177 111177 111177 111177",
}
IMAGE: tuple[tuple[tuple[int, ...], ...], ...] = tuple(
    tuple(tuple(map(int, row)) for row in _DRAWN[channel].split()) for channel in CHANNELS
)
VERTICAL = ((1, 0, -1),) * 3
HORIZONTAL = ((1, 1, 1), (0, 0, 0), (-1, -1, -1))
FILTERS: dict[str, tuple[tuple[tuple[int, ...], ...], ...]] = {  # a kernel for each channel
    "vertical edges": (VERTICAL,) * 3,
    "horizontal edges": (HORIZONTAL,) * 3,
}
ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "ReLU": lambda z: max(0.0, z),
    "sigmoid": lambda z: 1 / (1 + exp(-z)),
    "tanh": tanh,
    "none": lambda z: z,
}


def sums(kernels: Array, x: Array) -> Array:
    """What each channel adds to each number that comes out: channels x rows x columns."""
    seen = np.lib.stride_tricks.sliding_window_view(x, kernels.shape[1:], axis=(1, 2))
    made: Array = np.einsum("cijkl,ckl->cij", seen, kernels)
    return made


def layer(x: Array, filters: Array, biases: Array, activation: str) -> tuple[Array, Array]:
    """The sums z and activations a of a layer: filters x rows x columns each."""
    z = np.array([sums(kernels, x).sum(axis=0) + bias for kernels, bias in zip(filters, biases, strict=True)])
    a: Array = np.vectorize(ACTIVATIONS[activation], otypes=[float])(z)
    return z, a


def size(n: int, f: int, p: int, s: int) -> int:
    """Rows that come out; 0 or less where the window does not fit."""
    return (n + 2 * p - f) // s + 1


def parameters(f: int, channels: int, filters: int) -> int:
    """Weights and biases: the image's size is not among them."""
    return (f * f * channels + 1) * filters


IDEA = Idea(
    name="layer",
    title="One layer of a convolutional network",
    group="Inside a layer",
    sentence="Filters over all channels, a bias each, an activation: z and a of one layer, number by number.",
    words=r"""
A layer takes a volume $a^{[l-1]}$ and makes another, as a fully connected layer does with vectors:

$$z^{[l]} = W^{[l]} * a^{[l-1]} + b^{[l]}, \qquad a^{[l]} = g(z^{[l]}).$$

A filter has a kernel for **each channel** that comes in. What they make is added up, over the window and
over the channels, to one number; one bias is added, the same wherever the window stands, and the
activation $g$ bends the sum. So a filter makes *one* map, however many channels came in, and a layer
stacks the maps of its filters: the number of filters is the number of channels that come out.

| of layer $l$ | |
|---|---|
| comes in | $n_H^{[l-1]} \times n_W^{[l-1]} \times n_C^{[l-1]}$ |
| one filter | $f^{[l]} \times f^{[l]} \times n_C^{[l-1]}$ |
| comes out | $\lfloor (n^{[l-1]} + 2p^{[l]} - f^{[l]}) / s^{[l]} \rfloor + 1$ rows, $n_C^{[l]}$ channels |
| weights | $f^{[l]} \cdot f^{[l]} \cdot n_C^{[l-1]} \cdot n_C^{[l]}$ |
| biases | $n_C^{[l]}$ |

Ten filters of $3 \times 3 \times 3$ have $(27 + 1) \cdot 10 = 280$ parameters, on an image of any size.
What libraries call a convolution is a cross-correlation: the kernel is not turned round before it is laid
on. For learned weights that makes no difference.
""",
    uses=(
        Use(network="lenet5", layer="conv1", words="six filters on one channel, then tanh"),
        Use(network="alexnet", layer="conv1", words="96 filters of 11x11x3, stride 4"),
        Use(network="vgg16", layer="block1.conv1_1", words="64 filters of 3x3x3, padded"),
        Use(network="resnet50", layer="conv1", words="no bias: the batch normalisation behind it has one"),
    ),
    papers=(
        Paper(text="LeCun et al. 1998, LeNet-5", link="https://doi.org/10.1109/5.726791"),
        Paper(
            text="d2l, 7.4: several channels in, several out",
            link="https://d2l.ai/chapter_convolutional-neural-networks/channels.html",
        ),
        Paper(
            text="cs231n: convolutional networks, with a layer worked out",
            link="https://cs231n.github.io/convolutional-networks/",
        ),
    ),
    places=(
        Place(
            page="convolution",
            query=(("op", "conv"), ("grid", "C=3,m=2"), ("cells", "seed:2")),
            words="Move the window yourself, with any stride and padding",
        ),
        Place(
            page="inside",
            query=(("trained", "lenet5"), ("look", "conv2,map=3,pixel=4x5")),
            words="The same sums, and the bias, in a trained network",
        ),
        Place(page="design", words="Stack layers of your own, with their sizes and costs"),
    ),
    values=(
        Value(name="filter", label="filter", default="vertical edges", choices=tuple(FILTERS)),
        Value(name="row", label="row of the window", default=2, least=0, most=SIDE - WINDOW),
        Value(name="column", label="column of the window", default=1, least=0, most=SIDE - WINDOW),
        Value(name="b1", label="bias of the first filter", default=1, least=-20, most=20),
        Value(name="b2", label="bias of the second filter", default=-2, least=-20, most=20),
        Value(name="g", label="activation", default="ReLU", choices=tuple(ACTIVATIONS)),
        Value(name="n", label="input size n_H = n_W", default=39, least=1, most=512),
        Value(name="c", label="number of channels that come in", default=3, least=1, most=1024),
        Value(name="f", label="filter size", default=3, least=1, most=11),
        Value(name="p", label="padding", default=0, least=0, most=5),
        Value(name="s", label="stride", default=1, least=1, most=4),
        Value(name="k", label="number of filters", default=10, least=1, most=1024),
    ),
)
