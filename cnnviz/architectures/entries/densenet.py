"""What the catalogue says of DenseNet."""

from cnnviz.architectures.architecture import Architecture, Option, Published, Variant
from cnnviz.architectures.entries.common import D2L, IN_CHANNELS, NUM_CLASSES, TORCHVISION
from cnnviz.architectures.entries.figures import ACTIVATION, torchvision_figures

TITLE = "Densely Connected Convolutional Networks"
AUTHORS = "Gao Huang, Zhuang Liu, Laurens van der Maaten, Kilian Q. Weinberger"
PAPER = "https://arxiv.org/abs/1608.06993"
RELEASE = "https://github.com/liuzhuang13/DenseNet"
IDEA = (
    "Every layer of a block receives the outputs of all layers before it, joined along the channels instead "
    "of added. "
    "Features are reused rather than learnt again and gradients reach early layers directly, so thin layers "
    "and few parameters are enough."
)

GROWTH_RATE = Option(
    name="growth_rate",
    kind="int",
    default=32,
    minimum=4,
    maximum=64,
    step=4,
    help="Channels that each layer adds to what it received, the paper's k",
)
COMPRESSION = Option(
    name="compression",
    kind="float",
    default=0.5,
    minimum=0.1,
    maximum=1.0,
    step=0.1,
    help="Share of the channels that a transition layer keeps, the paper's theta",
)
BOTTLENECK = Option(
    name="bottleneck",
    kind="bool",
    default=True,
    help="A 1x1 convolution to four times the growth rate before each 3x3",
)
OPTIONS = (NUM_CLASSES, IN_CHANNELS, GROWTH_RATE, COMPRESSION, BOTTLENECK, ACTIVATION)


def _release(top1_error: float) -> Published:
    return Published(
        quantity="top1_error",
        value=top1_error,
        source="Huang et al., the released Torch models",
        link=RELEASE,
        note="one crop of 224x224, ImageNet validation set",
    )


def _table_3(top1_error: float, top5_error: float) -> tuple[Published, ...]:
    source = "Huang et al. 2017, table 3"
    note = "one crop of 224x224, ImageNet validation set"
    return (
        Published(quantity="top1_error", value=top1_error, source=source, link=PAPER, note=note),
        Published(quantity="top5_error", value=top5_error, source=source, link=PAPER, note=note),
    )


def _densenet(
    depth: int,
    torchvision: tuple[Published, ...],
    errors: tuple[Published, ...],
    *,
    growth_rate: int = 32,
    differences: tuple[str, ...] = (),
) -> Architecture:
    weight_layers = Published(
        quantity="weight_layers",
        value=depth,
        source="the network's name; Huang et al. 2017, table 1, counts convolutions and the last layer",
        link=PAPER,
    )
    variant = Variant(
        name="torchvision",
        source="torchvision.models.densenet, after table 1 of the paper",
        link=f"{TORCHVISION}/densenet.py",
        build="cnnviz.architectures.densenet:DenseNet",
        input_shape=(3, 224, 224),
        arguments={"depth": depth},
        defaults={"growth_rate": growth_rate},
        differences=differences,
        published=(*torchvision, weight_layers, *errors),
    )
    return Architecture(
        name=f"densenet{depth}",
        title=f"DenseNet-{depth}",
        family="DenseNet",
        year=2016,
        authors=AUTHORS,
        paper=TITLE,
        link=PAPER,
        idea=IDEA,
        variants=(variant,),
        options=OPTIONS,
    )


DENSENET121 = _densenet(
    121,
    torchvision_figures(
        "DenseNet121_Weights",
        "densenet",
        parameters=7_978_856,
        macs=2_834_000_000,
        top1_error=25.566,
        top5_error=8.028,
    ),
    _table_3(25.02, 7.71),
)
DENSENET161 = _densenet(
    161,
    torchvision_figures(
        "DenseNet161_Weights",
        "densenet",
        parameters=28_681_000,
        macs=7_728_000_000,
        top1_error=22.862,
        top5_error=6.44,
    ),
    (_release(22.2),),
    growth_rate=48,
    differences=(
        "Table 1 of the final paper does not have this network; it is the authors' released model with "
        "growth rate 48.",
    ),
)
DENSENET169 = _densenet(
    169,
    torchvision_figures(
        "DenseNet169_Weights",
        "densenet",
        parameters=14_149_480,
        macs=3_360_000_000,
        top1_error=24.4,
        top5_error=7.194,
    ),
    _table_3(23.80, 6.85),
)
DENSENET201 = _densenet(
    201,
    torchvision_figures(
        "DenseNet201_Weights",
        "densenet",
        parameters=20_013_928,
        macs=4_291_000_000,
        top1_error=23.104,
        top5_error=6.63,
    ),
    _table_3(22.58, 6.34),
)
DENSENET = Architecture(
    name="densenet",
    title="DenseNet (small)",
    family="DenseNet",
    year=2016,
    authors=AUTHORS,
    paper=TITLE,
    link=PAPER,
    idea=IDEA,
    variants=(
        Variant(
            name="d2l",
            source="Dive into Deep Learning, section 8.7",
            link=f"{D2L}densenet.html",
            build="cnnviz.architectures.densenet:D2LDenseNet",
            input_shape=(1, 96, 96),
            defaults={"num_classes": 10, "in_channels": 1},
            differences=(
                "Each of the four dense blocks has 4 layers; the smallest network of the paper's table 1 has "
                "6, 12, 24 and 16.",
                "Layers have no 1x1 bottleneck before the 3x3 convolution.",
                "Convolutions have a bias; those of the paper have none.",
                "The input is 1x96x96 (Fashion-MNIST, enlarged) and there are 10 classes.",
            ),
        ),
    ),
    options=(NUM_CLASSES, IN_CHANNELS, GROWTH_RATE),
)

ARCHITECTURES: tuple[Architecture, ...] = (DENSENET121, DENSENET161, DENSENET169, DENSENET201, DENSENET)
