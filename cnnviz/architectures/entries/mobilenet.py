"""What the catalogue says of MobileNet and MobileNetV2."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import DROPOUT, IN_CHANNELS, NUM_CLASSES, TORCHVISION
from cnnviz.architectures.entries.figures import ACTIVATION, WIDTH_MULTIPLIER, torchvision_figures

V1_PAPER = "https://arxiv.org/abs/1704.04861"
V2_PAPER = "https://arxiv.org/abs/1801.04381"
V2_AUTHORS = "https://github.com/tensorflow/models/tree/master/research/slim/nets/mobilenet"

SEPARABLE = Option(
    name="separable",
    kind="bool",
    default=True,
    help="Depthwise separable convolutions; off: the full 3x3 convolutions that they replace",
)
EXPANSION = Option(
    name="expansion",
    kind="int",
    default=6,
    minimum=1,
    maximum=10,
    step=1,
    help="How many times wider a block is inside than at its ends, the paper's t",
)
SHORTCUT = Option(
    name="shortcut",
    kind="bool",
    default=True,
    help="Add the input of a block to its output where the shape stays",
)
LINEAR_BOTTLENECK = Option(
    name="linear_bottleneck",
    kind="bool",
    default=True,
    help="No activation after the last convolution of a block",
)

MOBILENET_V1 = Architecture(
    name="mobilenet_v1",
    title="MobileNet",
    family="MobileNet",
    year=2017,
    authors="Andrew G. Howard, Menglong Zhu, Bo Chen, Dmitry Kalenichenko, Weijun Wang, Tobias Weyand, "
    "Marco Andreetto, Hartwig Adam",
    paper="MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
    link=V1_PAPER,
    idea="A convolution is split in two: a 3x3 filter on each channel alone, then a 1x1 convolution that "
    "mixes the channels. "
    "This needs eight to nine times fewer multiplications than a full 3x3 convolution and costs about one "
    "percent of accuracy.",
    variants=(
        Variant(
            name="paper",
            source="Howard et al. 2017, table 1",
            link=V1_PAPER,
            build="cnnviz.architectures.mobilenet:MobileNetV1",
            input_shape=(3, 224, 224),
            differences=(
                "The last depthwise convolution has stride 1: table 1 prints stride 2, but also a 7x7 map "
                "before and after it.",
            ),
            published=(
                Published(
                    quantity="parameters",
                    value=4_200_000,
                    rounded_to=100_000,
                    source="Howard et al. 2017, table 4",
                    link=V1_PAPER,
                ),
                Published(
                    quantity="macs",
                    value=569_000_000,
                    rounded_to=1_000_000,
                    source="Howard et al. 2017, table 4",
                    link=V1_PAPER,
                ),
                Published(
                    quantity="top1_error",
                    value=29.4,
                    source="Howard et al. 2017, table 4 (70.6% accuracy)",
                    link=V1_PAPER,
                    note="224x224 input, ImageNet; the paper does not describe the crop",
                ),
                Published(
                    quantity="weight_layers",
                    value=28,
                    source="Howard et al. 2017, section 3.2",
                    link=V1_PAPER,
                    note="depthwise and pointwise convolutions counted as separate layers",
                ),
            ),
        ),
    ),
    options=(NUM_CLASSES, IN_CHANNELS, WIDTH_MULTIPLIER, SEPARABLE, ACTIVATION),
)

MOBILENET_V2 = Architecture(
    name="mobilenet_v2",
    title="MobileNetV2",
    family="MobileNet",
    year=2018,
    authors="Mark Sandler, Andrew Howard, Menglong Zhu, Andrey Zhmoginov, Liang-Chieh Chen",
    paper="MobileNetV2: Inverted Residuals and Linear Bottlenecks",
    link=V2_PAPER,
    idea="A block widens its thin input, filters each channel alone, and projects it back to a thin output "
    "without an activation; shortcuts join the thin ends. "
    "Filtering channels alone is cheap enough to do it in a wide space, and leaving out the activation keeps "
    "what the few channels carry.",
    variants=(
        Variant(
            name="torchvision",
            source="torchvision.models.mobilenetv2, after table 2 of the paper",
            link=f"{TORCHVISION}/mobilenetv2.py",
            build="cnnviz.architectures.mobilenet:MobileNetV2",
            input_shape=(3, 224, 224),
            defaults={"dropout": 0.2},
            differences=(
                "The last layer is a fully connected layer after the average pool; table 2 writes it as a "
                "1x1 convolution, which is the same.",
                "There are 17 blocks, as in table 2; section 4 of the paper speaks of 19.",
                "Channel numbers are rounded to multiples of 8 when the width multiplier changes.",
            ),
            published=(
                *torchvision_figures(
                    "MobileNet_V2_Weights",
                    "mobilenetv2",
                    parameters=3_504_872,
                    macs=301_000_000,
                    top1_error=28.122,
                    top5_error=9.714,
                ),
                Published(
                    quantity="macs",
                    value=300_000_000,
                    rounded_to=1_000_000,
                    source="Sandler et al. 2018, table 4",
                    link=V2_PAPER,
                ),
                Published(
                    quantity="parameters",
                    value=3_470_000,
                    rounded_to=10_000,
                    source="the authors' page of checkpoints; table 4 of the paper prints 3.4 million",
                    link=V2_AUTHORS,
                    applies=False,
                    note="counts the weights of convolutions and of the last layer, 3,469,760 here, without "
                    "batch normalisation and biases",
                ),
                Published(
                    quantity="top1_error",
                    value=28.0,
                    source="Sandler et al. 2018, table 4 (72.0% accuracy)",
                    link=V2_PAPER,
                    note="224x224 input, ImageNet",
                ),
            ),
        ),
    ),
    options=(
        NUM_CLASSES,
        IN_CHANNELS,
        WIDTH_MULTIPLIER,
        EXPANSION,
        SHORTCUT,
        LINEAR_BOTTLENECK,
        DROPOUT,
    ),
)

ARCHITECTURES: tuple[Architecture, ...] = (MOBILENET_V1, MOBILENET_V2)
