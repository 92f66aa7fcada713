"""What the catalogue says of GoogLeNet."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import D2L, DROPOUT, IN_CHANNELS, NORMALISE, NUM_CLASSES, TORCHVISION
from cnnviz.architectures.entries.figures import ACTIVATION, BATCH_NORM, torchvision_figures

PAPER = "https://arxiv.org/abs/1409.4842"
CAFFE = "https://github.com/BVLC/caffe/tree/master/models/bvlc_googlenet"

AUX_HEADS = Option(
    name="aux_heads",
    kind="bool",
    default=False,
    help="The two auxiliary classifiers on inner maps, which only training uses; on, they are counted too",
)
REDUCTION = Option(
    name="reduction",
    kind="bool",
    default=True,
    help="1x1 convolutions that reduce the channels inside each module; off is the naive module of figure 2a",
)
TWENTY_TWO = Published(
    quantity="weight_layers", value=22, source="Szegedy et al. 2014, section 5: 22 layers deep", link=PAPER
)

TABLE = Variant(
    name="paper",
    source="Szegedy et al. 2014, table 1 and figure 3",
    link=PAPER,
    build="cnnviz.architectures.googlenet:GoogLeNet",
    input_shape=(3, 224, 224),
    differences=(
        "The paper does not print the constants of its response normalisation, so those of the BVLC "
        "replication are taken.",
        "The auxiliary heads are off unless asked for; the paper trains with them and drops them afterwards.",
    ),
    published=(
        Published(
            quantity="parameters",
            value=6_797_700,
            rounded_to=100,
            source="Szegedy et al. 2014, table 1, sum of its rows",
            link=PAPER,
            applies=False,
            note="The rows are rounded and leave out the biases, and some differ from their own shapes: "
            "conv1 is printed with 2.7K where 7x7x3x64 gives 9.4K",
        ),
        Published(
            quantity="macs",
            value=1_500_000_000,
            rounded_to=100_000_000,
            source="Szegedy et al. 2014, section 1",
            link=PAPER,
            note="A budget of 1.5 billion multiply-adds; the rows of table 1 add up to 1,502 million, of "
            "which conv1 is printed with 34 million where its own shape gives 118",
        ),
        Published(
            quantity="top5_error",
            value=10.07,
            rounded_to=0.01,
            source="Szegedy et al. 2014, table 3, 1 model, 1 crop",
            link=PAPER,
            note="ILSVRC-2014 validation set, one model, one crop",
        ),
        Published(
            quantity="top1_error",
            value=31.3,
            rounded_to=0.1,
            source="BVLC GoogleNet, Caffe model zoo",
            link=CAFFE,
            note="ImageNet validation set, centre crop; a replication with less augmentation",
        ),
        TWENTY_TWO,
    ),
)

TORCHVISION_NET = Variant(
    name="torchvision",
    source="torchvision, googlenet",
    link=f"{TORCHVISION}/googlenet.py",
    build="cnnviz.architectures.googlenet:GoogLeNet",
    input_shape=(3, 224, 224),
    arguments={"kernel5x5": 3, "pool4_kernel": 2, "adaptive_aux": True, "normalise": False},
    defaults={"batch_norm": True, "dropout": 0.2},
    without=("normalise",),
    differences=(
        "The branch that the paper calls 5x5 has a 3x3 kernel: a known mistake that stayed, because the "
        "published weights have it (https://github.com/pytorch/vision/issues/906).",
        "Batch normalisation follows each convolution, which has no bias; the paper has none.",
        "There is no local response normalisation.",
        "The pool before inception_5a is 2x2 instead of 3x3.",
        "Dropout is 0.2 instead of 0.4, and the auxiliary heads average to 4x4 at any input size.",
    ),
    published=(
        *torchvision_figures(
            "GoogLeNet_Weights",
            "googlenet",
            parameters=6_624_904,
            macs=1_498_000_000,
            top1_error=30.222,
            top5_error=10.47,
        ),
        TWENTY_TWO,
    ),
)

BOOK = Variant(
    name="d2l",
    source="Dive into Deep Learning, section 8.4",
    link=f"{D2L}googlenet.html",
    build="cnnviz.architectures.googlenet:GoogLeNet",
    input_shape=(1, 96, 96),
    arguments={"pool_padding": 1, "normalise": False, "dropout": 0.0},
    defaults={"num_classes": 10, "in_channels": 1},
    without=("aux_heads", "normalise", "dropout"),
    differences=(
        "It is made for Fashion-MNIST enlarged to 96x96: one input channel and 10 classes.",
        "There are no auxiliary heads, no response normalisation and no dropout.",
        "Pools pad their input by 1 instead of keeping an incomplete last window.",
    ),
    published=(TWENTY_TWO,),
)

ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture(
        name="googlenet",
        title="GoogLeNet",
        family="GoogLeNet",
        year=2014,
        authors="Christian Szegedy, Wei Liu, Yangqing Jia, Pierre Sermanet, Scott Reed, Dragomir Anguelov, "
        "Dumitru Erhan, Vincent Vanhoucke, Andrew Rabinovich",
        paper="Going Deeper with Convolutions",
        link=PAPER,
        idea="Each inception module looks at its input with 1x1, 3x3 and 5x5 convolutions and a pool side "
        "by side and joins what they find, instead of choosing one kernel. 1x1 convolutions shrink the "
        "channels before the costly kernels, so that 22 layers need a fraction of AlexNet's parameters.",
        variants=(TABLE, TORCHVISION_NET, BOOK),
        options=(
            NUM_CLASSES,
            IN_CHANNELS,
            AUX_HEADS,
            REDUCTION,
            BATCH_NORM.replace(default=False),
            NORMALISE.replace(default=True),
            ACTIVATION,
            DROPOUT.replace(default=0.4),
        ),
    ),
)
