"""Activation functions, their slopes, and what a gradient keeps of itself after many layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import erf, inf, pi, sqrt

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value
from cnnviz.record import Record

Array = npt.NDArray[np.float64]
LEAK, WIDEST, MOST_LAYERS = 0.01, 6.0, 20
_erf = np.vectorize(erf, otypes=[float])


class Piece(Record):
    """Formulas that hold from one place to another, as LaTeX: `@` is x, `#` is f(x)."""

    start: float
    end: float
    value: str
    slope: str


class Activation(Record):
    """A function that networks put behind a layer."""

    name: str
    title: str
    pieces: tuple[Piece, ...]
    f: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    note: str  # what its slope does to a gradient


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def gaussian(x: Array) -> Array:
    """The bell curve: the density of a normal distribution."""
    return np.exp(-x * x / 2) / sqrt(2 * pi)


def below(x: Array) -> Array:
    """The share of a normal distribution that lies below x."""
    share: Array = (1 + _erf(x / sqrt(2))) / 2
    return share


def _whole(value: str, slope: str) -> tuple[Piece, ...]:
    return (Piece(start=-inf, end=inf, value=value, slope=slope),)


def _parts(*parts: tuple[float, str, str]) -> tuple[Piece, ...]:
    """Pieces, each up to where the next begins."""
    starts = [-inf, *(end for end, _, _ in parts[:-1])]
    return tuple(
        Piece(start=start, end=end, value=value, slope=slope)
        for start, (end, value, slope) in zip(starts, parts, strict=True)
    )


ACTIVATIONS: tuple[Activation, ...] = (
    Activation(
        name="sigmoid",
        title="sigmoid",
        pieces=_whole(r"\frac{1}{1 + e^{-@}}", r"f(x) (1 - f(x)) = # \cdot (1 - #)"),
        f=sigmoid,
        slope=lambda x: sigmoid(x) * (1 - sigmoid(x)),
        note="Its slope is never more than 1/4: each layer takes at least three quarters of the gradient.",
    ),
    Activation(
        name="tanh",
        title="tanh",
        pieces=_whole(r"\tanh(@)", r"1 - f(x)^2 = 1 - #^2"),
        f=np.tanh,
        slope=lambda x: 1 - np.tanh(x) ** 2,
        note="Its slope reaches 1, but at 0 alone; at both ends it saturates like the sigmoid.",
    ),
    Activation(
        name="relu",
        title="ReLU",
        pieces=_parts((0.0, "0", "0"), (inf, "@", "1")),
        f=lambda x: np.maximum(x, 0),
        slope=lambda x: np.where(x > 0, 1.0, 0.0),
        note="Where it is on, the gradient passes whole, through any number of layers; elsewhere nothing.",
    ),
    Activation(
        name="leaky_relu",
        title="leaky ReLU",
        pieces=_parts((0.0, r"0.01 \cdot @", "0.01"), (inf, "@", "1")),
        f=lambda x: np.where(x > 0, x, LEAK * x),
        slope=lambda x: np.where(x > 0, 1.0, LEAK),
        note="A hundredth gets through where ReLU is off, so that no unit stays dead.",
    ),
    Activation(
        name="elu",
        title="ELU",
        pieces=_parts((0.0, r"e^{@} - 1", r"e^{@}"), (inf, "@", "1")),
        f=lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        slope=lambda x: np.where(x > 0, 1.0, np.exp(np.minimum(x, 0))),
        note="Like ReLU on the right; on the left it bends to -1, so that outputs are about 0 in the mean.",
    ),
    Activation(
        name="gelu",
        title="GELU",
        pieces=_whole(r"@ \cdot \Phi(@)", r"\Phi(@) + @ \cdot \varphi(@)"),
        f=lambda x: x * below(x),
        slope=lambda x: below(x) + x * gaussian(x),
        note="ReLU with a round corner: x times the share of a normal distribution that lies below it.",
    ),
    Activation(
        name="silu",
        title="SiLU (swish)",
        pieces=_whole(r"@ \cdot \sigma(@)", r"\sigma(@) (1 + @ (1 - \sigma(@)))"),
        f=lambda x: x * sigmoid(x),
        slope=lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
        note="x times its own sigmoid: smooth everywhere, a slope of up to 1.1.",
    ),
    Activation(
        name="hard_sigmoid",
        title="hard sigmoid",
        pieces=_parts((-3.0, "0", "0"), (3.0, r"\frac{@ + 3}{6}", r"\frac{1}{6}"), (inf, "1", "0")),
        f=lambda x: np.clip((x + 3) / 6, 0, 1),
        slope=lambda x: np.where(np.abs(x) < 3, 1 / 6, 0.0),
        note="The sigmoid from three straight lines, for cheap hardware: a slope of 1/6, and 0 at the ends.",
    ),
    Activation(
        name="hard_tanh",
        title="hard tanh",
        pieces=_parts((-1.0, "-1", "0"), (1.0, "@", "1"), (inf, "1", "0")),
        f=lambda x: np.clip(x, -1, 1),
        slope=lambda x: np.where(np.abs(x) < 1, 1.0, 0.0),
        note="A slope of 1 in the middle, and nothing beyond: two places to die instead of ReLU's one.",
    ),
    Activation(
        name="hard_swish",
        title="hard swish",
        pieces=_parts(
            (-3.0, "0", "0"), (3.0, r"\frac{@ (@ + 3)}{6}", r"\frac{2 \cdot @ + 3}{6}"), (inf, "@", "1")
        ),
        f=lambda x: x * np.clip((x + 3) / 6, 0, 1),
        slope=lambda x: np.where(x <= -3, 0.0, np.where(x >= 3, 1.0, (2 * x + 3) / 6)),
        note="Swish with the hard sigmoid in it, as MobileNetV3 has it.",
    ),
)
BY_NAME = {one.name: one for one in ACTIVATIONS}


class Kept(Record):
    """What one layer's slope leaves of a gradient; after n layers it is this to the power of n."""

    best: float  # the steepest place there is
    average: float  # over pre-activations from a normal distribution


@lru_cache(maxsize=len(ACTIVATIONS))
def kept(name: str) -> Kept:
    """What the slopes of this function keep of a gradient, at best and on average.

    Slopes at independent places have the product of their averages as the average of their product.
    """
    slope = BY_NAME[name].slope
    places = (np.arange(-80_000, 80_000) + 0.5) / 10_000  # -8 to 8: all but 1e-15 of the distribution
    return Kept(
        best=float(slope(np.linspace(-8, 8, 160_001)).max()),
        average=float((slope(places) * gaussian(places)).sum() / 10_000),
    )


IDEA = Idea(
    name="activations",
    title="Activations and their gradients",
    group="Inside a layer",
    sentence="What sigmoid, tanh, ReLU and kin let through, and what is left of a gradient 20 layers down.",
    words=r"""
Without an activation between them, two layers are one: a product of two matrices is a matrix. So each
layer puts a bent function $f$ behind its sums, $a = f(z)$. On the way back the chain rule multiplies by
its slope once per layer: $\frac{\partial L}{\partial z} = \frac{\partial L}{\partial a} \cdot f'(z)$.

The sigmoid's slope is at most $\sigma(0)(1 - \sigma(0)) = \frac14$. After 10 layers at most $0.25^{10}
\approx 10^{-6}$ of the gradient is left, after 20 at most $10^{-12}$: the first layers do not learn. This
is the **vanishing gradient**. ReLU's slope is 1 wherever it is on, and $1^{20} = 1$. What the picture
leaves out are the weights, which multiply too: initialisation and normalisation keep those products near
1, and a shortcut adds a path without any factor.
""",
    uses=(
        Use(network="lenet5@course", layer="act1", words="tanh behind its first convolution"),
        Use(network="lenet5@d2l", layer="act1", words="sigmoid, as d2l tells it"),
        Use(network="alexnet@paper", layer="act1", words="ReLU: on CIFAR-10 six times as fast as tanh"),
        Use(network="efficientnet_b0", layer="stage_1.act", words="SiLU"),
        Use(network="convnext_tiny", layer="res2.block_1.act", words="GELU, once per block"),
    ),
    papers=(
        Paper(
            text="Nair and Hinton 2010, ReLU", link="https://www.cs.toronto.edu/~hinton/absps/reluICML.pdf"
        ),
        Paper(
            text="Glorot and Bengio 2010, why deep sigmoid networks do not train",
            link="https://proceedings.mlr.press/v9/glorot10a.html",
        ),
        Paper(text="Clevert et al. 2015, ELU", link="https://arxiv.org/abs/1511.07289"),
        Paper(text="Hendrycks and Gimpel 2016, GELU", link="https://arxiv.org/abs/1606.08415"),
        Paper(text="Ramachandran et al. 2017, swish", link="https://arxiv.org/abs/1710.05941"),
        Paper(text="Howard et al. 2019, hard swish", link="https://arxiv.org/abs/1905.02244"),
    ),
    places=(
        Place(
            page="training",
            query=(("preset", "activations"),),
            words="ReLU, tanh and sigmoid, trained",
        ),
        Place(
            page="training",
            query=(("preset", "vanishing"),),
            words="Gradients of real networks, layer by layer",
        ),
        Place(
            page="training",
            query=(("preset", "exploding"),),
            words="What happens where weights are too large",
        ),
        Place(
            page="inside",
            query=(("trained", "lenet5"),),
            words="What ReLU leaves of every map of a trained network",
        ),
    ),
    values=(
        Value(name="of", label="function", default="sigmoid", choices=tuple(one.name for one in ACTIVATIONS)),
        Value(name="x", label="place on the axis", default=1.0, least=-WIDEST, most=WIDEST, step=0.05),
        Value(name="layers", label="number of layers", default=10, least=1, most=MOST_LAYERS),
    ),
)
