"""What lecture notes and papers say of the classic networks, with the numbers that confirm or refute it.

Every number is worked out from traces when it is asked for; the verdict follows from it, not from the
notes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from cnnviz.compare.contestants import Contestant, contestant
from cnnviz.compare.findings import short
from cnnviz.compare.measures import Measure, macs
from cnnviz.tables import bytes_text

ABOUT = 0.1  # "about twelve times" holds within a tenth


class Claim(NamedTuple):
    """One statement, what the traces say, and whether it holds."""

    statement: str
    source: str  # who says so
    networks: tuple[str, ...]  # whose traces decide
    numbers: tuple[str, ...]  # "googlenet@paper: 6,998,552 parameters"
    holds: bool
    verdict: str  # one sentence with the decisive number


def claims() -> list[Claim]:
    """All of them, decided anew."""
    return [decide() for decide in _CLAIMS]


def decided_ratio(claimed: float, found: float) -> bool:
    """Whether "about so many times" holds."""
    return abs(found - claimed) <= ABOUT * claimed


def _googlenet_twelfth() -> Claim:
    alexnet, googlenet = _of("alexnet@paper"), _of("googlenet@paper")
    ratio = alexnet.trace.parameters / googlenet.trace.parameters
    holds = decided_ratio(12, ratio)
    return Claim(
        "GoogLeNet has about 1/12 of AlexNet's parameters",
        "Szegedy et al. 2014, section 1: 12 times fewer parameters",
        (alexnet.label, googlenet.label),
        (_parameters(alexnet), _parameters(googlenet)),
        holds,
        f"It has 1/{ratio:.1f} of them"
        + (
            ""
            if holds
            else f"; for 1/12 it would need {short(alexnet.trace.parameters // 12)}. Without its last fully "
            f"connected layer it has {short(googlenet.trace.parameters - _fully_connected(googlenet))}, "
            f"1/{alexnet.trace.parameters / (googlenet.trace.parameters - _fully_connected(googlenet)):.1f}"
        )
        + ".",
    )


def _squeezenet_fiftieth() -> Claim:
    alexnet, squeezenet = _of("alexnet@paper"), _of("squeezenet1_1")
    ratio = alexnet.trace.parameters / squeezenet.trace.parameters
    return Claim(
        "SqueezeNet has about 1/50 of AlexNet's parameters",
        "Iandola et al. 2016, title, of version 1.0; this is 1.1",
        (alexnet.label, squeezenet.label),
        (_parameters(alexnet), _parameters(squeezenet)),
        decided_ratio(50, ratio),
        f"It has 1/{ratio:.1f} of them.",
    )


def _vgg_138() -> Claim:
    vgg = _of("vgg16@paper")
    found = vgg.trace.parameters
    return Claim(
        "VGG-16 has 138 million parameters",
        "Simonyan and Zisserman 2014, table 2",
        (vgg.label,),
        (_parameters(vgg),),
        round(found / 1_000_000) == 138,
        f"It has {found / 1_000_000:.1f} million.",
    )


def _most_parameters(name: str, title: str) -> Claim:
    network = _of(name)
    part = _percent(_fully_connected(network), network.trace.parameters)
    return Claim(
        f"Most of {title}'s parameters are in the fully connected layers",
        "the course, week 2: classic networks",
        (network.label,),
        (f"{network.label}: {_fully_connected(network):,} of {network.trace.parameters:,} parameters",),
        part > 50,
        f"{part:.1f} % of them are.",
    )


def _most_macs(name: str, title: str) -> Claim:
    network = _of(name)
    convolutions = _sum(network, "macs", "convolution")
    part = _percent(convolutions, macs(network.trace))
    return Claim(
        f"Most of {title}'s multiplications are in the convolutions",
        "the course, week 2: classic networks",
        (network.label,),
        (f"{network.label}: {convolutions:,} of {macs(network.trace):,} MACs",),
        part > 50,
        f"{part:.1f} % of them are.",
    )


def _resnet_deeper_and_cheaper() -> Claim:
    vgg, resnet = _of("vgg19@paper"), _of("resnet152@paper")
    deeper = resnet.trace.weight_layers > vgg.trace.weight_layers
    ratio = macs(resnet.trace) / macs(vgg.trace)
    return Claim(
        "ResNet-152 is deeper and cheaper than VGG-19",
        "He et al. 2015, section 4.1: lower complexity than VGG-16/19",
        (vgg.label, resnet.label),
        tuple(
            f"{network.label}: {network.trace.weight_layers} weight layers, {macs(network.trace):,} MACs"
            for network in (vgg, resnet)
        ),
        deeper and ratio < 1,
        f"It has {resnet.trace.weight_layers / vgg.trace.weight_layers:.0f} times as many weight layers and "
        f"{ratio:.2f} times the MACs.",
    )


def _densenet_lean() -> Claim:
    densenet, resnet = _of("densenet201"), _of("resnet101@torchvision")
    ratio = densenet.trace.parameters / resnet.trace.parameters
    errors = [_error(network) for network in (densenet, resnet)]
    return Claim(
        "DenseNet is lean in parameters",
        "Huang et al. 2017, section 4.4: 20 million parameters where a ResNet of like error has over 40",
        (densenet.label, resnet.label),
        tuple(
            f"{_parameters(network)}, {error}"
            for network, error in zip((densenet, resnet), errors, strict=True)
        ),
        ratio <= 0.5,
        f"It has {ratio:.2f} times the parameters of the ResNet.",
    )


def _densenet_heavy() -> Claim:
    densenet, resnet = _of("densenet201"), _of("resnet101@torchvision")
    ratio = densenet.trace.activation_bytes / resnet.trace.activation_bytes
    return Claim(
        "DenseNet is heavy in memory",
        "Pleiss et al. 2017, Memory-Efficient Implementation of DenseNets",
        (densenet.label, resnet.label),
        tuple(
            f"{network.label}: {bytes_text(network.trace.activation_bytes)} of activations kept for training"
            for network in (densenet, resnet)
        ),
        ratio > 1,
        f"For training it keeps {ratio:.2f} times the activations of the ResNet.",
    )


_CLAIMS: tuple[Callable[[], Claim], ...] = (
    _googlenet_twelfth,
    _vgg_138,
    lambda: _most_parameters("alexnet@paper", "AlexNet"),
    lambda: _most_macs("alexnet@paper", "AlexNet"),
    lambda: _most_parameters("vgg16@paper", "VGG-16"),
    lambda: _most_macs("vgg16@paper", "VGG-16"),
    _resnet_deeper_and_cheaper,
    _densenet_lean,
    _densenet_heavy,
    _squeezenet_fiftieth,
)


@lru_cache(maxsize=32)
def _of(name: str) -> Contestant:
    return contestant(name)


def _sum(network: Contestant, measure: Measure, sort: str) -> int:
    return sum(getattr(cost, measure) for cost in network.costs if cost.type.endswith(sort))


def _fully_connected(network: Contestant) -> int:
    return _sum(network, "parameters", "fully connected")


def _parameters(network: Contestant) -> str:
    return f"{network.label}: {network.trace.parameters:,} parameters"


def _error(network: Contestant) -> str:
    figure = network.published("top1_error")
    return f"top-1 error {figure.text}" if figure else "no published error"


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0
