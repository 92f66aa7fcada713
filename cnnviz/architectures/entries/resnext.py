"""What the catalogue says of ResNeXt."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import IN_CHANNELS, NUM_CLASSES, TORCHVISION
from cnnviz.architectures.entries.figures import ACTIVATION, BATCH_NORM, torchvision_figures
from cnnviz.architectures.entries.resnet import SHORTCUT

PAPER = "https://arxiv.org/abs/1611.05431"

CARDINALITY = Option(
    name="cardinality",
    kind="int",
    default=32,
    minimum=1,
    maximum=64,
    step=1,
    help="Number of paths (groups) in each 3x3 convolution, the paper's C; 1 path of width 64 is ResNet-50",
)
BOTTLENECK_WIDTH = Option(
    name="bottleneck_width",
    kind="int",
    default=4,
    minimum=1,
    maximum=64,
    step=1,
    help="Channels of each path in the first stage, the paper's d",
)

RESNEXT50 = Architecture(
    name="resnext50_32x4d",
    title="ResNeXt-50 (32x4d)",
    family="ResNeXt",
    year=2016,
    authors="Saining Xie, Ross Girshick, Piotr Dollár, Zhuowen Tu, Kaiming He",
    paper="Aggregated Residual Transformations for Deep Neural Networks",
    link=PAPER,
    idea="The bottleneck of a residual block becomes 32 thin paths of the same shape, which are added up: "
    "one grouped convolution does it. "
    "At the same number of parameters and multiplications, more paths give a lower error than more depth or "
    "width.",
    variants=(
        Variant(
            name="torchvision",
            source="torchvision.models.resnet, after table 1 and figure 3c of the paper",
            link=f"{TORCHVISION}/resnet.py",
            build="cnnviz.architectures.resnext:ResNeXt",
            input_shape=(3, 224, 224),
            published=(
                *torchvision_figures(
                    "ResNeXt50_32X4D_Weights",
                    "resnet",
                    parameters=25_028_904,
                    macs=4_230_000_000,
                    top1_error=22.382,
                    top5_error=6.302,
                ),
                Published(
                    quantity="parameters",
                    value=25_000_000,
                    rounded_to=100_000,
                    source="Xie et al. 2017, table 1",
                    link=PAPER,
                ),
                Published(
                    quantity="macs",
                    value=4_200_000_000,
                    rounded_to=100_000_000,
                    source="Xie et al. 2017, table 1",
                    link=PAPER,
                ),
                Published(
                    quantity="top1_error",
                    value=22.2,
                    source="Xie et al. 2017, table 3",
                    link=PAPER,
                    note="one centre crop of 224x224, ImageNet validation set",
                ),
                Published(
                    quantity="weight_layers",
                    value=50,
                    source="Xie et al. 2017, table 1",
                    link=PAPER,
                    note="convolutions and the fully connected layer on the longest path; the 1x1 "
                    "convolutions of shortcuts are not counted",
                ),
            ),
        ),
    ),
    options=(
        NUM_CLASSES,
        IN_CHANNELS,
        CARDINALITY,
        BOTTLENECK_WIDTH,
        SHORTCUT,
        BATCH_NORM,
        ACTIVATION,
    ),
)

ARCHITECTURES: tuple[Architecture, ...] = (RESNEXT50,)
