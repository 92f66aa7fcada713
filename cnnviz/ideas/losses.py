"""Losses of a prediction, their gradients, and how fast they teach: three classes, and two."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value
from cnnviz.record import Record

Array = npt.NDArray[np.float64]
CLASSES = ("cat", "dog", "car")
LIMIT = 6.0  # of the logits that can be dragged
MOST_STEPS = 10_000
GOAL = 0.9  # probability of the right class, where learning has come far enough


class Loss(Record):
    """A loss of logits z, for several classes and for two."""

    name: str
    title: str
    value: Callable[[Array, int], float]
    gradient: Callable[[Array, int], Array]  # by the logits
    binary: Callable[[Array, int], Array]  # of one logit, for a label of 0 or 1
    binary_gradient: Callable[[Array, int], Array]
    formula: str  # LaTeX, k is the right class
    binary_formula: str  # LaTeX, for a label of 1
    note: str


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max())
    p: Array = e / e.sum()
    return p


def sigmoid(z: Array) -> Array:
    p: Array = 1 / (1 + np.exp(-z))
    return p


def one_hot(right: int, classes: int = len(CLASSES)) -> Array:
    y: Array = np.eye(classes)[right]
    return y


def _through_softmax(p: Array, by_p: Array) -> Array:
    """The gradient by the logits, of what has this gradient by the probabilities."""
    return p * (by_p - p @ by_p)


def _mse_gradient(z: Array, right: int) -> Array:
    p = softmax(z)
    return _through_softmax(p, 2 * (p - one_hot(right)) / len(z))


def _mae_gradient(z: Array, right: int) -> Array:
    p = softmax(z)
    return _through_softmax(p, np.sign(p - one_hot(right)) / len(z))


def _hinge_gradient(z: Array, right: int) -> Array:
    over: Array = ((z - z[right] + 1) > 0).astype(float)
    over[right] = 0
    over[right] = -over.sum()
    return over


def _sign(label: int) -> float:
    return 2.0 * label - 1


LOSSES: tuple[Loss, ...] = (
    Loss(
        name="cross_entropy",
        title="cross-entropy",
        value=lambda z, k: -float(np.log(softmax(z)[k])),
        gradient=lambda z, k: softmax(z) - one_hot(k),
        binary=lambda z, y: np.logaddexp(0, -_sign(y) * z),
        binary_gradient=lambda z, y: sigmoid(z) - y,
        formula=r"-\ln p_k",
        binary_formula=r"-\ln p",
        note="Its gradient by the logits is p - y: the more wrong, the larger, up to 1 for each.",
    ),
    Loss(
        name="hinge",
        title="hinge",
        value=lambda z, k: float(np.maximum(0, z - z[k] + 1).sum() - 1),
        gradient=_hinge_gradient,
        binary=lambda z, y: np.maximum(0, 1 - _sign(y) * z),
        binary_gradient=lambda z, y: np.where(_sign(y) * z < 1, -_sign(y), 0.0),
        formula=r"\sum_{j \ne k} \max(0, z_j - z_k + 1)",
        binary_formula=r"\max(0, 1 - z)",
        note="Wants the right score ahead of each other one by 1, and is content then: a gradient of 0.",
    ),
    Loss(
        name="mse",
        title="MSE",
        value=lambda z, k: float(((softmax(z) - one_hot(k)) ** 2).mean()),
        gradient=_mse_gradient,
        binary=lambda z, y: (sigmoid(z) - y) ** 2,
        binary_gradient=lambda z, y: 2 * (sigmoid(z) - y) * sigmoid(z) * (1 - sigmoid(z)),
        formula=r"\frac{1}{3} \sum_j (p_j - y_j)^2",
        binary_formula=r"(p - 1)^2",
        note="Through a softmax its gradient has the factor p (1 - p): surely wrong, it hardly moves.",
    ),
    Loss(
        name="mae",
        title="MAE",
        value=lambda z, k: float(np.abs(softmax(z) - one_hot(k)).mean()),
        gradient=_mae_gradient,
        binary=lambda z, y: np.abs(sigmoid(z) - y),
        binary_gradient=lambda z, y: _sign(1 - y) * sigmoid(z) * (1 - sigmoid(z)),
        formula=r"\frac{1}{3} \sum_j |p_j - y_j|",
        binary_formula=r"|p - 1|",
        note="Here 2/3 (1 - p) of the right class; like MSE it passes the softmax, and like it is slow.",
    ),
)
BY_NAME = {loss.name: loss for loss in LOSSES}


def descent(name: str, z: tuple[float, ...], right: int, rate: float, most: int = MOST_STEPS) -> int | None:
    """Steps of gradient descent on the logits until the right class has 90 %; None where it never has."""
    loss, now = BY_NAME[name], np.array(z, dtype=float)
    for step in range(most + 1):
        if softmax(now)[right] >= GOAL:
            return step
        gradient = loss.gradient(now, right)
        if not gradient.any():
            return None  # content already: it will never move
        now = now - rate * gradient
    return None


IDEA = Idea(
    name="losses",
    title="Losses",
    group="Training",
    sentence="Cross-entropy, hinge, MSE and MAE of a prediction that you drag, and how each pushes it.",
    words=r"""
A loss says with one number how wrong a prediction is, and its gradient says where to push the scores $z$
(the logits). Softmax makes probabilities of them, $p_j = e^{z_j} / \sum_i e^{z_i}$, and the label is
one-hot: $y_k = 1$ for the right class $k$, 0 for all others.

**Cross-entropy** is $-\sum_j y_j \ln p_j = -\ln p_k$. Its logarithm takes back the exponential of the
softmax, and the gradient becomes as plain as can be: $\frac{\partial L}{\partial z_j} = p_j - y_j$.

**Why MSE on a softmax learns slowly:** the chain rule leaves the slope of the softmax in its gradient,
$\frac{\partial L}{\partial z_j} = p_j \left( g_j - \sum_i p_i g_i \right)$ with $g = \frac23 (p - y)$.
Where the network is sure and wrong, $p_k \approx 0$ and one other $p_j \approx 1$: of each product one
factor vanishes, the $p$ in front or, for the $p_j$ near 1, what is in the brackets. Drag the point to the far
corner: cross-entropy pushes hardest there, MSE and MAE lie on a plateau.

Softmax only looks at differences, so the third logit is kept at 0 here, and the picture is a plane. For a
regression, without a softmax, MSE (the mean of what scatters) and MAE (the median, untouched by outliers)
are right.
""",
    uses=(
        Use(
            network="lenet5@paper", layer="output", words="1998: squared distance to a pattern for each digit"
        ),
        Use(network="alexnet@paper", layer="fc8", words="1000 logits, softmax and cross-entropy"),
        Use(network="resnet50", layer="fc", words="the same, ten years on"),
    ),
    papers=(
        Paper(
            text="Goodfellow et al. 2016, Deep Learning, 6.2.2: units and their losses",
            link="https://www.deeplearningbook.org/contents/mlp.html",
        ),
        Paper(
            text="cs231n: linear classification, hinge against cross-entropy",
            link="https://cs231n.github.io/linear-classify/",
        ),
    ),
    places=(
        Place(
            page="inside",
            query=(("trained", "lenet5"),),
            words="Softmax of a trained network on your image",
        ),
        Place(
            page="training",
            query=(("preset", "learning-rate"),),
            words="The training loss, at five learning rates",
        ),
    ),
    values=(
        Value(name="of", label="loss", default="cross_entropy", choices=tuple(loss.name for loss in LOSSES)),
        Value(name="view", label="view", default="surface", choices=("surface", "curves")),
        Value(name="right", label="right class", default="cat", choices=CLASSES),
        Value(name="a", label="first logit", default=-2.0, least=-LIMIT, most=LIMIT, step=0.05),
        Value(name="b", label="second logit", default=3.0, least=-LIMIT, most=LIMIT, step=0.05),
        Value(name="rate", label="learning rate", default=1.0, least=0.1, most=5, step=0.1),
    ),
)
