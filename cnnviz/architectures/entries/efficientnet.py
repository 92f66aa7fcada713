"""What the catalogue says of EfficientNet."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import DROPOUT, IN_CHANNELS, NUM_CLASSES, TORCHVISION
from cnnviz.architectures.entries.figures import ACTIVATION, WIDTH_MULTIPLIER, torchvision_figures
from cnnviz.architectures.entries.mobilenet import EXPANSION

PAPER = "https://arxiv.org/abs/1905.11946"

DEPTH_MULTIPLIER = Option(
    name="depth_multiplier",
    kind="float",
    default=1.0,
    minimum=0.5,
    maximum=3.1,
    step=0.1,
    help="Layers of each stage times this, rounded up; 3.1 with width 2 is EfficientNet-B7",
)
SQUEEZE_EXCITATION = Option(
    name="squeeze_excitation",
    kind="bool",
    default=True,
    help="Weigh the channels inside each block by a small network on their averages",
)

EFFICIENTNET_B0 = Architecture(
    name="efficientnet_b0",
    title="EfficientNet-B0",
    family="EfficientNet",
    year=2019,
    authors="Mingxing Tan, Quoc V. Le",
    paper="EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
    link=PAPER,
    idea="A small network found by search is enlarged by one coefficient that raises depth, width and input "
    "size together. "
    "A larger image needs more layers to see it and more channels to describe it, so growing the three in "
    "balance buys more accuracy for the same multiplications.",
    variants=(
        Variant(
            name="torchvision",
            source="torchvision.models.efficientnet, after table 1 of the paper",
            link=f"{TORCHVISION}/efficientnet.py",
            build="cnnviz.architectures.efficientnet:EfficientNet",
            input_shape=(3, 224, 224),
            defaults={"activation": "silu", "dropout": 0.2},
            differences=(
                "Stochastic depth, which drops whole blocks in training only, is left out.",
                "Channel numbers are rounded to multiples of 8 when the width multiplier changes, as the "
                "authors' code does.",
            ),
            published=(
                *torchvision_figures(
                    "EfficientNet_B0_Weights",
                    "efficientnet",
                    parameters=5_288_548,
                    macs=386_000_000,
                    top1_error=22.308,
                    top5_error=6.468,
                ),
                Published(
                    quantity="parameters",
                    value=5_300_000,
                    rounded_to=100_000,
                    source="Tan and Le 2019, table 2",
                    link=PAPER,
                ),
                Published(
                    quantity="macs",
                    value=390_000_000,
                    rounded_to=10_000_000,
                    source="Tan and Le 2019, table 2",
                    link=PAPER,
                    note="the paper counts multiply-adds and calls them FLOPS",
                ),
                Published(
                    quantity="top1_error",
                    value=22.9,
                    source="Tan and Le 2019, table 2 (77.1% accuracy, arXiv version 5)",
                    link=PAPER,
                    note="one crop of 224x224, ImageNet validation set",
                ),
                Published(
                    quantity="top5_error",
                    value=6.7,
                    source="Tan and Le 2019, table 2 (93.3% accuracy, arXiv version 5)",
                    link=PAPER,
                    note="one crop of 224x224, ImageNet validation set",
                ),
            ),
        ),
    ),
    options=(
        NUM_CLASSES,
        IN_CHANNELS,
        WIDTH_MULTIPLIER,
        DEPTH_MULTIPLIER,
        EXPANSION,
        SQUEEZE_EXCITATION,
        ACTIVATION,
        DROPOUT,
    ),
)

ARCHITECTURES: tuple[Architecture, ...] = (EFFICIENTNET_B0,)
