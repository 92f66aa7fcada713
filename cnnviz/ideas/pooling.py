"""Pooling on a small image: what a shift by one pixel changes, and what no longer can be told."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value

Array = npt.NDArray[np.float64]
SIDE, MOST_SHIFT = 8, 3
MODES = ("max", "average", "global average")
_DRAWN = {
    "seven": "........ .799997. ......9. .....9.. ....97.. ....9... ...97... ........",
    "corner": "........ .866666. .84..... .6...... .6...... .6...... ........ ........",
    "dots": "........ ..9..... ........ ......7. ...8.... ........ .6...9.. ........",
    "texture": "31425364 75216843 52734615 18374256 63518427 24675381 51362748 86234157",
}
IMAGES: dict[str, tuple[tuple[int, ...], ...]] = {
    name: tuple(tuple(int(cell) for cell in row.replace(".", "0")) for row in rows.split())
    for name, rows in _DRAWN.items()
}


def image(name: str) -> Array:
    """One of the small images, 8 x 8, from 0 to 9."""
    return np.array(IMAGES[name], dtype=float)


def shifted(x: Array, right: int, down: int) -> Array:
    """The image moved by whole pixels; what comes in at the edges is 0."""
    n_H, n_W = x.shape
    padded = np.pad(x, MOST_SHIFT)
    return padded[MOST_SHIFT - down :, MOST_SHIFT - right :][:n_H, :n_W]


def windows(x: Array, size: int, stride: int) -> Array:
    """Every window: rows, columns, and the cells of each in a row."""
    seen = np.lib.stride_tricks.sliding_window_view(x, (size, size))[::stride, ::stride]
    cells: Array = seen.reshape(*seen.shape[:2], -1)
    return cells


def pooled(x: Array, mode: str, size: int, stride: int) -> Array:
    """The largest or the mean of every window; the mean of all for global average pooling."""
    if mode == "global average":
        mean: Array = x.mean(keepdims=True)
        return mean
    cells = windows(x, size, stride)
    made: Array = cells.max(axis=-1) if mode == "max" else cells.mean(axis=-1)
    return made


def scrambled(x: Array, size: int) -> Array:
    """The image with the cells of each window in reverse order; the windows lie side by side."""
    made = x.copy()
    for row in range(0, len(x) - size + 1, size):
        for column in range(0, len(x) - size + 1, size):
            block = made[row : row + size, column : column + size]
            made[row : row + size, column : column + size] = block[::-1, ::-1].copy()
    return made


IDEA = Idea(
    name="pooling",
    title="Pooling",
    group="Inside a layer",
    sentence="Max, average and global pooling: what a shift by one pixel changes, and what is lost for good.",
    words=r"""
Pooling puts one number in the place of each window: the largest, or the mean. It has no parameters and
works on every channel by itself. Like a convolution without padding it makes $\left\lfloor \frac{n -
f}{s} \right\rfloor + 1$ of $n$.

**What it is for:** fewer positions for all that follows, a wider receptive field, and a little
*invariance*: as long as the largest number stays in its window, a shift changes nothing. It is not exact:
at the borders of windows outputs jump. A global average is invariant to any shift that loses nothing at
the edges.

**What is lost:** where in its window the largest number was. *Scramble* turns every window by 180
degrees: another image, the same output. On the way back, max pooling hands the whole gradient to the cell
that won, average pooling $\frac{1}{f^2}$ of it to each. Networks after 2015 often let a convolution with
stride 2 do the shrinking, and keep pooling for the end.
""",
    uses=(
        Use(network="lenet5", layer="pool1", words="average pooling, 2x2, stride 2"),
        Use(network="alexnet", layer="pool1", words="max pooling that overlaps: 3x3, stride 2"),
        Use(network="googlenet", layer="inception_3a.pool", words="3x3, stride 1: the size stays"),
        Use(network="nin", layer="avgpool", words="global average in the place of fully connected layers"),
        Use(network="resnet50", layer="avg_pool", words="the same, since then in nearly every network"),
    ),
    papers=(
        Paper(
            text="LeCun et al. 1998, subsampling",
            link="https://doi.org/10.1109/5.726791",
        ),
        Paper(text="Lin et al. 2013, global average pooling", link="https://arxiv.org/abs/1312.4400"),
        Paper(text="Springenberg et al. 2014, all convolutional", link="https://arxiv.org/abs/1412.6806"),
        Paper(text="Zhang 2019, shift-invariant again", link="https://arxiv.org/abs/1904.11486"),
    ),
    places=(
        Place(
            page="convolution",
            query=(("op", "max"),),
            words="Max pooling, window by window",
        ),
        Place(
            page="convolution",
            query=(("op", "max"), ("grid", "n=6,f=3,s=1,p=same")),
            words="‘Same’ pooling, as in inception blocks",
        ),
        Place(
            page="convolution",
            query=(("op", "average"),),
            words="Average pooling, window by window",
        ),
        Place(
            page="training",
            query=(("preset", "lenet"),),
            words="LeNet-5 with average and with max pooling, trained",
        ),
    ),
    values=(
        Value(name="of", label="image", default="seven", choices=tuple(IMAGES)),
        Value(name="mode", label="pooling", default="max", choices=MODES),
        Value(name="size", label="window", default=2, least=2, most=4),
        Value(name="stride", label="stride", default=2, least=1, most=4),
        Value(name="right", label="shift to the right", default=1, least=-MOST_SHIFT, most=MOST_SHIFT),
        Value(name="down", label="shift down", default=0, least=-MOST_SHIFT, most=MOST_SHIFT),
        Value(name="window", label="window that is picked", default=3, least=0, most=SIDE * SIDE - 1),
        Value(name="scramble", label="switch for scrambling", default="no", choices=("no", "yes")),
    ),
)
