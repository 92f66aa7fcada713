"""What the catalogue says of LeNet-5."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import FIT_INPUT, IN_CHANNELS, NUM_CLASSES
from cnnviz.architectures.entries.figures import ACTIVATION

PAPER = "http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf"
SECTION = "LeCun et al. 1998, section II-B"

POOLING = Option(
    name="pooling",
    kind="choice",
    default="average",
    choices=("average", "max"),
    help="What a pool keeps of each 2x2 window: the average, as in 1998, or the maximum",
)

COURSE = Variant(
    name="course",
    source="Deep Learning Specialization, course 4, week 2: classic networks",
    link="https://www.coursera.org/learn/convolutional-neural-networks",
    build="cnnviz.architectures.lenet:LeNet5",
    input_shape=(1, 32, 32),
    differences=(
        "Every map of the second convolution sees all six maps; the paper wires most to three or four.",
        "Pooling is a plain average: the paper's sub-sampling has a weight, a bias and a tanh for each map.",
        "The activation is a plain tanh, where the paper stretches it to 1.7159 tanh(2/3 x).",
        "The 120 units are a fully connected layer; in the paper they are a 5x5 convolution.",
        "The last layer is fully connected, for a softmax, instead of distances to code words.",
    ),
)

FIRST = Variant(
    name="paper",
    source="LeCun et al. 1998, section II-B, figure 2 and table I",
    link=PAPER,
    build="cnnviz.architectures.lenet:LeNet5Paper",
    input_shape=(1, 32, 32),
    without=("activation", "pooling"),
    differences=(
        "The code words of the output are random signs, a choice that the paper allows; its own are "
        "drawings of the ten digits in 7x12 pixels.",
        "The output is the negative of the paper's squared distance, so that the largest value names the "
        "class.",
    ),
    published=(
        Published(quantity="parameters", value=60_000, source=SECTION, link=PAPER),
        Published(
            quantity="macs",
            value=340_908,
            source=SECTION,
            link=PAPER,
            applies=False,
            note="The paper counts connections: those of biases, of sub-sampling and of the output are "
            "among them",
        ),
        Published(
            quantity="top1_error",
            value=0.95,
            rounded_to=0.01,
            source="LeCun et al. 1998, section III-B",
            link=PAPER,
            note="MNIST test set of 10,000 digits, trained without distorted images",
        ),
        Published(
            quantity="weight_layers",
            value=7,
            source=SECTION,
            link=PAPER,
            applies=False,
            note="The paper counts both sub-sampling layers and the output; C1, C3, C5 and F6 multiply by a "
            "weight for each connection",
        ),
    ),
)

BOOK = Variant(
    name="d2l",
    source="Dive into Deep Learning, section 7.6",
    link="https://d2l.ai/chapter_convolutional-neural-networks/lenet.html",
    build="cnnviz.architectures.lenet:LeNet5",
    input_shape=(1, 28, 28),
    arguments={"conv1_padding": 2},
    defaults={"activation": "sigmoid"},
    differences=(
        "The input is 28x28, as MNIST is distributed, and conv1 pads it to the paper's 32x32.",
        "The activation is a sigmoid instead of a stretched tanh.",
        "Every map of the second convolution sees all six maps; the paper wires most to three or four.",
        "Pooling is a plain average without weights.",
        "The last layer is fully connected, for a softmax, instead of distances to code words.",
    ),
)

ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture(
        name="lenet5",
        title="LeNet-5",
        family="LeNet",
        year=1998,
        authors="Yann LeCun, Léon Bottou, Yoshua Bengio, Patrick Haffner",
        paper="Gradient-Based Learning Applied to Document Recognition",
        link=PAPER,
        idea="Convolutions and sub-sampling take turns, so that maps shrink while their number grows, and "
        "all weights are learned by back-propagation from pixels to digits. Sharing one small filter over "
        "the whole image leaves 60,000 weights to learn and makes the answer depend little on where a "
        "stroke stands.",
        variants=(COURSE, FIRST, BOOK),
        options=(
            NUM_CLASSES.replace(default=10),
            IN_CHANNELS.replace(default=1),
            POOLING,
            ACTIVATION.replace(default="tanh"),
            FIT_INPUT,
        ),
    ),
)
