"""What the catalogue says of AlexNet."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import (
    D2L,
    DROPOUT,
    FIT_INPUT,
    IN_CHANNELS,
    NORMALISE,
    NUM_CLASSES,
    TORCHVISION,
)
from cnnviz.architectures.entries.figures import ACTIVATION, torchvision_figures

PAPER = "https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks"
CAFFE = "https://github.com/BVLC/caffe/tree/master/models/bvlc_alexnet"
SURVEY = "https://arxiv.org/abs/1703.09039"

EIGHT_LAYERS = Published(
    quantity="weight_layers", value=8, source="Krizhevsky et al. 2012, section 3.5", link=PAPER
)
GROUPS = Option(
    name="groups",
    kind="int",
    default=1,
    minimum=1,
    maximum=2,
    help="Towers that conv2, conv4 and conv5 are split into: 2 for the two GPUs of the paper",
)

COURSE = Variant(
    name="course",
    source="Deep Learning Specialization, course 4, week 2: classic networks",
    link="https://www.coursera.org/learn/convolutional-neural-networks",
    build="cnnviz.architectures.alexnet:AlexNet",
    input_shape=(3, 227, 227),
    differences=(
        "One tower: conv2, conv4 and conv5 see all channels, where the paper's see half of them.",
        "There is no local response normalisation, which later work found of little use.",
        "The input is 227x227: the paper writes 224x224, but only 227 gives the 55x55 of its figure 2.",
    ),
    published=(
        Published(
            quantity="parameters",
            value=62_378_344,
            source="imgclsmob, table of models, AlexNet",
            link="https://github.com/osmr/imgclsmob/tree/master/pytorch",
        ),
        Published(
            quantity="parameters",
            value=60_000_000,
            rounded_to=1_000_000,
            source="Krizhevsky et al. 2012, abstract",
            link=PAPER,
            applies=False,
            note="The paper's figure is of two towers, which have fewer weights in conv2, conv4 and conv5",
        ),
        EIGHT_LAYERS,
    ),
)

TWO_TOWERS = Variant(
    name="paper",
    source="Krizhevsky et al. 2012, figure 2 and section 3",
    link=PAPER,
    build="cnnviz.architectures.alexnet:AlexNet",
    input_shape=(3, 227, 227),
    defaults={"groups": 2, "normalise": True},
    differences=(
        "The input is 227x227: the paper writes 224x224, but only 227 gives the 55x55 of its figure 2.",
        "The two GPUs are two groups of one convolution, which computes the same numbers.",
        "Dropout scales the kept outputs while training; the paper halves all outputs when testing instead.",
    ),
    published=(
        Published(
            quantity="parameters",
            value=60_000_000,
            rounded_to=1_000_000,
            source="Krizhevsky et al. 2012, abstract",
            link=PAPER,
            note="Rounded down: 60,965,224 is nearer to 61 million",
        ),
        Published(
            quantity="macs",
            value=724_000_000,
            rounded_to=1_000_000,
            source="Sze et al. 2017, table II",
            link=SURVEY,
        ),
        Published(
            quantity="top1_error",
            value=42.9,
            rounded_to=0.1,
            source="BVLC AlexNet, Caffe model zoo",
            link=CAFFE,
            note="ImageNet validation set, centre crop; a replication trained without the colour "
            "augmentation",
        ),
        Published(
            quantity="top5_error",
            value=19.8,
            rounded_to=0.1,
            source="BVLC AlexNet, Caffe model zoo",
            link=CAFFE,
            note="ImageNet validation set, centre crop; a replication trained without the colour "
            "augmentation",
        ),
        Published(
            quantity="top1_error",
            value=40.7,
            rounded_to=0.1,
            source="Krizhevsky et al. 2012, table 2, 1 CNN",
            link=PAPER,
            applies=False,
            note="ILSVRC-2012 validation set, predictions averaged over ten crops of each image",
        ),
        Published(
            quantity="top5_error",
            value=18.2,
            rounded_to=0.1,
            source="Krizhevsky et al. 2012, table 2, 1 CNN",
            link=PAPER,
            applies=False,
            note="ILSVRC-2012 validation set, predictions averaged over ten crops of each image",
        ),
        EIGHT_LAYERS,
    ),
)

ONE_WEIRD_TRICK = Variant(
    name="torchvision",
    source="torchvision, alexnet; after Krizhevsky 2014, One weird trick for parallelizing convolutional "
    "neural networks",
    link=f"{TORCHVISION}/alexnet.py",
    build="cnnviz.architectures.alexnet:OneWeirdTrickAlexNet",
    input_shape=(3, 224, 224),
    without=("groups", "normalise", "fit_input"),
    differences=(
        "It is another network, of 2014: 64, 192, 384, 256, 256 filters instead of 96, 256, 384, 384, 256.",
        "The 2014 paper itself has 384 filters in conv4; torchvision follows its author's code, with 256.",
        "One tower and no local response normalisation.",
        "The input is 224x224 with a padding of 2 in conv1.",
        "An adaptive average pool before fc6 lets larger images in; at 224x224 it changes nothing.",
        "Dropout stands before fc6 and fc7 instead of after them.",
    ),
    published=(
        *torchvision_figures(
            "AlexNet_Weights",
            "alexnet",
            parameters=61_100_840,
            macs=714_000_000,
            top1_error=43.478,
            top5_error=20.934,
        ),
        EIGHT_LAYERS,
    ),
)

BOOK = Variant(
    name="d2l",
    source="Dive into Deep Learning, section 8.1",
    link=f"{D2L}alexnet.html",
    build="cnnviz.architectures.alexnet:AlexNet",
    input_shape=(1, 224, 224),
    arguments={"conv1_padding": 1},
    defaults={"num_classes": 10, "in_channels": 1},
    differences=(
        "It is made for Fashion-MNIST enlarged to 224x224: one input channel and 10 classes.",
        "A padding of 1 in conv1 makes maps of 54x54, so that 5x5 reach fc6 instead of 6x6.",
        "One tower and no local response normalisation.",
    ),
    published=(EIGHT_LAYERS,),
)

ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture(
        name="alexnet",
        title="AlexNet",
        family="AlexNet",
        year=2012,
        authors="Alex Krizhevsky, Ilya Sutskever, Geoffrey E. Hinton",
        paper="ImageNet Classification with Deep Convolutional Neural Networks",
        link=PAPER,
        idea="A network like LeNet-5, but a thousand times larger, was trained on 1.2 million photographs "
        "with two GPUs and won the ImageNet contest of 2012 by a wide margin. ReLU kept the gradients large "
        "enough to train eight layers in days, while dropout and augmented images kept 60 million weights "
        "from learning the training set by heart.",
        variants=(COURSE, TWO_TOWERS, ONE_WEIRD_TRICK, BOOK),
        options=(NUM_CLASSES, IN_CHANNELS, GROUPS, NORMALISE, ACTIVATION, DROPOUT, FIT_INPUT),
    ),
)
