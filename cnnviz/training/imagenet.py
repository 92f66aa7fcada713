"""Weights that torchvision publishes for networks of the catalogue: which file, where it lies, what it takes.

The file is looked for where torch keeps such files, so that one that torchvision has got is found. Nothing
here imports torch.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cnnviz.architectures import find
from cnnviz.errors import CnnvizError, OptionError

PLACE = "https://download.pytorch.org/models/"
LARGEST = 224  # pixels of a side, unless `image_size` asks for more


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A file as torchvision publishes it."""

    name: str  # resnet18-f37072fd.pth
    megabytes: float
    side: int = (
        64  # pixels that smaller images are scaled to: at 8x8 a network that halves five times sees nothing
    )
    fixed: bool = False  # its first fully connected layer takes no other size
    tensorflow: bool = False  # was trained on values from -1 to 1, as the network that it was copied from
    resize: int = 256  # pixels of an image's shorter side when torchvision tests it,
    crop: int = LARGEST  # of which the network gets so many in the middle
    bicubic: bool = False  # how that is scaled; otherwise bilinear

    @property
    def url(self) -> str:
        return PLACE + self.name

    @property
    def digits(self) -> str:
        """How the SHA-256 of the file begins: torch puts that into the name."""
        return self.name.rpartition(".")[0].rpartition("-")[2]


def _vgg(name: str, megabytes: float) -> Weights:
    return Weights(name=name, megabytes=megabytes, side=LARGEST, fixed=True)


# The first weights of each network, IMAGENET1K_V1: those whose errors the catalogue quotes.
WEIGHTS: dict[str, Weights] = {
    "alexnet@torchvision": Weights(name="alexnet-owt-7be5be79.pth", megabytes=233.1),
    "vgg11@paper": _vgg("vgg11-8a719046.pth", 506.8),
    "vgg11@bn": _vgg("vgg11_bn-6002323d.pth", 506.9),
    "vgg13@paper": _vgg("vgg13-19584684.pth", 507.5),
    "vgg13@bn": _vgg("vgg13_bn-abd245e5.pth", 507.6),
    "vgg16@paper": _vgg("vgg16-397923af.pth", 527.8),
    "vgg16@bn": _vgg("vgg16_bn-6c64b313.pth", 527.9),
    "vgg19@paper": _vgg("vgg19-dcbb9e9d.pth", 548.1),
    "vgg19@bn": _vgg("vgg19_bn-c79401a0.pth", 548.1),
    "googlenet@torchvision": Weights(name="googlenet-1378be20.pth", megabytes=49.7, tensorflow=True),
    "inception_v3@torchvision": Weights(
        name="inception_v3_google-0cc3c7bd.pth",
        megabytes=103.9,
        side=96,
        tensorflow=True,
        resize=342,
        crop=299,
    ),
    "resnet18@torchvision": Weights(name="resnet18-f37072fd.pth", megabytes=44.7),
    "resnet34@torchvision": Weights(name="resnet34-b627a593.pth", megabytes=83.3),
    "resnet50@torchvision": Weights(name="resnet50-0676ba61.pth", megabytes=97.8),
    "resnet101@torchvision": Weights(name="resnet101-63fe2227.pth", megabytes=170.5),
    "resnet152@torchvision": Weights(name="resnet152-394f9c45.pth", megabytes=230.4),
    "resnext50_32x4d@torchvision": Weights(name="resnext50_32x4d-7cdf4587.pth", megabytes=95.8),
    "squeezenet1_1@torchvision": Weights(name="squeezenet1_1-b8a52dc0.pth", megabytes=4.7),
    "densenet121@torchvision": Weights(name="densenet121-a639ec97.pth", megabytes=30.8),
    "densenet161@torchvision": Weights(name="densenet161-8d451a50.pth", megabytes=110.4),
    "densenet169@torchvision": Weights(name="densenet169-b2777c0a.pth", megabytes=54.7),
    "densenet201@torchvision": Weights(name="densenet201-c1103571.pth", megabytes=77.4),
    "mobilenet_v2@torchvision": Weights(name="mobilenet_v2-b0353104.pth", megabytes=13.6),
    "efficientnet_b0@torchvision": Weights(
        name="efficientnet_b0_rwightman-7f5810bc.pth", megabytes=20.5, bicubic=True
    ),
    "convnext_tiny@torchvision": Weights(name="convnext_tiny-983f1562.pth", megabytes=109.1, resize=236),
}


def weights_of(network: str) -> Weights:
    """The published weights of a network of the catalogue. Raises OptionError where there are none."""
    name = network if network in WEIGHTS else _whole_name(network)
    if name not in WEIGHTS:
        plain = name.partition("@")[0]
        others = [known for known in WEIGHTS if known.partition("@")[0] == plain]
        others = others or ["resnet18", "mobilenet_v2", "squeezenet1_1 and others"]
        raise OptionError(
            f"pretrained=imagenet: there are no ImageNet weights for {network}; there are for "
            + ", ".join(others)
        )
    return WEIGHTS[name]


def _whole_name(network: str) -> str:
    """`resnet18@torchvision` for `resnet18`; what the catalogue does not have is left as it is."""
    try:
        return find(network).name
    except CnnvizError:
        return network


def side(network: str, asked: int, own: int) -> int:
    """Pixels of a side that images are scaled to. Raises OptionError where that is not possible.

    Args:
        network: one that there are weights for.
        asked: `image_size`; 0: what suits the network.
        own: of the images as they are.

    """
    weights = weights_of(network)
    if asked and weights.fixed and asked // 32 != weights.side // 32:
        raise OptionError(
            f"image_size must be {weights.side} for {network} with its ImageNet weights, whose first fully "
            f"connected layer takes no other size; got {asked}"
        )
    if asked or weights.fixed:
        return asked or weights.side
    return min(max(own, weights.side), LARGEST)


def folder() -> Path:
    """Where torch keeps such files: `TORCH_HOME`, or a folder in the user's cache folder."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))
    return Path(home).expanduser() / "hub" / "checkpoints"


def path_of(weights: Weights) -> Path:
    """Where the file is, or is to be."""
    return folder() / weights.name


def missing(network: str, why: str = "") -> str:
    """What to say where the file is not on this machine."""
    weights = weights_of(network)
    tried = f", and {weights.url} could not be got ({why})" if why else f"; it comes from {weights.url}"
    return (
        f"the ImageNet weights of {network} are not on this machine: there is no {weights.name} "
        f"({weights.megabytes:.0f} MB) in {folder()}{tried}. Put the file there, from a machine that has "
        "internet; TORCH_HOME names another folder"
    )
