"""Batch normalisation of one feature over a small batch, step by step, in training and in evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value
from cnnviz.record import Record

Array = npt.NDArray[np.float64]
BATCH = (2.0, 4.0, 7.0, 3.0, 9.0)  # one feature of five examples
LIMIT = 10.0  # of each of them
EPSILON = 1e-5
MODES = ("training", "evaluation")
SCALES = ("chosen", "undo")  # where gamma and beta come from


class Running(Record):
    """What is kept of the batches for evaluation."""

    mean: float
    variance: float


class Steps(Record):
    """Every number on the way from x to y."""

    mean: float  # that is subtracted
    variance: float  # that is divided by
    gamma: float
    beta: float
    centred: Array
    normalised: Array
    y: Array


def running(x: Array, batches: int, momentum: float) -> Running:
    """What is kept after so many batches, all like this one; it begins with mean 0 and variance 1.

    Of the variance it is the unbiased one that is kept, divided by one less than the batch.
    """
    mean, variance = 0.0, 1.0
    for _ in range(batches):
        mean = (1 - momentum) * mean + momentum * float(x.mean())
        variance = (1 - momentum) * variance + momentum * float(x.var(ddof=1))
    return Running(mean=mean, variance=variance)


def undoing(x: Array) -> tuple[float, float]:
    """The gamma and beta that give back in training what came in."""
    return float(np.sqrt(x.var() + EPSILON)), float(x.mean())


def steps(x: Sequence[float], gamma: float, beta: float, known: Running | None = None) -> Steps:
    """Batch normalisation by the batch's own mean and variance, or by those that are known."""
    batch = np.array(x, dtype=float)
    mean, variance = (known.mean, known.variance) if known else (float(batch.mean()), float(batch.var()))
    centred = batch - mean
    normalised = centred / np.sqrt(variance + EPSILON)
    return Steps(
        mean=mean,
        variance=variance,
        gamma=gamma,
        beta=beta,
        centred=centred,
        normalised=normalised,
        y=gamma * normalised + beta,
    )


IDEA = Idea(
    name="batchnorm",
    title="Batch normalisation, step by step",
    group="Training",
    sentence="Mean, variance, normalise, scale and shift: five numbers to drag, with every step worked out.",
    words=r"""
Each feature (each channel, in a convolution) is brought to mean 0 and variance 1 over the batch, and then
to a mean and a spread that the network learns:

$$\mu = \frac{1}{m} \sum_i x_i \qquad \sigma^2 = \frac{1}{m} \sum_i (x_i - \mu)^2$$

$$\hat x_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \varepsilon}} \qquad y_i = \gamma \hat x_i + \beta$$

**Training and evaluation differ.** In training, each example's output depends on who else is in the
batch: drag one number and watch all the others move. That cannot be in use, where images come one at a
time. So a *running* mean and variance are kept during training, with a momentum of 0.1 in PyTorch (some
papers call 0.9 the momentum):

$$\text{running} \leftarrow (1 - 0.1) \cdot \text{running} + 0.1 \cdot \text{batch}$$

In evaluation these two are used, and they are constants. After few batches they are still
near where they began, 0 and 1: a reason why a network that was trained briefly does badly in `eval()`.

**$\gamma$ and $\beta$ can undo it all**: with $\gamma = \sqrt{\sigma^2 + \varepsilon}$ and $\beta = \mu$,
$y = x$. So nothing that the network could compute before is lost. They cost two parameters per channel. A
bias in front of it does nothing, as the mean takes it away again.
""",
    uses=(
        Use(network="resnet50", layer="bn1", words="64 channels: 128 parameters, behind a convolution"),
        Use(network="vgg16@bn", layer="block1.norm1_1", words="VGG, which does without, with it"),
        Use(network="densenet121", layer="dense_block_1.layer_1.norm1", words="in front of the convolution"),
        Use(network="plain20", layer="bn1", words="deep and plain: it needs it most"),
    ),
    papers=(
        Paper(text="Ioffe and Szegedy 2015", link="https://arxiv.org/abs/1502.03167"),
        Paper(text="Santurkar et al. 2018, how it helps", link="https://arxiv.org/abs/1805.11604"),
    ),
    places=(
        Place(
            page="training",
            query=(("preset", "batch-norm"),),
            words="With and without it at three learning rates, trained",
        ),
        Place(
            page="training",
            query=(("preset", "gradients-batch-norm"),),
            words="What it does to gradients",
        ),
        Place(
            page="inside",
            query=(("trained", "resnet20"), ("look", "bn1")),
            words="Its numbers in a trained network, pixel by pixel",
        ),
    ),
    values=(
        *(
            Value(name=f"x{i}", label=f"number of example {i}", default=x, least=-LIMIT, most=LIMIT, step=0.1)
            for i, x in enumerate(BATCH, start=1)
        ),
        Value(name="gamma", label="scale gamma", default=1.5, least=-3, most=3, step=0.05),
        Value(name="beta", label="shift beta", default=2.0, least=-5, most=5, step=0.05),
        Value(name="scale", label="source of gamma and beta", default="chosen", choices=SCALES),
        Value(name="mode", label="mode", default="training", choices=MODES),
        Value(name="batches", label="number of batches seen", default=10, least=0, most=100),
        Value(name="momentum", label="momentum", default=0.1, least=0.01, most=1, step=0.01),
        Value(name="of", label="example that is picked", default=1, least=1, most=len(BATCH)),
    ),
)
