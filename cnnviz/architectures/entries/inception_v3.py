"""What the catalogue says of Inception-v3."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import DROPOUT, IN_CHANNELS, NUM_CLASSES, TORCHVISION
from cnnviz.architectures.entries.figures import ACTIVATION

PAPER = "https://arxiv.org/abs/1512.00567"
CODE = f"{TORCHVISION}/inception.py"
WEIGHTS = "torchvision, Inception_V3_Weights.IMAGENET1K_V1"
CROP = "one centre crop of 299x299, ImageNet validation set"

AUX_HEADS = Option(
    name="aux_heads",
    kind="bool",
    default=False,
    help="The auxiliary classifier on the last 17x17 map, which only training uses; on, it is counted too",
)
FACTORISED = Option(
    name="factorised",
    kind="bool",
    default=True,
    help="7x7 convolutions as pairs of 1x7 and 7x1; off: as the full 7x7 convolutions that they replace",
)

INCEPTION_V3 = Architecture(
    name="inception_v3",
    title="Inception-v3",
    family="GoogLeNet",
    year=2015,
    authors="Christian Szegedy, Vincent Vanhoucke, Sergey Ioffe, Jonathon Shlens, Zbigniew Wojna",
    paper="Rethinking the Inception Architecture for Computer Vision",
    link=PAPER,
    idea="Large filters of the inception modules are factorised: 5x5 into two 3x3, and 7x7 into 1x7 and 7x1. "
    "The same window of the image is seen with fewer weights and multiplications, which are spent on more "
    "channels and layers instead.",
    variants=(
        Variant(
            name="torchvision",
            source="torchvision.models.inception, after the network that Google released with the paper",
            link=CODE,
            build="cnnviz.architectures.inception_v3:InceptionV3",
            input_shape=(3, 299, 299),
            differences=(
                "The stem has a 1x1 convolution to 80 channels, a 3x3 to 192 and a max pool where table 1 of "
                "the paper has three 3x3 convolutions.",
                "One branch of the 35x35 modules is a 5x5 convolution where figure 5 of the paper has a 3x3.",
                "The auxiliary head is off unless asked for; torchvision's number of parameters includes it.",
            ),
            published=(
                Published(
                    quantity="parameters",
                    value=27_161_264,
                    source=WEIGHTS,
                    link=CODE,
                    applies=False,
                    note="with the auxiliary head, which is off here unless asked for",
                ),
                Published(
                    quantity="macs", value=5_713_000_000, rounded_to=1_000_000, source=WEIGHTS, link=CODE
                ),
                Published(quantity="top1_error", value=22.706, source=WEIGHTS, link=CODE, note=CROP),
                Published(quantity="top5_error", value=6.55, source=WEIGHTS, link=CODE, note=CROP),
                Published(
                    quantity="macs",
                    value=5_000_000_000,
                    rounded_to=1_000_000_000,
                    source="Szegedy et al. 2015, abstract: 5 billion multiply-adds",
                    link=PAPER,
                ),
                Published(
                    quantity="parameters",
                    value=25_000_000,
                    source="Szegedy et al. 2015, abstract: less than 25 million",
                    link=PAPER,
                    applies=False,
                    note="an upper bound, which the network without its auxiliary head keeps",
                ),
                Published(
                    quantity="top1_error",
                    value=21.2,
                    source="Szegedy et al. 2015, abstract",
                    link=PAPER,
                    note="single frame evaluation, ILSVRC 2012 validation set",
                ),
                Published(
                    quantity="top5_error",
                    value=5.6,
                    source="Szegedy et al. 2015, abstract",
                    link=PAPER,
                    note="single frame evaluation, ILSVRC 2012 validation set",
                ),
            ),
        ),
    ),
    options=(NUM_CLASSES, IN_CHANNELS, AUX_HEADS, FACTORISED, ACTIVATION, DROPOUT),
)

ARCHITECTURES: tuple[Architecture, ...] = (INCEPTION_V3,)
