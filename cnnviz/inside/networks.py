"""A trained network that can be looked into: its weights, its classes, how an image is made ready for it."""

from __future__ import annotations

import copy
import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cnnviz.architectures.resnet import ResidualBlock
from cnnviz.errors import CnnvizError, DataError, OptionError
from cnnviz.inside import imagenet, limits, shipped
from cnnviz.inside.hooks import watched
from cnnviz.inside.imagenet import Scaling
from cnnviz.inside.keeping import Bounded, tensor_bytes
from cnnviz.layer import Layer
from cnnviz.targets import trace
from cnnviz.trace import Trace
from cnnviz.training.imagenet import missing, path_of, weights_of
from cnnviz.training.laboratory import network_of
from cnnviz.training.settings import IMAGENET as PUBLISHED
from cnnviz.training.settings import Settings
from cnnviz.training.store import Store

RUN = "run:"  # begins the names of networks from the run store: run:12
KEPT = 16
KINDS = {  # modules that make feature maps, and what they are called
    nn.Conv2d: "convolution",
    nn.Linear: "fully connected",
    nn.BatchNorm2d: "batch normalisation",
    nn.MaxPool2d: "max pooling",
    nn.AvgPool2d: "average pooling",
    nn.AdaptiveAvgPool2d: "average pooling",
    nn.AdaptiveMaxPool2d: "max pooling",
}
ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.Hardswish)


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """A network with weights that somebody trained. It is shared: nothing may change its weights."""

    name: str
    title: str
    about: str
    model: nn.Module
    shape: tuple[int, int, int]  # of its input: channels, height, width
    classes: tuple[str, ...]
    mean: tuple[float, ...]  # of each channel of its input, where black is 0 and white is 1
    deviation: tuple[float, ...]
    data: str  # the images it learned from: a data set's name, or "photographs"
    error: float | None  # percent of test images that it got wrong
    scaling: Scaling | None = None  # of images; None: their middle is scaled to the shape

    @property
    def bytes(self) -> int:
        """Of its weights."""
        return tensor_bytes(self.model.state_dict().values())

    @cached_property
    def own_modules(self) -> nn.Module:
        """The same model in modules of its own, for those who put hooks on them; it shares the weights."""
        weights = chain(self.model.parameters(), self.model.buffers())
        return copy.deepcopy(self.model, {id(weight): weight for weight in weights})

    @cached_property
    def key(self) -> str:
        """The same for the same weights."""
        digest = hashlib.sha256(self.name.encode())
        for weight in self.model.state_dict().values():
            digest.update(weight.numpy().tobytes())
        return digest.hexdigest()[:16]

    @cached_property
    def trace(self) -> Trace:
        return trace(self.model, self.shape)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers whose outputs are kept, in the order in which they are computed."""
        modules = dict(self.model.named_modules())
        seen: dict[str, Layer] = {}
        apart = False  # whether channels come last, as ConvNeXt has them around its fully connected layers
        for layer in self.trace.layers:
            module, axes = modules.get(layer.name), len(layer.output_shapes[0])
            linear, follows = isinstance(module, nn.Linear), isinstance(module, ACTIVATIONS)
            apart = (linear and axes == 4) or (apart and follows)
            if module is not None and kind(module) and axes in (2, 4) and not apart:
                seen[layer.name] = layer
        return tuple(seen.values())

    @cached_property
    def mapped(self) -> tuple[str, ...]:
        """The layers whose maps are larger than one pixel, but for those that only pool them."""
        return tuple(
            layer.name
            for layer in self.layers
            if len(layer.output_shape) == 3 and max(layer.output_shape[1:]) > 1 and layer.kind != "pool"
        )

    @cached_property
    def blocks(self) -> tuple[str, ...]:
        """The residual blocks whose shortcuts can be switched off."""
        return tuple(
            name
            for name, module in self.model.named_modules()
            if isinstance(module, ResidualBlock) and module.adds
        )

    def layer(self, name: str) -> Layer:
        """Raises OptionError."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = ", ".join(layer.name for layer in self.layers)
        raise OptionError(f"{self.title} has no layer {name!r}; its layers are {names}")

    def module(self, name: str) -> nn.Module:
        """The module of a layer. Raises OptionError."""
        return self.model.get_submodule(self.layer(name).name)

    def normalised(self, pixels: Tensor) -> Tensor:
        """What the network gets for pixels from 0 to 1: the same shape."""
        mean, deviation = (torch.tensor(values).view(-1, 1, 1) for values in (self.mean, self.deviation))
        return (pixels - mean) / deviation

    def shown(self, given: Tensor) -> Tensor:
        """The inverse of `normalised`."""
        mean, deviation = (torch.tensor(values).view(-1, 1, 1) for values in (self.mean, self.deviation))
        return (given * deviation + mean).clamp(0, 1)


def kind(module: nn.Module) -> str:
    """What a module is called; "" where its output is nothing to look at."""
    if isinstance(module, ACTIVATIONS):
        return "activation"
    return next((name for of, name in KINDS.items() if isinstance(module, of)), "")


class Source(NamedTuple):
    """A place where trained networks come from."""

    begins: str  # the names of its networks begin so
    opened: Callable[[str, Store | None], Trained]
    offered: Callable[[Store | None], list[tuple[str, str]]]  # name and title of each


def trained(name: str, store: Store | None = None) -> Trained:
    """A network that ships with the package, or `run:12`: one that was trained in the laboratory.

    Raises CnnvizError.
    """
    source = next(source for source in SOURCES if name.startswith(source.begins))
    return source.opened(name, store)


def offered(store: Store | None = None) -> list[tuple[str, str]]:
    """Name and title of every network that can be looked into."""
    return [found for source in reversed(SOURCES) for found in source.offered(store)]


def _opened_run(name: str, store: Store | None) -> Trained:
    if not re.fullmatch(rf"{RUN}\d{{1,9}}", name):
        raise OptionError(f"a network of the laboratory is called {RUN} and a run's number, got {name!r:.40}")
    return of_run(store or Store(), int(name.removeprefix(RUN)))


@lru_cache(maxsize=len(shipped.SHIPPED))
def _shipped(name: str) -> Trained:
    known = shipped.found(name)
    weights = {key: torch.from_numpy(array) for key, array in shipped.weights(name).items()}
    record = shipped.training_record(name)
    return Trained(
        name=name,
        title=known.title,
        about=known.about,
        model=watched(_loaded(_built(known), weights, known.shape)),
        shape=known.shape,
        classes=known.classes,
        mean=tuple(record["mean"]),
        deviation=tuple(record["deviation"]),
        data=known.settings.data if known.settings else "photographs",
        error=record["test_error"],
    )


def _built(known: shipped.Shipped) -> nn.Module:
    if known.settings is None:
        from cnnviz.inside.photo_network import PhotoNetwork

        return PhotoNetwork(len(known.classes))
    return _of_settings(known.settings, known.shape[0], len(known.classes))


def _of_settings(wanted: Settings, channels: int, classes: int) -> nn.Module:
    options = {**dict(wanted.network_options), "in_channels": channels, "num_classes": classes}
    return network_of(wanted.network, options).build()


def _loaded(model: nn.Module, weights: dict[str, Tensor], shape: tuple[int, ...]) -> nn.Module:
    """The model with these weights, for looking only."""
    model = _sized(model, shape)
    model.load_state_dict(weights)
    return model.eval().requires_grad_(False)


def _sized(model: nn.Module, shape: tuple[int, ...]) -> nn.Module:
    """The model, its lazy layers with their sizes."""
    with torch.no_grad():
        model.eval()(torch.zeros(1, *shape))
    return model


# Weights may be large: they are read when they are new, and their number of bytes is bounded.
_opened: Bounded[Trained] = Bounded(KEPT, limits.kept_bytes, lambda network: network.bytes)


def of_imagenet(name: str) -> Trained:
    """`imagenet:resnet18`: a network of the catalogue with torchvision's weights, got where need be."""
    network = imagenet.known(name)
    return _opened.once((network, path_of(weights_of(network))), lambda: _published(network))


def _published(network: str) -> Trained:
    from cnnviz.training.data import DEVIATION, MEAN
    from cnnviz.training.published import load_published, weights_file

    file = weights_file(network)
    if file is None:  # only a download that is cancelled ends so, and nobody can cancel this one
        raise DataError(missing(network))
    shape = imagenet.shape(network)
    model = _sized(network_of(network, {}).build(), shape)
    load_published(model, file, network)
    half = (0.5, 0.5, 0.5)  # values from -1 to 1
    tensorflow = weights_of(network).tensorflow
    return Trained(
        name=f"{imagenet.IMAGENET}{network}",
        title=imagenet.title(network),
        about=f"{network} with the weights that torchvision publishes, trained on ImageNet. Images are made "
        "ready as torchvision does it.",
        model=watched(model.eval().requires_grad_(False)),
        shape=shape,
        classes=imagenet.categories(),
        mean=half if tensorflow else MEAN,
        deviation=half if tensorflow else DEVIATION,
        data="photographs",
        error=None,
        scaling=imagenet.scaling(network),
    )


def of_run(store: Store, run: int) -> Trained:
    """What a run of the laboratory has learned so far. Raises CnnvizError."""
    found = store.run(run)
    title = f"Run {run}: {found.label or found.settings.network}"
    epoch = store.kept_epoch(run)
    key = (store.url, title, run, found.settings, epoch, found.ended)
    return _opened.once(key, lambda: _of_checkpoint(store, title, run, found.settings, epoch))


def _of_checkpoint(store: Store, title: str, run: int, wanted: Settings, epoch: int | None) -> Trained:
    from cnnviz.training.data import few
    from cnnviz.training.networks import built

    saved = store.weights(run) if epoch is not None else None
    if saved is None:
        raise DataError(f"run {run} has kept no weights yet: it keeps them after its first epoch")
    weights = torch.load(io.BytesIO(saved), map_location="cpu", weights_only=True)["model"]
    if wanted["pretrained"] == PUBLISHED and weights_of(wanted.network).tensorflow:
        raise DataError(f"run {run} took images on a scale of its own, from -1 to 1: look into another run")
    data = few(wanted)  # to scale all its images would take time and memory
    channels, height, width = data.shape
    try:
        model = _loaded(built(wanted, data), weights, data.shape)
    except RuntimeError:
        raise DataError(
            f"the weights of run {run} do not fit its network as it is built here: they are those of its "
            "last layers alone, if the others were frozen, or its images were made ready in a way of "
            "their own. Look into another run"
        ) from None
    made = Trained(
        name=f"{RUN}{run}",
        title=title,
        about=f"{wanted.network}, trained on {data.name} in run {run}.",
        model=watched(model),
        shape=(channels, height, width),
        classes=data.classes,
        mean=data.mean,
        deviation=data.deviation,
        data=wanted.data,
        error=None,
    )
    if not made.mapped:
        raise OptionError(f"the network of run {run} has no layer with feature maps: look into another run")
    return made


def finished(store: Store | None) -> list[tuple[str, str]]:
    """Name and title of every run that can be looked into, the newest first; [] where there is no store."""
    if store is None:
        return []
    try:
        runs = store.runs(status=("done",), limit=30)
    except CnnvizError:
        return []
    return [(f"{RUN}{run.id}", f"Run {run.id}: {run.label or run.settings.network}") for run in runs]


# What a name begins with decides; the last one takes all others.
SOURCES = (
    Source(RUN, _opened_run, finished),
    Source(imagenet.IMAGENET, lambda name, _: of_imagenet(name), lambda _: imagenet.on_disk()),
    Source(
        "",
        lambda name, _: _shipped(name),
        lambda _: [(known.name, known.title) for known in shipped.SHIPPED],
    ),
)
