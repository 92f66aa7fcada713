"""Weight decay on a loss with a steep and a flat direction: where the minimum goes, and the steps there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value

Array = npt.NDArray[np.float64]
CURVATURES = (1.0, 0.1)  # of the loss: the data say much about the first weight, little about the second
START = (-2.0, -1.0)  # of the weights, before the first step
LIMIT = 3.0
MOST_STEPS = 200


def loss(w: Array, best: Array) -> float:
    """The loss of the data alone: its minimum is at `best`."""
    return float((np.array(CURVATURES) * (w - best) ** 2).sum() / 2)


def gradient(w: Array, best: Array) -> Array:
    made: Array = np.array(CURVATURES) * (w - best)
    return made


def decayed(best: Array, decay: float) -> Array:
    """Where the loss with the penalty of all weights squared, times half the decay, is least."""
    h = np.array(CURVATURES)
    made: Array = h / (h + decay) * best
    return made


def descent(best: Array, decay: float, rate: float, steps: int) -> Array:
    """The weights behind each step of gradient descent: steps + 1 x 2."""
    w = np.array(START)
    way = [w]
    for _ in range(steps):
        w = (1 - rate * decay) * w - rate * gradient(w, best)
        way.append(w)
    return np.array(way)


IDEA = Idea(
    name="decay",
    title="Weight decay",
    group="Training",
    sentence="Every step makes all weights a little smaller: what the data say little about goes towards 0.",
    words=r"""
A network with large weights can bend sharply, and fit what is chance in its training images. Weight decay
adds a price on size to the loss, $L + \frac{\lambda}{2} \lVert w \rVert^2$. The gradient of the price is
$\lambda w$, so a step of gradient descent becomes

$$w \leftarrow w - \eta \left( \frac{\partial L}{\partial w} + \lambda w \right)$$

$$= (1 - \eta \lambda) \, w - \eta \frac{\partial L}{\partial w}:$$

first all weights are made smaller by the same factor, then the data pull them back. Where the loss is
steep with curvature $h$ the data win, and where it is flat the decay does: a minimum at $m$ goes to
$\frac{h}{h + \lambda} m$. Drag the minimum, and slide $\lambda$: the flat weight goes first.

In statistics it is **ridge regression**, or $L_2$ regularisation. For plain gradient descent decay and
price are the same; Adam divides the gradient of the price by its own scale too, which is why *AdamW*
shrinks the weights directly. Biases and the $\gamma$ and $\beta$ of normalisation are often left out. In
front of a batch normalisation the scale of weights changes nothing that comes out; decay then keeps the
steps from becoming ever smaller beside the weights.
""",
    uses=(
        Use(network="alexnet@paper", layer="fc6", words="0.0005: it lowers the training error too"),
        Use(network="vgg16", layer="fc6", words="0.0005, beside dropout"),
        Use(network="resnet50", layer="fc", words="0.0001, without dropout"),
        Use(network="convnext_tiny", layer="stem.1", words="0.05, by AdamW"),
    ),
    papers=(
        Paper(
            text="Krogh and Hertz 1991, why it helps",
            link="https://proceedings.neurips.cc/paper/1991/hash/8eefcfdf5990e441f0fb6f3fad709e21-Abstract.html",
        ),
        Paper(text="Loshchilov and Hutter 2017, AdamW", link="https://arxiv.org/abs/1711.05101"),
        Paper(
            text="d2l, 3.7: weight decay",
            link="https://d2l.ai/chapter_linear-regression/weight-decay.html",
        ),
    ),
    places=(
        Place(
            page="training",
            query=(("preset", "overfitting"),),
            words="Train with it on 600 images, beside dropout and augmentation",
        ),
    ),
    values=(
        Value(
            name="a",
            label="first weight that the data want",
            default=2.0,
            least=-LIMIT,
            most=LIMIT,
            step=0.05,
        ),
        Value(
            name="b",
            label="second weight that the data want",
            default=2.0,
            least=-LIMIT,
            most=LIMIT,
            step=0.05,
        ),
        Value(name="decay", label="weight decay", default=0.1, least=0, most=1, step=0.01),
        Value(name="rate", label="learning rate", default=0.5, least=0.05, most=0.9, step=0.05),
        Value(name="steps", label="number of steps", default=20, least=0, most=MOST_STEPS),
    ),
)
