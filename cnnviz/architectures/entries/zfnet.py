"""What the catalogue says of ZFNet."""

from cnnviz.architectures.architecture import Architecture, Published, Variant
from cnnviz.architectures.entries.common import DROPOUT, FIT_INPUT, IN_CHANNELS, NORMALISE, NUM_CLASSES
from cnnviz.architectures.entries.figures import ACTIVATION

PAPER = "https://arxiv.org/abs/1311.2901"
TABLE = "https://github.com/osmr/imgclsmob/tree/master/pytorch"
NO_CROPS = "ImageNet 2012 validation set; the paper does not say which crops it tests on"

EIGHT_LAYERS = Published(
    quantity="weight_layers", value=8, source="Zeiler and Fergus 2013, figure 3", link=PAPER
)
COMMON_DIFFERENCES = (
    "The paper does not say how borders are treated: a padding of 1 in conv1 and pools that keep an "
    "incomplete last window give the sizes of its figure 3.",
    "The paper does not print the constants of its contrast normalisation, so AlexNet's are taken.",
)

FIGURE = Variant(
    name="paper",
    source="Zeiler and Fergus 2013, figure 3",
    link=PAPER,
    build="cnnviz.architectures.zfnet:ZFNet",
    input_shape=(3, 224, 224),
    differences=COMMON_DIFFERENCES,
    published=(
        Published(
            quantity="parameters", value=62_357_608, source="imgclsmob, table of models, ZFNet", link=TABLE
        ),
        Published(
            quantity="top1_error",
            value=38.4,
            rounded_to=0.1,
            source="Zeiler and Fergus 2013, table 2, 1 convnet",
            link=PAPER,
            note=NO_CROPS,
        ),
        Published(
            quantity="top5_error",
            value=16.5,
            rounded_to=0.1,
            source="Zeiler and Fergus 2013, table 2, 1 convnet",
            link=PAPER,
            note=NO_CROPS,
        ),
        EIGHT_LAYERS,
    ),
)

WIDE = Variant(
    name="wide",
    source="Zeiler and Fergus 2013, tables 2 and 3: layers 3, 4, 5 with 512, 1024, 512 maps",
    link=PAPER,
    build="cnnviz.architectures.zfnet:ZFNet",
    input_shape=(3, 224, 224),
    arguments={"conv3": 512, "conv4": 1024, "conv5": 512},
    differences=(
        "It is the larger network of the paper's study of model size, not the one of its figure 3.",
        *COMMON_DIFFERENCES,
    ),
    published=(
        Published(
            quantity="parameters", value=107_627_624, source="imgclsmob, table of models, ZFNet-b", link=TABLE
        ),
        Published(
            quantity="top1_error",
            value=37.5,
            rounded_to=0.1,
            source="Zeiler and Fergus 2013, table 2, (b)",
            link=PAPER,
            note=NO_CROPS,
        ),
        Published(
            quantity="top5_error",
            value=16.0,
            rounded_to=0.1,
            source="Zeiler and Fergus 2013, table 2, (b)",
            link=PAPER,
            note=NO_CROPS,
        ),
        EIGHT_LAYERS,
    ),
)

ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture(
        name="zfnet",
        title="ZFNet",
        family="ZFNet",
        year=2013,
        authors="Matthew D. Zeiler, Rob Fergus",
        paper="Visualizing and Understanding Convolutional Networks",
        link=PAPER,
        idea="Projecting single activations back to pixels showed what AlexNet's layers had learned, and "
        "that its first layer skipped middle frequencies and left aliasing in the second. A first layer of "
        "7x7 with stride 2 instead of 11x11 with stride 4 keeps that detail, and the same design then "
        "classifies better.",
        variants=(FIGURE, WIDE),
        options=(
            NUM_CLASSES,
            IN_CHANNELS,
            NORMALISE.replace(default=True),
            ACTIVATION,
            DROPOUT,
            FIT_INPUT,
        ),
    ),
)
