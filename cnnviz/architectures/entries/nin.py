"""What the catalogue says of Network in Network."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import D2L, DROPOUT, IN_CHANNELS, NUM_CLASSES
from cnnviz.architectures.entries.figures import ACTIVATION

PAPER = "https://arxiv.org/abs/1312.4400"
GIST = "https://gist.github.com/mavenlin/d802a5849de39225bcc6"

ONE_BY_ONE = Option(
    name="one_by_one",
    kind="int",
    default=2,
    minimum=0,
    maximum=3,
    help="1x1 convolutions after each spatial one: the network in the network; 0 leaves a plain network",
)

IMAGENET = Variant(
    name="paper",
    source="The first author's ImageNet model in Caffe, after Lin et al. 2013, figure 2",
    link=GIST,
    build="cnnviz.architectures.nin:NiN",
    input_shape=(3, 224, 224),
    differences=(
        "The paper prints no layer sizes and trains on CIFAR, SVHN and MNIST; this is the ImageNet layout "
        "that its first author published.",
        "It has four mlpconv layers where the paper's figure 2 has three.",
        "Dropout stands only before the last mlpconv layer, where the paper has it after each but the last.",
    ),
    published=(
        Published(
            quantity="parameters",
            value=29 * 2**20 // 4,
            rounded_to=2**20 // 4,
            source="Network in Network Imagenet Model, Caffe model zoo",
            link=GIST,
            note="Printed as the size of the file, 29 MB: four bytes a parameter, 2**20 bytes a MB",
        ),
        Published(
            quantity="top1_error",
            value=40.64,
            rounded_to=0.01,
            source="Network in Network Imagenet Model, Caffe model zoo",
            link=GIST,
            note="ImageNet validation set, one crop of 224x224",
        ),
    ),
)

BOOK = Variant(
    name="d2l",
    source="Dive into Deep Learning, section 8.3",
    link=f"{D2L}nin.html",
    build="cnnviz.architectures.nin:NiN",
    input_shape=(1, 224, 224),
    arguments={"last_width": 0, "ceil_mode": False},
    defaults={"num_classes": 10, "in_channels": 1},
    differences=(
        "It is made for Fashion-MNIST enlarged to 224x224: one input channel and 10 classes.",
        "The last mlpconv layer has as many channels as classes throughout, instead of 1024 inside.",
        "Pools drop an incomplete last window, so that the maps are 26, 12 and 5 wide instead of 27, 13 and "
        "6.",
    ),
)

ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture(
        name="nin",
        title="Network in Network",
        family="NiN",
        year=2013,
        authors="Min Lin, Qiang Chen, Shuicheng Yan",
        paper="Network In Network",
        link=PAPER,
        idea="Two 1x1 convolutions after each spatial one work as a small network at every pixel, and the "
        "average of one map per class replaces the fully connected layers. Mixing channels non-linearly "
        "makes stronger local features, and without the large matrices at the end few parameters are left "
        "to overfit.",
        variants=(IMAGENET, BOOK),
        options=(
            # the book's last layer grows with the square of the classes; ImageNet-21k has 21,841
            NUM_CLASSES.replace(maximum=22_000),
            IN_CHANNELS,
            ONE_BY_ONE,
            ACTIVATION,
            DROPOUT,
        ),
    ),
)
