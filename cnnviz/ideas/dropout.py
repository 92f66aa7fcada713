"""Dropout: what is dropped, what it is scaled by, and that the mean stays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.chance import MOST_SEED, uniform
from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value

Array = npt.NDArray[np.float64]
ACTIVATIONS: tuple[float, ...] = (3, 0, 5, 1, 2, 4, 0, 6, 1, 3, 7, 2, 5, 0, 4, 8)  # of one layer
MODES = ("training", "evaluation")
SCALINGS = ("inverted", "as in 2014")  # divide in training, or multiply in evaluation
MOST_DRAWS = 1000


def kept(p: float, seed: int, draws: int) -> npt.NDArray[np.bool_]:
    """Which of the activations stay, draws x activations: each with the probability 1 - p."""
    count = len(ACTIVATIONS)
    stays: npt.NDArray[np.bool_] = (uniform(seed, draws * count) >= p).reshape(draws, count)
    return stays


def dropped(a: Array, mask: Array, p: float, scaling: str) -> Array:
    """The layer's output in training."""
    made: Array = a * mask
    return made / (1 - p) if scaling == "inverted" else made


def evaluated(a: Array, p: float, scaling: str) -> Array:
    """The layer's output in evaluation, where nothing is dropped."""
    return a if scaling == "inverted" else a * (1 - p)


IDEA = Idea(
    name="dropout",
    title="Dropout",
    group="Training",
    sentence="Units switched off at random, in training alone; what is left is scaled, and the mean stays.",
    words=r"""
In training each activation is set to 0 with probability $p$, anew for every example. What stays is divided
by $1 - p$, so that the mean stays as it was:

$$E[a'] = p \cdot 0 + (1 - p) \cdot \frac{a}{1 - p} = a.$$

This is *inverted* dropout, as all libraries have it: in evaluation the layer does nothing at all. The
paper of 2014 did it the other way round: nothing is scaled in training, and in evaluation everything is
multiplied by $1 - p$. Both agree in the mean.

No unit can rely on a single other one, so each has to be of use by itself; a network with dropout is like
an average of very many thinner networks that share their weights. It has no parameters. Networks with
fully connected layers at the end needed it ($p = 0.5$ in AlexNet and VGG); with batch normalisation and a
global average in their place it went out of use in convolutional networks, or became small.

**Look out:** forgetting `model.eval()` leaves it on, and predictions change from call to call.
""",
    uses=(
        Use(network="alexnet@paper", layer="drop6", words="p = 0.5 on 4,096 units"),
        Use(network="vgg16", layer="drop7", words="the same"),
        Use(network="googlenet", layer="drop", words="40 %, behind the global average"),
        Use(network="squeezenet1_1", layer="drop9", words="p = 0.5, before the last convolution"),
        Use(network="efficientnet_b0", layer="drop", words="20 %"),
    ),
    papers=(
        Paper(text="Srivastava et al. 2014", link="https://jmlr.org/papers/v15/srivastava14a.html"),
        Paper(text="Hinton et al. 2012", link="https://arxiv.org/abs/1207.0580"),
    ),
    places=(
        Place(
            page="training",
            query=(("preset", "overfitting"),),
            words="Dropout, weight decay and augmentation against overfitting, trained",
        ),
    ),
    values=(
        Value(name="p", label="share that is dropped", default=0.5, least=0, most=0.9, step=0.05),
        Value(name="mode", label="mode", default="training", choices=MODES),
        Value(name="scaling", label="scaling", default="inverted", choices=SCALINGS),
        Value(name="draws", label="number of draws", default=1, least=1, most=MOST_DRAWS),
        Value(name="of", label="unit that is picked", default=2, least=0, most=len(ACTIVATIONS) - 1),
        Value(name="seed", label="seed of the draws", default=1, least=1, most=MOST_SEED),
    ),
)
