"""Data augmentation: random changes of an image that leave its label as it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnviz.ideas.chance import MOST_SEED, uniform
from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value
from cnnviz.ideas.photos import OWN, SAMPLES
from cnnviz.record import Record

Array = npt.NDArray[np.float64]
SIDE = 128  # pixels of the image that is changed
DRAWS = 11  # beside the image itself
NUMBERS = 12  # random ones of a draw, besides the noise
GREY = (0.299, 0.587, 0.114)  # what red, green and blue count in a grey


class Settings(Record):
    """How much of each change there may be."""

    flip: str = "yes"
    crop: float = 0.0  # cut off at most, of each side
    rotate: float = 0.0  # degrees at most, either way
    shift: float = 0.0  # of the side at most, either way
    colour: float = 0.0  # brightness, contrast and saturation: times 1 - colour to 1 + colour
    noise: float = 0.0  # standard deviation, of 255
    erase: float = 0.0  # side of the square that is made grey


def drawn(seed: int, draw: int) -> Array:
    """The random numbers of one draw: the same for the same seed, whatever is chosen."""
    numbers: Array = uniform(seed + 100_003 * (draw + 1), NUMBERS)
    return numbers


def theta(settings: Settings, u: Array) -> Array:
    """Where each place of the output looks in the input, both from -1 to 1: a 2 x 3 matrix."""
    sign = -1.0 if settings.flip == "yes" and u[0] < 0.5 else 1.0
    scale = 1 - settings.crop * u[1]
    angle = np.radians(settings.rotate * (2 * u[4] - 1))
    across = (1 - scale) * (2 * u[2] - 1) + 2 * settings.shift * (2 * u[5] - 1)
    down = (1 - scale) * (2 * u[3] - 1) + 2 * settings.shift * (2 * u[6] - 1)
    turned = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    made: Array = np.column_stack([turned, [across, down]])
    made[0] *= sign
    return made


def sampled(image: Array, theta: Array) -> Array:
    """The image looked at through that matrix, between four pixels; what lies outside is black."""
    n_H, n_W, _ = image.shape
    y, x = np.meshgrid(np.arange(n_H), np.arange(n_W), indexing="ij")
    there = np.stack([(2 * x + 1) / n_W - 1, (2 * y + 1) / n_H - 1, np.ones_like(x)]).reshape(3, -1)
    column, row = theta @ there
    column, row = ((column + 1) * n_W - 1) / 2, ((row + 1) * n_H - 1) / 2
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    made = np.zeros((n_H * n_W, image.shape[2]))
    for i in (0, 1):
        for j in (0, 1):
            weight = np.abs(1 - i - (row - top)) * np.abs(1 - j - (column - left))
            inside = (top + i >= 0) & (top + i < n_H) & (left + j >= 0) & (left + j < n_W)
            cells = image[np.clip(top + i, 0, n_H - 1), np.clip(left + j, 0, n_W - 1)]
            made += np.where(inside, weight, 0)[:, None] * cells
    return made.reshape(image.shape)


def coloured(image: Array, brightness: float, contrast: float, saturation: float) -> Array:
    """Brightness, then contrast around the mean grey, then saturation around each pixel's grey."""
    made = np.clip(image * brightness, 0, 255)
    middle = (made @ np.array(GREY)).mean()
    made = np.clip(contrast * made + (1 - contrast) * middle, 0, 255)
    grey = (made @ np.array(GREY))[..., None]
    final: Array = np.clip(saturation * made + (1 - saturation) * grey, 0, 255)
    return final


def erased(image: Array, part: float, across: float, down: float) -> Array:
    """A grey square of that part of the side, at a random place."""
    n_H, n_W, _ = image.shape
    high, wide = round(part * n_H), round(part * n_W)
    top, left = int(down * (n_H - high + 1)), int(across * (n_W - wide + 1))
    made = image.copy()
    made[top : top + high, left : left + wide] = 127
    return made


def augmented(image: Array, settings: Settings, seed: int, draw: int) -> Array:
    """One draw: geometry, colour, noise, and a square erased, in this order."""
    u = drawn(seed, draw)
    made = sampled(image, theta(settings, u))
    jitter = [1 + settings.colour * (2 * one - 1) for one in u[7:10]]
    made = coloured(made, *jitter)
    if settings.noise:
        pairs = uniform(seed + 100_003 * (draw + 1) + 50_021, 2 * made.size).reshape(-1, 2)
        normal = np.sqrt(-2 * np.log(1 - pairs[:, 0])) * np.cos(2 * np.pi * pairs[:, 1])
        made = np.clip(made + 255 * settings.noise * normal.reshape(made.shape), 0, 255)
    return erased(made, settings.erase, u[10], u[11]) if settings.erase else made


IDEA = Idea(
    name="augmentation",
    title="Data augmentation",
    group="Training",
    sentence="Eleven draws of one photograph, or of yours: flipped, cropped, turned, coloured; one label.",
    words=r"""
A cat that is flipped, cut at the edges, turned a little or seen in other light is a cat. So each image is
changed at random whenever it is used: the network hardly ever sees the same numbers twice, and learns what
a change of this kind does *not* mean. It costs no new photographs, only work of the CPU that loads them.

It is done **in training alone**. In evaluation the image stays as it is, cut to its middle; the old papers
also averaged the predictions of ten crops.

**What is allowed depends on the task.** Flipping a photograph is harmless; a flipped 2 or b is another
sign, and a digit turned by 180 degrees can be a 9 instead of a 6. Colour must not change where it is
the answer.

AlexNet took 224 × 224 crops of 256 × 256 images and flipped them, and shifted colours along their principal
components. Networks for CIFAR-10 pad by 4 pixels, crop 32 × 32 and flip. Crops of any size (8 % to 100
% of the
area), as for GoogLeNet, are what most ImageNet training does since.
""",
    uses=(
        Use(network="alexnet@paper", layer="conv1", words="crops, flips, and colours by PCA"),
        Use(network="googlenet", layer="conv1.conv", words="crops of 8 % to 100 % of the area"),
        Use(network="resnet20", layer="conv1", words="pads by 4, crops 32 × 32, flips"),
        Use(network="convnext_tiny", layer="stem.1", words="mixes images, erases squares, and much more"),
    ),
    papers=(
        Paper(
            text="Krizhevsky et al. 2012, section 4.1",
            link="https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks",
        ),
        Paper(
            text="Shorten and Khoshgoftaar 2019, a survey", link="https://doi.org/10.1186/s40537-019-0197-0"
        ),
        Paper(text="Zhong et al. 2017, random erasing", link="https://arxiv.org/abs/1708.04896"),
    ),
    places=(
        Place(
            page="training",
            query=(("preset", "overfitting"),),
            words="What it does for 600 images, trained",
        ),
    ),
    values=(
        Value(name="of", label="image", default="cat", choices=(*SAMPLES, OWN)),
        Value(name="flip", label="flip", default="yes", choices=("no", "yes")),
        Value(name="crop", label="largest crop", default=0.3, least=0, most=0.8, step=0.05),
        Value(name="rotate", label="largest turn", default=10, least=0, most=180),
        Value(name="shift", label="largest shift", default=0.0, least=0, most=0.5, step=0.05),
        Value(name="colour", label="largest change of colours", default=0.3, least=0, most=0.9, step=0.05),
        Value(name="noise", label="noise", default=0.0, least=0, most=0.3, step=0.01),
        Value(name="erase", label="erased square", default=0.0, least=0, most=0.6, step=0.05),
        Value(name="seed", label="seed of the draws", default=1, least=1, most=MOST_SEED),
    ),
)
