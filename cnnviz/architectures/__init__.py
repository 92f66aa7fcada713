"""The catalogue: every network that cnnviz knows by name, by year. Readable without torch."""

from __future__ import annotations

from collections.abc import Mapping

from cnnviz.architectures.architecture import (
    Architecture,
    Network,
    Option,
    Published,
    Variant,
    near_misses,
    network,
)
from cnnviz.architectures.entries import (
    alexnet,
    convnext,
    densenet,
    efficientnet,
    googlenet,
    inception_v3,
    lenet,
    mobilenet,
    nin,
    resnet,
    resnet_cifar,
    resnext,
    squeezenet,
    vgg,
    zfnet,
)
from cnnviz.errors import UnknownNetworkError

__all__ = [
    "CATALOGUE",
    "Architecture",
    "Network",
    "Option",
    "Published",
    "Variant",
    "find",
    "network",
]

CATALOGUE: tuple[Architecture, ...] = (
    *lenet.ARCHITECTURES,  # 1998
    *alexnet.ARCHITECTURES,  # 2012
    *zfnet.ARCHITECTURES,  # 2013
    *nin.ARCHITECTURES,
    *vgg.ARCHITECTURES,  # 2014
    *googlenet.ARCHITECTURES,
    *inception_v3.ARCHITECTURES,  # 2015
    *resnet.ARCHITECTURES,
    *resnet_cifar.ARCHITECTURES,
    *squeezenet.ARCHITECTURES,  # 2016
    *densenet.ARCHITECTURES,
    *resnext.ARCHITECTURES,
    *mobilenet.ARCHITECTURES,  # 2017 and 2018
    *efficientnet.ARCHITECTURES,  # 2019
    *convnext.ARCHITECTURES,  # 2022
)

_BY_NAME = {architecture.name: architecture for architecture in CATALOGUE}


def find(target: str, options: Mapping[str, object] | None = None) -> Network:
    """The network that `alexnet` or `alexnet@paper` names, with these options.

    Raises UnknownNetworkError with near misses, OptionError for a value that is not allowed.
    """
    name, _, variant = target.partition("@")
    architecture = _BY_NAME.get(name.strip().lower())
    if architecture is None:
        near = near_misses(name, _BY_NAME)
        error = UnknownNetworkError(f"there is no network {name!r:.80} in the catalogue{near}")
        error.name, error.near = target, near
        raise error
    return network(architecture, variant.strip(), options)
