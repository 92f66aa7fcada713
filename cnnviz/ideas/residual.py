"""The residual block: what it has to learn, what it is without weights, and many of them in a row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.chance import MOST_SEED, uniform
from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value
from cnnviz.record import Record

Array = npt.NDArray[np.float64]
VIEWS = ("zero weights", "what is learned", "depth")
MOST_BLOCKS, WIDTH = 20, 16  # of the deep networks


class Block(Record):
    """Small numbers for a block of two layers, to be worked out by hand."""

    a: tuple[float, ...]  # a[l]: behind a ReLU, so never negative
    w1: tuple[tuple[float, ...], ...]
    b1: tuple[float, ...]
    w2: tuple[tuple[float, ...], ...]
    b2: tuple[float, ...]


BLOCK = Block(
    a=(2.0, 0.0, 1.0, 3.0),
    w1=((1.0, -1.0, 0.0, 0.5), (0.0, 2.0, -1.0, 1.0), (-1.0, 0.0, 1.0, 0.0), (0.5, 1.0, 0.0, -1.0)),
    b1=(0.5, -1.0, 1.0, 0.0),
    w2=((-1.0, 0.5, 0.0, 1.0), (0.5, 0.0, 1.0, -1.0), (0.0, -1.0, 2.0, 0.0), (1.0, 0.0, 0.5, -0.5)),
    b2=(1.0, 0.5, -1.0, 0.0),
)


class Seen(NamedTuple):
    """What stands where in the block, with the shortcut and without."""

    z1: Array
    a1: Array
    z2: Array
    plain: Array
    residual: Array


def through(block: Block, weights: float, biases: float) -> Seen:
    """The block on its input, with all weights and biases scaled."""
    a, w1, b1, w2, b2 = (np.array(part) for part in block.as_dict().values())
    z1 = weights * w1 @ a + biases * b1
    a1 = np.maximum(z1, 0)
    z2 = weights * w2 @ a1 + biases * b2
    return Seen(z1, a1, z2, np.maximum(z2, 0), np.maximum(z2 + a, 0))


def wanted(x: Array, distance: float) -> Array:
    """A function near the identity: what a block deep in a network should be."""
    made: Array = x + distance * np.sin(2 * x)
    return made


def weights(seed: int) -> Array:
    """Two layers of each block, uniform as He's initialisation spreads them: blocks x 2 x width x width."""
    drawn = uniform(seed, MOST_BLOCKS * 2 * WIDTH * WIDTH)
    made: Array = ((2 * drawn - 1) * np.sqrt(6 / WIDTH)).reshape(MOST_BLOCKS, 2, WIDTH, WIDTH)
    return made


def signal() -> Array:
    """What goes into the deep networks: a ramp."""
    ramp: Array = np.arange(1, WIDTH + 1) / WIDTH
    return ramp


def depth(seed: int, scale: float) -> tuple[Array, Array]:
    """The signal behind 0 to 20 blocks, plain and residual: blocks + 1 x width each."""
    plain, residual = [signal()], [signal()]
    for first, second in scale * weights(seed):
        plain.append(np.maximum(second @ np.maximum(first @ plain[-1], 0), 0))
        residual.append(np.maximum(second @ np.maximum(first @ residual[-1], 0) + residual[-1], 0))
    return np.array(plain), np.array(residual)


IDEA = Idea(
    name="residual",
    title="The residual block",
    group="From layers to blocks",
    sentence="Learn f(x) − x instead of f(x): with weights of zero a residual block is the identity.",
    words=r"""
A deeper network should be no worse than a shallow one: its further layers need only pass on what they
get. Plain layers find that hard. Two of them with weights of zero give zero, whatever comes in; the
identity has to be learned. A residual block adds its input to what its layers make of it,

$$a^{[l+2]} = g\left(z^{[l+2]} + a^{[l]}\right), \qquad z^{[l+2]} = W^{[l+2]} a^{[l+1]} + b^{[l+2]},$$

so its layers learn only the difference $f(x) - x$. If $W = 0$ and $b = 0$, then $a^{[l+2]} = g(a^{[l]}) =
a^{[l]}$, as $a^{[l]}$ comes from a ReLU and is not negative: **the identity is free**, and weight decay
pulls towards it.

Both have to have the same shape. Where channels or size change, a $1 \times 1$ convolution $W_s a^{[l]}$
stands in the shortcut. On the way back the sum hands the gradient on without any factor, beside the one
that goes through the layers: $\frac{\partial}{\partial x}(x + g(x)) = 1 + g'(x)$.
""",
    uses=(
        Use(network="resnet18", layer="conv2_x.block_1", words="adds what came in: no parameters"),
        Use(network="resnet50", layer="conv3_x.block_1.shortcut.conv", words="1x1, where the shape changes"),
        Use(
            network="mobilenet_v2",
            layer="stages.bottleneck_2.block_2",
            words="narrow at both ends, wide inside",
        ),
    ),
    papers=(
        Paper(text="He et al. 2015, ResNet", link="https://arxiv.org/abs/1512.03385"),
        Paper(text="He et al. 2016, identity mappings", link="https://arxiv.org/abs/1603.05027"),
        Paper(text="Li et al. 2018, what it does to the loss", link="https://arxiv.org/abs/1712.09913"),
    ),
    places=(
        Place(
            page="training",
            query=(("preset", "degradation"),),
            words="Plain and residual networks of 8 to 56 layers, trained",
        ),
        Place(
            page="training",
            query=(("preset", "degradation-quick"),),
            words="The same in seconds, without batch normalisation",
        ),
        Place(
            page="training",
            query=(("preset", "identity"),),
            words="Blocks that begin as the identity, trained",
        ),
        Place(
            page="inside",
            query=(("trained", "resnet20"), ("look", "conv2_x.block_1.act,view=change")),
            words="Switch shortcuts of a trained network off",
        ),
        Place(
            page="compare",
            query=(("nets", "plain18 resnet18"),),
            words="Plain and residual networks side by side",
        ),
    ),
    values=(
        Value(name="view", label="view", default="zero weights", choices=VIEWS),
        Value(name="w", label="factor of all weights", default=1.0, least=0, most=1, step=0.01),
        Value(name="b", label="factor of all biases", default=1.0, least=0, most=1, step=0.01),
        Value(name="distance", label="distance from the identity", default=0.3, least=0, most=1.5, step=0.05),
        Value(name="x", label="place on the axis", default=1.0, least=-3, most=3, step=0.05),
        Value(name="blocks", label="number of blocks", default=10, least=1, most=MOST_BLOCKS),
        Value(name="scale", label="factor of all weights", default=0.5, least=0, most=1.5, step=0.05),
        Value(name="seed", label="seed of the weights", default=1, least=1, most=MOST_SEED),
    ),
)
