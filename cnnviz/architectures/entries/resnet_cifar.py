"""What the catalogue says of the residual networks for CIFAR-10, and of their plain twins."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import IN_CHANNELS, NUM_CLASSES
from cnnviz.architectures.entries.figures import ACTIVATION, BATCH_NORM
from cnnviz.architectures.entries.resnet import AUTHORS, IDEA, PAPER, PROJECTION, SHORTCUT, TITLE

PLAIN_IDEA = (
    "The same layers as the residual network, with the shortcuts taken away. "
    "The deeper such a plain network is, the higher its error on the training images themselves: depth "
    "alone makes it harder to train."
)

DEPTH = Option(
    name="depth",
    kind="int",
    default=20,
    minimum=8,
    maximum=302,
    step=6,
    help="Weight layers, 6n + 2: three stages of n blocks with two convolutions each, the first "
    "convolution and the last layer",
)
WIDTH = Option(
    name="width",
    kind="int",
    default=16,
    minimum=4,
    maximum=160,
    step=4,
    help="Channels of the first stage; each later stage doubles them",
)
PLAIN_OPTIONS = (NUM_CLASSES, IN_CHANNELS, DEPTH, BATCH_NORM, ACTIVATION, WIDTH)
RESIDUAL_OPTIONS = (
    NUM_CLASSES,
    IN_CHANNELS,
    DEPTH,
    SHORTCUT,
    PROJECTION,
    BATCH_NORM,
    ACTIVATION,
    WIDTH,
)

# Table 6: depth, parameters in millions with the unit of their last digit, error on the CIFAR-10 test set.
TABLE_6: tuple[tuple[int, int, int, float, str], ...] = (
    (20, 270_000, 10_000, 8.75, ""),
    (32, 460_000, 10_000, 7.51, ""),
    (44, 660_000, 10_000, 7.17, ""),
    (56, 850_000, 10_000, 6.97, ""),
    (110, 1_700_000, 100_000, 6.43, "; the best of five runs, whose mean is 6.61"),
)


def _parameters(parameters: int, rounded_to: int, note: str = "") -> Published:
    return Published(
        quantity="parameters",
        value=parameters,
        rounded_to=rounded_to,
        source="He et al. 2015, table 6",
        link=PAPER,
        note=note,
    )


def _depth(depth: int) -> Published:
    return Published(
        quantity="weight_layers",
        value=depth,
        source="He et al. 2015, section 4.2: 6n + 2",
        link=PAPER,
    )


def _variant(depth: int, source: str, published: tuple[Published, ...], *, shortcut: bool) -> Variant:
    defaults: dict[str, int | str] = {"num_classes": 10, "depth": depth}
    if shortcut:
        defaults["projection"] = "A"
    return Variant(
        name="paper",
        source=source,
        link=PAPER,
        build="cnnviz.architectures.resnet_cifar:CifarResNet",
        input_shape=(3, 32, 32),
        arguments={} if shortcut else {"shortcut": False},
        defaults=defaults,
        published=published,
    )


def _residual(depth: int, parameters: int, rounded_to: int, error: float, note: str) -> Architecture:
    top1_error = Published(
        quantity="top1_error",
        value=error,
        source="He et al. 2015, table 6",
        link=PAPER,
        note="CIFAR-10 test set, single view of the 32x32 image" + note,
    )
    return Architecture(
        name=f"resnet{depth}",
        title=f"ResNet-{depth} (CIFAR)",
        family="ResNet (CIFAR)",
        year=2015,
        authors=AUTHORS,
        paper=TITLE,
        link=PAPER,
        idea=IDEA,
        variants=(
            _variant(
                depth,
                f"He et al. 2015, section 4.2 with n = {(depth - 2) // 6}, shortcuts of option A",
                (_parameters(parameters, rounded_to), top1_error, _depth(depth)),
                shortcut=True,
            ),
        ),
        options=RESIDUAL_OPTIONS,
    )


def _plain(depth: int, parameters: int, rounded_to: int) -> Architecture:
    note = "given for the residual twin, whose shortcuts have no parameters"
    return Architecture(
        name=f"plain{depth}",
        title=f"Plain-{depth} (CIFAR)",
        family="ResNet (CIFAR)",
        year=2015,
        authors=AUTHORS,
        paper=TITLE,
        link=PAPER,
        idea=PLAIN_IDEA,
        variants=(
            _variant(
                depth,
                f"He et al. 2015, section 4.2 with n = {(depth - 2) // 6}, without shortcuts",
                (_parameters(parameters, rounded_to, note), _depth(depth)),
                shortcut=False,
            ),
        ),
        options=PLAIN_OPTIONS,
    )


ARCHITECTURES: tuple[Architecture, ...] = (
    *(_residual(*row) for row in TABLE_6),
    *(_plain(depth, parameters, rounded_to) for depth, parameters, rounded_to, _, _ in TABLE_6),
)
