"""Epochs, batches and iterations, counted; and what batches see of a sorted file."""

from __future__ import annotations

from math import ceil

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.chance import MOST_SEED, uniform
from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value
from cnnviz.record import Record

Counts = npt.NDArray[np.int64]
CLASSES = 10
MOST_DRAWN = 24  # batches that are drawn


class Count(Record):
    """What an epoch is made of."""

    batches: int  # of an epoch: iterations, updates of the weights
    last: int  # images in the last batch of an epoch
    unseen: int  # images that an epoch leaves out
    iterations: int  # of all epochs


def count(images: int, batch: int, epochs: int, drop_last: bool) -> Count:
    """How many iterations so many epochs have."""
    batches = images // batch if drop_last else ceil(images / batch)
    rest = images % batch
    return Count(
        batches=batches,
        last=(batch if drop_last or not rest else rest) if batches else 0,
        unseen=rest if drop_last else 0,
        iterations=batches * epochs,
    )


def sorted_file(images: int) -> Counts:
    """Images of each class in a file that is sorted by class, as even as can be."""
    ends = np.arange(CLASSES + 1) * images // CLASSES
    return np.diff(ends)


def seen(images: int, batch: int, batches: int, seed: int | None) -> Counts:
    """Images of each class in the first batches: as they lie in the file, or in an order drawn by the seed.

    Each is drawn from what is left of the file, so no image comes twice in an epoch.
    """
    ends = np.cumsum(sorted_file(images))
    total = min(images, batch * batches)
    if seed is None:
        classes = np.searchsorted(ends, np.arange(total), side="right")
    else:
        left = sorted_file(images)
        classes = np.empty(total, dtype=int)
        for i, u in enumerate(uniform(seed, total)):
            one = int(np.searchsorted(np.cumsum(left), int(u * (images - i)), side="right"))
            left[one] -= 1
            classes[i] = one
    rows = [np.bincount(classes[i : i + batch], minlength=CLASSES) for i in range(0, total, batch)]
    made: Counts = np.array(rows)
    return made


IDEA = Idea(
    name="batches",
    title="Epoch, batch, iteration and shuffle",
    group="Training",
    sentence="A counter for your own numbers, and what batches see of a file that is sorted by class.",
    words=r"""
- A **batch** is the set of images that one gradient is computed from.
- An **iteration** is one batch: forward, backward, one update of the weights.
- An **epoch** is once through all $N$ images: $\lceil N / B \rceil$ iterations of batch size $B$, or
  $\lfloor N / B
  \rfloor$ where the last, smaller batch is dropped (`drop_last`). It is dropped where a batch of one or two
  would spoil
  the statistics of batch normalisation.

**Shuffle.** Files often lie sorted by class. Without shuffling, a batch holds one class alone: each
gradient
pulls towards it, the next class pulls elsewhere, and batch normalisation sees the mean of one class. With a
new order in every epoch each batch is a small sample of the whole, and its gradient right on average. In
evaluation the order does not matter.

A batch twice as large halves the iterations of an epoch, and so the number of updates: the learning rate is
often doubled with it.
""",
    uses=(
        Use(network="lenet5", layer="conv1", words="60,000 digits of MNIST"),
        Use(network="alexnet@paper", layer="conv1", words="1.2 million images, batches of 128, 90 epochs"),
        Use(network="resnet50", layer="conv1", words="batches of 256, 600,000 iterations"),
    ),
    papers=(
        Paper(
            text="Krizhevsky et al. 2012, section 5",
            link="https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks",
        ),
        Paper(text="Bengio 2012, on batches and orders", link="https://arxiv.org/abs/1206.5533"),
        Paper(text="Goyal et al. 2017, large batches", link="https://arxiv.org/abs/1706.02677"),
    ),
    places=(
        Place(
            page="training",
            query=(("preset", "batch-size"),),
            words="Batches of 8, 64 and 512, by epoch, step and second",
        ),
        Place(
            page="training",
            query=(("preset", "shuffle"),),
            words="A sorted file, shuffled and not",
        ),
        Place(
            page="measured",
            words="What a batch takes in time and memory on this machine",
        ),
    ),
    values=(
        Value(name="images", label="number of images", default=1000, least=1, most=10_000_000),
        Value(name="batch", label="batch size", default=64, least=1, most=4096),
        Value(name="epochs", label="number of epochs", default=5, least=1, most=1000),
        Value(name="drop", label="switch for dropping the last batch", default="no", choices=("no", "yes")),
        Value(name="shuffle", label="switch for shuffling", default="no", choices=("no", "yes")),
        Value(name="seed", label="seed of the order", default=1, least=1, most=MOST_SEED),
    ),
)
