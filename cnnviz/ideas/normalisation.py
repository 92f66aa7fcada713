"""Batch, layer, instance and group normalisation of one small tensor: which numbers share a mean."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
SHAPE = (3, 6, 2, 2)  # N, C, H, W
EPSILON = 1e-5
KINDS = ("batch", "layer", "instance", "group")
GROUPS = ("1", "2", "3", "6")  # what six channels can be divided into
TENSOR: tuple[int, ...] = tuple(
    (7 * n + 3 * c + 5 * h + 2 * w + n * c + 4 * h * w * (c % 2) + (n + 2) * (c % 3)) % 10
    for n in range(SHAPE[0])
    for c in range(SHAPE[1])
    for h in range(SHAPE[2])
    for w in range(SHAPE[3])
)


def tensor() -> Array:
    """Small whole numbers, N x C x H x W."""
    return np.array(TENSOR, dtype=float).reshape(SHAPE)


def sharing(kind: str, groups: int) -> Whole:
    """For each number of the tensor which mean it belongs to, counted from 0."""
    n, c, _, _ = np.indices(SHAPE)
    wide = SHAPE[1] // groups
    belongs = {
        "batch": c,
        "layer": n,
        "instance": n * SHAPE[1] + c,
        "group": n * groups + c // wide,
    }
    found: Whole = belongs[kind]
    return found


def means(kind: str, groups: int) -> int:
    """How many means there are, and as many variances."""
    N, C = SHAPE[:2]
    return {"batch": C, "layer": N, "instance": N * C, "group": N * groups}[kind]


def normalised(x: Array, kind: str, groups: int) -> Array:
    """Each number minus its mean, divided by its spread."""
    belongs = sharing(kind, groups)
    made = np.empty_like(x)
    for one in range(means(kind, groups)):
        mine = belongs == one
        made[mine] = (x[mine] - x[mine].mean()) / np.sqrt(x[mine].var() + EPSILON)
    return made


IDEA = Idea(
    name="normalisation",
    title="Batch, layer, instance and group normalisation",
    group="Training",
    sentence="One tensor N × C × (H, W), four ways to share a mean: numbers that share one have its colour.",
    words=r"""
All four do the same with a set of numbers, subtract their mean and divide by their spread, and differ in
the set alone. With $N$ images in the batch and $C$ channels of $H \times W$:

| | one mean for | numbers in it | means |
|---|---|---|---|
| batch | each channel, over all images | $N H W$ | $C$ |
| layer | each image, over all channels | $C H W$ | $N$ |
| instance | each channel of each image | $H W$ | $N C$ |
| group | each group of channels of each image | $\frac{C}{G} H W$ | $N G$ |

Group normalisation with $G = 1$ is layer normalisation, with $G = C$ instance normalisation. **Only batch
normalisation looks at other images**: it needs large batches, and keeps running means for evaluation. The
other three do the same in training and in evaluation, with a batch of one as well. All learn $\gamma$ and
$\beta$, usually one pair per channel.

Layer normalisation as transformers and ConvNeXt have it takes the mean over the channels of each position
alone: one mean per pixel, $N H W$ of them.
""",
    uses=(
        Use(
            network="resnet50", layer="bn1", words="batch normalisation, as in most networks of the catalogue"
        ),
        Use(
            network="convnext_tiny", layer="stem.1", words="layer normalisation, over the channels of a pixel"
        ),
    ),
    papers=(
        Paper(
            text="Wu and He 2018, group normalisation and the cubes", link="https://arxiv.org/abs/1803.08494"
        ),
        Paper(text="Ba et al. 2016, layer normalisation", link="https://arxiv.org/abs/1607.06450"),
        Paper(text="Ulyanov et al. 2016, instance normalisation", link="https://arxiv.org/abs/1607.08022"),
        Paper(text="Ioffe and Szegedy 2015, batch normalisation", link="https://arxiv.org/abs/1502.03167"),
    ),
    places=(
        Place(
            page="training",
            query=(("preset", "batch-norm"),),
            words="Batch normalisation, trained",
        ),
    ),
    values=(
        Value(name="kind", label="normalisation", default="batch", choices=KINDS),
        Value(name="groups", label="number of groups", default="2", choices=GROUPS),
        Value(name="show", label="choice of numbers", default="before", choices=("before", "after")),
        Value(name="of", label="number that is picked", default=0, least=0, most=len(TENSOR) - 1),
    ),
)
