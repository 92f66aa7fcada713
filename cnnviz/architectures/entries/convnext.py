"""What the catalogue says of ConvNeXt."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import IN_CHANNELS, NUM_CLASSES, TORCHVISION
from cnnviz.architectures.entries.figures import ACTIVATION, torchvision_figures

PAPER = "https://arxiv.org/abs/2201.03545"

WIDTH = Option(
    name="width",
    kind="int",
    default=96,
    minimum=16,
    maximum=192,
    step=16,
    help="Channels of the first stage; each later stage doubles them",
)
KERNEL_SIZE = Option(
    name="kernel_size",
    kind="int",
    default=7,
    minimum=3,
    maximum=11,
    step=2,
    help="Side of the depthwise filters; the paper tries 3 to 11",
)
EXPANSION = Option(
    name="expansion",
    kind="int",
    default=4,
    minimum=1,
    maximum=8,
    step=1,
    help="How many times wider a block is inside than at its ends",
)
LAYER_SCALE = Option(
    name="layer_scale",
    kind="bool",
    default=True,
    help="A learnt factor on each channel of a block's output, which starts near zero",
)

CONVNEXT_TINY = Architecture(
    name="convnext_tiny",
    title="ConvNeXt-T",
    family="ConvNeXt",
    year=2022,
    authors="Zhuang Liu, Hanzi Mao, Chao-Yuan Wu, Christoph Feichtenhofer, Trevor Darrell, Saining Xie",
    paper="A ConvNet for the 2020s",
    link=PAPER,
    idea="A ResNet-50 is rebuilt step by step with the habits of vision transformers: patches, 7x7 depthwise "
    "filters, wide inverted blocks, and few norms and activations. "
    "Each step is measured, and the result shows that these habits, not attention alone, make such networks "
    "accurate.",
    variants=(
        Variant(
            name="torchvision",
            source="torchvision.models.convnext, after table 9 of the paper",
            link=f"{TORCHVISION}/convnext.py",
            build="cnnviz.architectures.convnext:ConvNeXt",
            input_shape=(3, 224, 224),
            defaults={"activation": "gelu"},
            differences=("Stochastic depth, which drops whole blocks in training only, is left out.",),
            published=(
                *torchvision_figures(
                    "ConvNeXt_Tiny_Weights",
                    "convnext",
                    parameters=28_589_128,
                    macs=4_456_000_000,
                    top1_error=17.48,
                    top5_error=3.854,
                ),
                Published(
                    quantity="parameters",
                    value=29_000_000,
                    rounded_to=1_000_000,
                    source="Liu et al. 2022, table 1",
                    link=PAPER,
                ),
                Published(
                    quantity="macs",
                    value=4_500_000_000,
                    rounded_to=100_000_000,
                    source="Liu et al. 2022, table 1",
                    link=PAPER,
                    note="the paper counts multiply-adds and calls them FLOPs",
                ),
                Published(
                    quantity="top1_error",
                    value=17.9,
                    source="Liu et al. 2022, table 1 (82.1% accuracy)",
                    link=PAPER,
                    note="224x224 input, ImageNet validation set, trained on ImageNet-1K only",
                ),
            ),
        ),
    ),
    options=(NUM_CLASSES, IN_CHANNELS, WIDTH, KERNEL_SIZE, EXPANSION, LAYER_SCALE, ACTIVATION),
)

ARCHITECTURES: tuple[Architecture, ...] = (CONVNEXT_TINY,)
