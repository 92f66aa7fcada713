"""What the catalogue says of the residual networks for ImageNet, and of their plain twins."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import D2L, IN_CHANNELS, NUM_CLASSES, TORCHVISION
from cnnviz.architectures.entries.figures import ACTIVATION, BATCH_NORM, torchvision_figures

TITLE = "Deep Residual Learning for Image Recognition"
AUTHORS = "Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun"
PAPER = "https://arxiv.org/abs/1512.03385"
BUILD = "cnnviz.architectures.resnet:ResNet"
RELEASE = "https://github.com/KaimingHe/deep-residual-networks"

IDEA = (
    "A block adds its input to its output, so its layers only have to learn what to change. "
    "Gradients flow through the additions unhindered and doing nothing is easy to learn, so networks of "
    "more than a hundred layers train and more depth stops hurting."
)
PLAIN_IDEA = (
    "The same layers as the residual network, with the shortcuts taken away. "
    "It shows the problem that shortcuts solve: with 34 layers both its training and its validation error "
    "are higher than with 18."
)

SHORTCUT = Option(
    name="shortcut",
    kind="bool",
    default=True,
    help="Add the input of each block to its output; off: the plain network",
)
PROJECTION = Option(
    name="projection",
    kind="choice",
    default="B",
    choices=("A", "B", "C"),
    help="Shortcuts (section 3.3): A pads missing channels with zeros, B uses a 1x1 convolution where the "
    "shape changes, C uses one in every block",
)
REDUCTION = Option(
    name="reduction",
    kind="int",
    default=4,
    minimum=1,
    maximum=16,
    step=1,
    help="Bottleneck: how many times fewer channels the 3x3 convolution sees; 1: no bottleneck",
)
WIDTH = Option(
    name="width",
    kind="int",
    default=64,
    minimum=8,
    maximum=96,
    step=8,
    help="Channels of the first convolution; each later stage doubles them",
)
BASIC_OPTIONS = (NUM_CLASSES, IN_CHANNELS, SHORTCUT, PROJECTION, BATCH_NORM, ACTIVATION, WIDTH)
BOTTLENECK_OPTIONS = (
    NUM_CLASSES,
    IN_CHANNELS,
    SHORTCUT,
    PROJECTION,
    REDUCTION,
    BATCH_NORM,
    ACTIVATION,
    WIDTH,
)
PLAIN_OPTIONS = (NUM_CLASSES, IN_CHANNELS, BATCH_NORM, ACTIVATION, WIDTH)

TEN_CROP = "the mean of 10 crops of 224x224, ImageNet validation set; one crop gives a higher error"
SAME_AS_PAPER = (
    "Blocks of two layers have their stride in the first 3x3 convolution, as in the paper: this is the same "
    "network as the variant paper.",
    "Shortcuts that change the shape are 1x1 convolutions (the paper's option B); the paper's table 2 pads "
    "with zeros (option A).",
)
OPTION_B = (
    "Shortcuts that change the shape are 1x1 convolutions (option B), as in the paper's deeper networks; the "
    "paper's table 2 pads with zeros (option A), which projection=A does.",
    "Blocks of two layers have their stride in the first 3x3 convolution here and in torchvision: this is "
    "the same network as the variant torchvision.",
)
STRIDE_IN_3X3 = (
    "The first block of conv3_x, conv4_x and conv5_x has its stride in the 3x3 convolution; the paper has it "
    "in the 1x1 before, which costs fewer MACs.",
)


def _depth(depth: int) -> Published:
    return Published(
        quantity="weight_layers",
        value=depth,
        source="He et al. 2015, table 1",
        link=PAPER,
        note="convolutions and the fully connected layer on the longest path; the 1x1 convolutions of "
        "shortcuts are not counted",
    )


def _paper_macs(macs: int, *, applies: bool = True) -> Published:
    return Published(
        quantity="macs",
        value=macs,
        rounded_to=100_000_000,
        source="He et al. 2015, table 1",
        link=PAPER,
        applies=applies,
        note="the paper counts multiply-adds and calls them FLOPs"
        if applies
        else "of the paper's network, which has the stride in the first 1x1 convolution",
    )


def _ten_crop(table: str, top1_error: float, top5_error: float | None = None) -> tuple[Published, ...]:
    source = f"He et al. 2015, {table}"
    top1 = Published(
        quantity="top1_error", value=top1_error, source=source, link=PAPER, applies=False, note=TEN_CROP
    )
    if top5_error is None:
        return (top1,)
    top5 = Published(
        quantity="top5_error", value=top5_error, source=source, link=PAPER, applies=False, note=TEN_CROP
    )
    return (top1, top5)


def _one_crop(top1_error: float, top5_error: float) -> tuple[Published, ...]:
    source = "He et al., the released models, 1-crop validation error"
    note = "one centre crop of 224x224, ImageNet validation set"
    return (
        Published(quantity="top1_error", value=top1_error, source=source, link=RELEASE, note=note),
        Published(quantity="top5_error", value=top5_error, source=source, link=RELEASE, note=note),
    )


def _torchvision(depth: int, published: tuple[Published, ...], paper_macs: int) -> Variant:
    bottleneck = depth >= 50
    return Variant(
        name="torchvision",
        source="torchvision.models.resnet, after table 1 of the paper",
        link=f"{TORCHVISION}/resnet.py",
        build=BUILD,
        input_shape=(3, 224, 224),
        arguments={"depth": depth},
        differences=STRIDE_IN_3X3 if bottleneck else SAME_AS_PAPER,
        published=(*published, _paper_macs(paper_macs, applies=not bottleneck), _depth(depth)),
    )


def _paper(depth: int, macs: int, errors: tuple[Published, ...]) -> Variant:
    bottleneck = depth >= 50
    return Variant(
        name="paper",
        source=f"He et al. 2015, table 1 and figure 5, {'right' if bottleneck else 'left'}",
        link=PAPER,
        build=BUILD,
        input_shape=(3, 224, 224),
        arguments={"depth": depth, "stride_in_first": True},
        differences=() if bottleneck else OPTION_B,
        published=(_paper_macs(macs), _depth(depth), *errors),
    )


def _resnet(
    depth: int,
    torchvision: tuple[Published, ...],
    *,
    macs: int,
    errors: tuple[Published, ...],
    more: tuple[Variant, ...] = (),
) -> Architecture:
    """The entry of one depth; `macs` and `errors` are the paper's."""
    return Architecture(
        name=f"resnet{depth}",
        title=f"ResNet-{depth}",
        family="ResNet",
        year=2015,
        authors=AUTHORS,
        paper=TITLE,
        link=PAPER,
        idea=IDEA,
        variants=(_torchvision(depth, torchvision, macs), _paper(depth, macs, errors), *more),
        options=BOTTLENECK_OPTIONS if depth >= 50 else BASIC_OPTIONS,
    )


def _plain(depth: int, *, macs: int, top1_error: float) -> Architecture:
    variant = Variant(
        name="paper",
        source="He et al. 2015, table 1 and figure 3, middle: the residual network without shortcuts",
        link=PAPER,
        build=BUILD,
        input_shape=(3, 224, 224),
        arguments={"depth": depth, "shortcut": False},
        published=(_paper_macs(macs), _depth(depth), *_ten_crop("table 2", top1_error)),
    )
    return Architecture(
        name=f"plain{depth}",
        title=f"Plain-{depth}",
        family="ResNet",
        year=2015,
        authors=AUTHORS,
        paper=TITLE,
        link=PAPER,
        idea=PLAIN_IDEA,
        variants=(variant,),
        options=PLAIN_OPTIONS,
    )


RESNET18_D2L = Variant(
    name="d2l",
    source="Dive into Deep Learning, section 8.6",
    link=f"{D2L}resnet.html",
    build="cnnviz.architectures.resnet:D2LResNet18",
    input_shape=(1, 96, 96),
    defaults={"num_classes": 10, "in_channels": 1},
    without=("shortcut", "projection", "batch_norm", "activation", "width"),
    differences=(
        "The input is 1x96x96 (Fashion-MNIST, enlarged) and there are 10 classes.",
        "Convolutions have a bias although batch normalisation follows them.",
        "The 1x1 convolutions of the shortcuts have no batch normalisation.",
    ),
    published=(_depth(18),),
)

# Parameters, MACs and errors of torchvision's first weights; then the paper's MACs and errors.
RESNET18 = _resnet(
    18,
    torchvision_figures(
        "ResNet18_Weights",
        "resnet",
        parameters=11_689_512,
        macs=1_814_000_000,
        top1_error=30.242,
        top5_error=10.922,
    ),
    macs=1_800_000_000,
    errors=_ten_crop("table 2, with shortcuts of option A", 27.88),
    more=(RESNET18_D2L,),
)
RESNET34 = _resnet(
    34,
    torchvision_figures(
        "ResNet34_Weights",
        "resnet",
        parameters=21_797_672,
        macs=3_664_000_000,
        top1_error=26.686,
        top5_error=8.58,
    ),
    macs=3_600_000_000,
    errors=_ten_crop("table 3, ResNet-34 B", 24.52, 7.46),
)
RESNET50 = _resnet(
    50,
    torchvision_figures(
        "ResNet50_Weights",
        "resnet",
        parameters=25_557_032,
        macs=4_089_000_000,
        top1_error=23.87,
        top5_error=7.138,
    ),
    macs=3_800_000_000,
    errors=(*_one_crop(24.7, 7.8), *_ten_crop("table 3", 22.85, 6.71)),
)
RESNET101 = _resnet(
    101,
    torchvision_figures(
        "ResNet101_Weights",
        "resnet",
        parameters=44_549_160,
        macs=7_801_000_000,
        top1_error=22.626,
        top5_error=6.454,
    ),
    macs=7_600_000_000,
    errors=(*_one_crop(23.6, 7.1), *_ten_crop("table 3", 21.75, 6.05)),
)
RESNET152 = _resnet(
    152,
    torchvision_figures(
        "ResNet152_Weights",
        "resnet",
        parameters=60_192_808,
        macs=11_514_000_000,
        top1_error=21.688,
        top5_error=5.954,
    ),
    macs=11_300_000_000,
    errors=(*_one_crop(23.0, 6.7), *_ten_crop("table 3", 21.43, 5.71)),
)
PLAIN18 = _plain(18, macs=1_800_000_000, top1_error=27.94)
PLAIN34 = _plain(34, macs=3_600_000_000, top1_error=28.54)

ARCHITECTURES: tuple[Architecture, ...] = (
    RESNET18,
    RESNET34,
    RESNET50,
    RESNET101,
    RESNET152,
    PLAIN18,
    PLAIN34,
)
