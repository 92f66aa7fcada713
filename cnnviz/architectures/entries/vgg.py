"""What the catalogue says of the VGG networks."""

from cnnviz.architectures.architecture import Architecture, Published, Variant
from cnnviz.architectures.entries.common import D2L, DROPOUT, FIT_INPUT, IN_CHANNELS, NUM_CLASSES, TORCHVISION
from cnnviz.architectures.entries.figures import ACTIVATION, WIDTH_MULTIPLIER, torchvision_figures

PAPER = "https://arxiv.org/abs/1409.1556"
CONFIGURATIONS = {"vgg11": "A", "vgg13": "B", "vgg16": "D", "vgg19": "E"}  # columns of table 1


def paper_figures(depth: int, *, millions: int, top1: float, top5: float) -> tuple[Published, ...]:
    """What the paper prints: weight layers (table 1), parameters (table 2), errors (table 3, S = Q = 256)."""
    table = "Simonyan and Zisserman 2014, table 3"
    dense = (
        "ILSVRC-2012 validation set, the whole image at a smallest side of 256, evaluated densely and "
        "averaged with its mirror image, not one crop"
    )
    return (
        Published(
            quantity="parameters",
            value=millions * 1_000_000,
            rounded_to=1_000_000,
            source="Simonyan and Zisserman 2014, table 2",
            link=PAPER,
        ),
        Published(
            quantity="weight_layers", value=depth, source="Simonyan and Zisserman 2014, table 1", link=PAPER
        ),
        Published(
            quantity="top1_error",
            value=top1,
            rounded_to=0.1,
            source=table,
            link=PAPER,
            applies=False,
            note=dense,
        ),
        Published(
            quantity="top5_error",
            value=top5,
            rounded_to=0.1,
            source=table,
            link=PAPER,
            applies=False,
            note=dense,
        ),
    )


def paper_variant(name: str, published: tuple[Published, ...]) -> Variant:
    """The network of table 1; torchvision's network of that name is the same one."""
    column = CONFIGURATIONS[name]
    return Variant(
        name="paper",
        source=f"Simonyan and Zisserman 2014, table 1, column {column}; torchvision's {name} is the same",
        link=PAPER,
        build="cnnviz.architectures.vgg:VGG",
        input_shape=(3, 224, 224),
        arguments={"configuration": column},
        published=published,
    )


def bn_variant(name: str, published: tuple[Published, ...]) -> Variant:
    """Torchvision's network with batch normalisation."""
    return Variant(
        name="bn",
        source=f"torchvision, {name}_bn",
        link=f"{TORCHVISION}/vgg.py",
        build="cnnviz.architectures.vgg:VGG",
        input_shape=(3, 224, 224),
        arguments={"configuration": CONFIGURATIONS[name], "batch_norm": True},
        differences=(
            "Batch normalisation, which was published a year later, stands between each convolution and its "
            "activation.",
            "The convolutions keep their biases, although batch normalisation makes them superfluous.",
        ),
        published=published,
    )


def architecture(depth: int, variants: tuple[Variant, ...]) -> Architecture:
    """What all depths share."""
    return Architecture(
        name=f"vgg{depth}",
        title=f"VGG-{depth}",
        family="VGG",
        year=2014,
        authors="Karen Simonyan, Andrew Zisserman",
        paper="Very Deep Convolutional Networks for Large-Scale Image Recognition",
        link=PAPER,
        idea="Every convolution is 3x3 and every block repeats it one to four times before a pool, which "
        "made networks of 16 and 19 layers out of one simple rule. Two 3x3 convolutions see as much as one "
        "5x5 with fewer weights and one more non-linearity, so depth came cheap and accuracy rose with it.",
        variants=variants,
        options=(NUM_CLASSES, IN_CHANNELS, WIDTH_MULTIPLIER, ACTIVATION, DROPOUT, FIT_INPUT),
    )


VGG11_BOOK = Variant(
    name="d2l",
    source="Dive into Deep Learning, section 8.2",
    link=f"{D2L}vgg.html",
    build="cnnviz.architectures.vgg:VGG",
    input_shape=(1, 224, 224),
    arguments={"configuration": "A"},
    defaults={"num_classes": 10, "in_channels": 1},
    differences=(
        "It is made for Fashion-MNIST enlarged to 224x224: one input channel and 10 classes.",
        "The book then trains a narrower one, with a quarter of the channels: a width multiplier of 0.25.",
    ),
    published=(
        Published(quantity="weight_layers", value=11, source="d2l, section 8.2", link=f"{D2L}vgg.html"),
    ),
)

ARCHITECTURES: tuple[Architecture, ...] = (
    architecture(
        11,
        (
            paper_variant(
                "vgg11",
                torchvision_figures(
                    "VGG11_Weights",
                    "vgg",
                    parameters=132_863_336,
                    macs=7_609_000_000,
                    top1_error=30.98,
                    top5_error=11.372,
                )
                + paper_figures(11, millions=133, top1=29.6, top5=10.4),
            ),
            bn_variant(
                "vgg11",
                torchvision_figures(
                    "VGG11_BN_Weights",
                    "vgg",
                    parameters=132_868_840,
                    macs=7_609_000_000,
                    top1_error=29.63,
                    top5_error=10.19,
                ),
            ),
            VGG11_BOOK,
        ),
    ),
    architecture(
        13,
        (
            paper_variant(
                "vgg13",
                torchvision_figures(
                    "VGG13_Weights",
                    "vgg",
                    parameters=133_047_848,
                    macs=11_308_000_000,
                    top1_error=30.072,
                    top5_error=10.754,
                )
                + paper_figures(13, millions=133, top1=28.7, top5=9.9),
            ),
            bn_variant(
                "vgg13",
                torchvision_figures(
                    "VGG13_BN_Weights",
                    "vgg",
                    parameters=133_053_736,
                    macs=11_308_000_000,
                    top1_error=28.414,
                    top5_error=9.626,
                ),
            ),
        ),
    ),
    architecture(
        16,
        (
            paper_variant(
                "vgg16",
                torchvision_figures(
                    "VGG16_Weights",
                    "vgg",
                    parameters=138_357_544,
                    macs=15_470_000_000,
                    top1_error=28.408,
                    top5_error=9.618,
                )
                + paper_figures(16, millions=138, top1=27.0, top5=8.8),
            ),
            bn_variant(
                "vgg16",
                torchvision_figures(
                    "VGG16_BN_Weights",
                    "vgg",
                    parameters=138_365_992,
                    macs=15_470_000_000,
                    top1_error=26.64,
                    top5_error=8.484,
                ),
            ),
        ),
    ),
    architecture(
        19,
        (
            paper_variant(
                "vgg19",
                torchvision_figures(
                    "VGG19_Weights",
                    "vgg",
                    parameters=143_667_240,
                    macs=19_632_000_000,
                    top1_error=27.624,
                    top5_error=9.124,
                )
                + paper_figures(19, millions=144, top1=27.3, top5=9.0),
            ),
            bn_variant(
                "vgg19",
                torchvision_figures(
                    "VGG19_BN_Weights",
                    "vgg",
                    parameters=143_678_248,
                    macs=19_632_000_000,
                    top1_error=25.782,
                    top5_error=8.158,
                ),
            ),
        ),
    ),
)
