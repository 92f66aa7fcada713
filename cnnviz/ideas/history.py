"""The ImageNet years: the best of each, how deep it was, what it cost; and the catalogue's networks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value
from cnnviz.record import Record

if TYPE_CHECKING:
    from cnnviz.trace import Trace

WEIGHTED = frozenset({"conv2d", "linear"})
MEASURES = ("error", "depth", "macs", "parameters")
RUSSAKOVSKY = "https://arxiv.org/abs/1409.0575"
RESNET = "https://arxiv.org/abs/1512.03385"
RESULTS = "https://image-net.org/challenges/LSVRC"


class Year(Record):
    """Who was best at telling a thousand classes apart; several models averaged, as competitions allow."""

    year: int
    title: str
    error: float  # top-5, in percent
    how: str  # what was new
    source: str
    link: str
    network: str = ""  # of the catalogue


class Cost(Record):
    """What a network takes for one image."""

    network: str
    depth: int  # layers with weights, one behind the other
    macs: int
    parameters: int


class Known(Record):
    """A network of the catalogue, alone."""

    year: int
    title: str
    cost: Cost
    error: float | None  # top-5 of one model, in percent
    source: str


YEARS: tuple[Year, ...] = (
    Year(
        year=2010,
        title="NEC-UIUC",
        error=28.2,
        how="hand-made features (HOG, LBP), coded and pooled, and a linear classifier",
        source="Russakovsky et al. 2015",
        link=RUSSAKOVSKY,
    ),
    Year(
        year=2011,
        title="XRCE",
        error=25.8,
        how="hand-made features as Fisher vectors, and a linear classifier",
        source="Russakovsky et al. 2015",
        link=RUSSAKOVSKY,
    ),
    Year(
        year=2012,
        title="AlexNet",
        error=16.4,
        how="a network learns its features: ReLU, dropout, two GPUs",
        source="Russakovsky et al. 2015; 15.3 with more data",
        link=RUSSAKOVSKY,
        network="alexnet@paper",
    ),
    Year(
        year=2013,
        title="Clarifai (ZFNet)",
        error=11.7,
        how="AlexNet with smaller filters and strides in front, found by looking inside",
        source="Russakovsky et al. 2015",
        link=RUSSAKOVSKY,
        network="zfnet@paper",
    ),
    Year(
        year=2014,
        title="VGG-19",
        error=7.3,
        how="3x3 everywhere, twice as deep; second place",
        source="He et al. 2015, table 5",
        link=RESNET,
        network="vgg19@paper",
    ),
    Year(
        year=2014,
        title="GoogLeNet",
        error=6.7,
        how="inception blocks, no large fully connected layers",
        source="Russakovsky et al. 2015",
        link=RUSSAKOVSKY,
        network="googlenet@paper",
    ),
    Year(
        year=2015,
        title="ResNet-152",
        error=3.57,
        how="shortcuts make depth possible; six networks of different depths, averaged",
        source="He et al. 2015, table 5",
        link=RESNET,
        network="resnet152@paper",
    ),
    Year(
        year=2016,
        title="Trimps-Soushen",
        error=2.99,
        how="several networks of the years before, averaged",
        source="ILSVRC 2016, results",
        link=f"{RESULTS}/2016/results",
    ),
    Year(
        year=2017,
        title="SENet",
        error=2.25,
        how="channels weigh each other; the last of these competitions",
        source="Hu et al. 2017",
        link="https://arxiv.org/abs/1709.01507",
    ),
)


def depth(trace: Trace) -> int:
    """Convolutions and fully connected layers on the longest way from the image to the output."""
    longest: dict[int, int] = {}
    for layer in trace.layers:
        before = max((longest.get(index, 0) for index in layer.inputs), default=0)
        longest[layer.index] = before + (layer.operation.op in WEIGHTED)
    return max(longest.values())


@lru_cache(maxsize=64)
def cost(network: str) -> Cost:
    """What this network of the catalogue takes."""
    from cnnviz.compare.measures import macs
    from cnnviz.targets import trace

    made = trace(network)
    return Cost(network=network, depth=depth(made), macs=macs(made), parameters=made.parameters)


@lru_cache(maxsize=1)
def catalogue() -> tuple[Known, ...]:
    """Every network of the catalogue for ImageNet, by year, with the first error published for it."""
    from cnnviz.compare.published import timeline

    return tuple(
        Known(
            year=moment.year,
            title=moment.title,
            cost=cost(moment.label),
            error=moment.error.value if moment.error else None,
            source=moment.source,
        )
        for moment in timeline("top5_error")
        if not moment.elsewhere and "CIFAR" not in moment.title and "small" not in moment.title
    )


IDEA = Idea(
    name="history",
    title="The ImageNet years",
    group="History",
    sentence="From hand-made features at 28 % to networks at 2 %: error, depth, cost, and ways into Explore.",
    words=r"""
ImageNet's competition asked for five guesses out of a thousand classes, on 1.2 million training images; the
**top-5 error** is the share of images whose class is not among the five. In 2010 and 2011 the best took
features that people had thought up, and learned a linear classifier on top. In 2012 a network that learned
its features too was better by nine points, and from 2013 on nearly everybody had one.

Then depth: 8 layers, 19, 22, 152. Cost did not grow alike: GoogLeNet has a ninth of AlexNet's parameters,
and ResNet-152, eight times as deep as VGG-19, needs fewer multiplications. A person who
trained for it was at 5.1 %.

Errors of the competition are of several models averaged over many crops. One model on one crop is
worse: the
table has both, and what is compared elsewhere in this app is one model.
""",
    uses=(
        Use(network="lenet5", layer="conv1", words="1998: before there were such images"),
        Use(network="alexnet@paper", layer="conv1", words="2012: eight layers"),
        Use(network="googlenet", layer="conv1.conv", words="2014: 22 layers, cheap ones"),
        Use(network="resnet152", layer="conv1", words="2015: 152 layers"),
    ),
    papers=(
        Paper(text="Russakovsky et al. 2015, the competition", link=RUSSAKOVSKY),
        Paper(text="He et al. 2015, ResNet", link=RESNET),
    ),
    places=(
        Place(
            page="compare",
            query=(("nets", "alexnet@paper vgg16 googlenet resnet50"),),
            words="Four of them side by side, with published errors",
        ),
        Place(
            page="compare",
            query=(("nets", "alexnet@paper vgg16 googlenet resnet50"), ("compared", "Timeline")),
            words="A timeline of the catalogue",
        ),
    ),
    values=(
        Value(name="measure", label="measure", default="error", choices=MEASURES),
        Value(name="of", label="list", default="competition", choices=("competition", "catalogue")),
    ),
)
