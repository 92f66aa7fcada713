"""What the catalogue says of SqueezeNet."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import DROPOUT, IN_CHANNELS, NUM_CLASSES, TORCHVISION
from cnnviz.architectures.entries.figures import ACTIVATION, torchvision_figures

PAPER = "https://arxiv.org/abs/1602.07360"
OF_1_0 = "of version 1.0, the network of the paper's table 1"

SQUEEZE_RATIO = Option(
    name="squeeze_ratio",
    kind="float",
    default=0.125,
    minimum=0.125,
    maximum=1.0,
    step=0.125,
    help="Channels of the squeeze layer over channels of the expand layers, the paper's SR",
)
SHARE_3X3 = Option(
    name="share_3x3",
    kind="float",
    default=0.5,
    minimum=0.125,
    maximum=0.875,
    step=0.125,
    help="Share of the expanded channels that comes from 3x3 filters; the rest comes from 1x1",
)
BYPASS = Option(
    name="bypass",
    kind="bool",
    default=False,
    help="Shortcuts around the fire modules 3, 5, 7 and 9, which keep their number of channels",
)

SQUEEZENET1_1 = Architecture(
    name="squeezenet1_1",
    title="SqueezeNet 1.1",
    family="SqueezeNet",
    year=2016,
    authors="Forrest N. Iandola, Song Han, Matthew W. Moskewicz, Khalid Ashraf, William J. Dally, "
    "Kurt Keutzer",
    paper="SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size",
    link=PAPER,
    idea="A fire module squeezes its input to a few channels by 1x1 convolutions before 1x1 and 3x3 "
    "convolutions expand it again, and no layer is fully connected. "
    "Costly 3x3 filters see few channels and most filters are 1x1, so AlexNet's accuracy is reached with 50 "
    "times fewer parameters.",
    variants=(
        Variant(
            name="torchvision",
            source="torchvision.models.squeezenet, after version 1.1 of the authors' repository",
            link=f"{TORCHVISION}/squeezenet.py",
            build="cnnviz.architectures.squeezenet:SqueezeNet",
            input_shape=(3, 224, 224),
            differences=(
                "This is the authors' later version 1.1: conv1 has 64 filters of 3x3 instead of 96 of 7x7.",
                "The pools follow conv1, fire3 and fire5 instead of conv1, fire4 and fire8, which makes the "
                "network more than twice as cheap.",
            ),
            published=(
                *torchvision_figures(
                    "SqueezeNet1_1_Weights",
                    "squeezenet",
                    parameters=1_235_496,
                    macs=349_000_000,
                    top1_error=41.822,
                    top5_error=19.376,
                ),
                Published(
                    quantity="parameters",
                    value=1_248_424,
                    source="Iandola et al. 2016, table 1",
                    link=PAPER,
                    applies=False,
                    note=OF_1_0,
                ),
                Published(
                    quantity="top1_error",
                    value=42.5,
                    source="Iandola et al. 2016, table 2 (57.5% accuracy)",
                    link=PAPER,
                    applies=False,
                    note=OF_1_0,
                ),
                Published(
                    quantity="top5_error",
                    value=19.7,
                    source="Iandola et al. 2016, table 2 (80.3% accuracy)",
                    link=PAPER,
                    applies=False,
                    note=OF_1_0,
                ),
            ),
        ),
    ),
    options=(NUM_CLASSES, IN_CHANNELS, SQUEEZE_RATIO, SHARE_3X3, BYPASS, ACTIVATION, DROPOUT),
)

ARCHITECTURES: tuple[Architecture, ...] = (SQUEEZENET1_1,)
