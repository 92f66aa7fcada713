"""What a run starts from: the weights of an earlier run, or published ones, and features kept on disk.

The earlier run is one like any other, made by the same loop; its last checkpoint lies in the user's cache
folder under the key of its settings, and is made where it is not there yet. Published weights are those of
`imagenet`.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import platformdirs
import torch
from torch import Tensor, nn

from cnnviz.errors import OptionError
from cnnviz.training.data import Images, few, images, loaded, prepared
from cnnviz.training.networks import built
from cnnviz.training.once import alone, write
from cnnviz.training.published import load_published, weights_file
from cnnviz.training.records import End
from cnnviz.training.settings import IMAGENET, Settings, settings

FOLDER_VARIABLE = "CNNVIZ_CACHE"
PRETRAINING: dict[str, dict[str, Any]] = {  # what is learned before, by the name of `pretrained`
    "letters": {
        "data": "cluttered-letters",
        "epochs": 8,
        "optimizer": "adam",
        "learning_rate": 2e-3,
    },
}
AT_ONCE = 128  # images whose features are computed together


def pretraining(wanted: Settings) -> Settings | None:
    """The settings of the run that this one starts from; None where there is none."""
    if wanted["pretrained"] not in PRETRAINING:
        return None
    return settings(
        wanted.network,
        network_options=dict(wanted.network_options),
        device=wanted.device,
        threads=wanted["threads"],
        **PRETRAINING[wanted["pretrained"]],
    )


def checkpoint(wanted: Settings, cancelled: Callable[[], bool]) -> bytes | None:
    """The last checkpoint of a run, from the disk or trained now; None where it was cancelled."""
    from cnnviz.training.loop import train

    path = cache_folder() / f"weights-{wanted.key}-{_version()}.pt"
    with alone(path, cancelled) as mine:
        if path.is_file():
            return path.read_bytes()
        if not mine:
            return None
        kept: list[bytes] = []
        *_, last = train(wanted, cancelled=cancelled, keep=kept.append)
        if isinstance(last, End) and last.reason == "diverged":
            raise OptionError(f"the run that this one starts from did not succeed: {last.message}")
        if isinstance(last, End) and last.reason == "cancelled":
            return None
        write(path, kept[-1])
        return kept[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Weights that a run starts from."""

    digest: str  # of the weights: what is computed with them is kept under it
    load: Callable[[nn.Module], None]  # puts them into a network


def earlier(wanted: Settings, cancelled: Callable[[], bool]) -> Earlier | None:
    """The weights that a run starts from, found, made or got now; None where that was cancelled."""
    if wanted["pretrained"] == IMAGENET:
        file = weights_file(wanted.network, cancelled)
        if file is None:
            return None
        return Earlier(
            digest=file.digest[:16], load=partial(load_published, file=file, network=wanted.network)
        )
    before = pretraining(wanted)
    saved = checkpoint(before, cancelled) if before is not None else None
    if saved is None:
        return None
    digest = hashlib.sha256(saved).hexdigest()[:16]
    return Earlier(digest=digest, load=partial(load_features, saved=saved))


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a run begins with."""

    model: nn.Module
    data: Images
    frozen: list[nn.Module]  # modules that are not trained


def started(wanted: Settings, before: Earlier | None) -> Start:
    """The network with the weights it starts from and its first layers frozen, as the settings say.

    Where all convolutions are frozen, what comes before the last layer never changes: the run gets that
    instead of the images, and of the network only what follows.
    """
    model = built(wanted, few(wanted))
    if before is not None:
        before.load(model)
    frozen = frozen_layers(model, wanted["frozen"], whole_network=wanted["pretrained"] == IMAGENET)
    kept = _kept(wanted, model, frozen)
    if before is None or not kept:
        return Start(model=model, data=images(wanted), frozen=frozen)
    features = with_features(wanted, model, before.digest)
    return Start(model=Head(model), data=images(wanted, features), frozen=[])


def _kept(wanted: Settings, model: nn.Module, frozen: list[nn.Module]) -> bool:
    """Whether what the last layer is given is the same in every epoch."""
    convolutions = [m for m in _leaves(model) if isinstance(m, nn.Conv2d)]
    whole = bool(frozen) and all(module in frozen for module in convolutions)
    return whole and wanted["augment"] == "none" and isinstance(_leaves(model)[-1], nn.Linear)


def load_features(model: nn.Module, saved: bytes) -> None:
    """Puts the saved weights into all layers but the last, which answers for other classes."""
    found = torch.load(io.BytesIO(saved), map_location="cpu", weights_only=True)["model"]
    features = _features(model)
    prefix = "features."
    weights = {name.removeprefix(prefix): v for name, v in found.items() if name.startswith(prefix)}
    try:
        features.load_state_dict(weights)
    except RuntimeError:  # the number of channels is all that can differ
        raise OptionError(
            "what was learned before was learned from grey images, and does not fit images in colour: "
            "use digits, cluttered-digits, mnist or fashion-mnist"
        ) from None


def frozen_layers(model: nn.Module, count: int, *, whole_network: bool = False) -> list[nn.Module]:
    """The modules of the first `count` convolutions, which are not trained. Raises OptionError.

    Where all convolutions are, all layers but the last are.
    """
    if not count:
        return []
    if not whole_network:
        _features(model)
    modules = _leaves(model)
    starts = [i for i, module in enumerate(modules) if isinstance(module, nn.Conv2d)]
    if count > len(starts):
        raise OptionError(f"the network has {len(starts)} convolutions, and frozen={count} asks for more")
    frozen = modules[: starts[count]] if count < len(starts) else modules[:-1]
    if all(module in frozen for module in modules if list(module.parameters(recurse=False))):
        raise OptionError(
            f"frozen={count} leaves nothing to train: the last of the network's {len(starts)} convolutions "
            f"is what answers; {count - 1} is the most"
        )
    for module in frozen:
        module.requires_grad_(False)
    return frozen


def with_features(wanted: Settings, model: nn.Module, digest: str) -> Images:
    """The data set with what the last layer is given for each image in its place, computed once and kept."""
    whole = loaded(wanted.data)
    name = f"features-{digest}-{wanted.data.replace(':', '-')}-{wanted['image_size']}-{_version()}.pt"
    path = cache_folder() / name
    with alone(path):
        if path.is_file() and whole.fixed:
            found = torch.load(path, weights_only=True)
        else:
            found = {part: _computed(wanted, model, getattr(whole, part)) for part in ("train", "test")}
            file = io.BytesIO()
            torch.save(found, file)
            write(path, file.getvalue())
    return replace(whole, train=found["train"], test=found["test"])


class Head(nn.Module):
    """The last layer of a network, with the dropout before it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        *_, before, self.fc = _leaves(model)
        self.dropout = before if isinstance(before, nn.Dropout) else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(self.dropout(x))
        return logits


def cache_folder() -> Path:
    """`CNNVIZ_CACHE`, or the user's cache folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    folder = Path(named) if named else platformdirs.user_cache_path("cnnviz") / "training"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OptionError(
            f"cannot make the folder {folder} for weights and features ({error.strerror}): {FOLDER_VARIABLE} "
            "names another place"
        ) from None
    return folder


def _features(model: nn.Module) -> nn.Sequential:
    features = getattr(model, "features", None)
    if not isinstance(features, nn.Sequential) or not all(
        hasattr(model, n) for n in ("pool", "dropout", "fc")
    ):
        raise OptionError(
            "pretrained and frozen are for networks that have all convolutions in one row: plain_convolutions"
        )
    return features


def _leaves(model: nn.Module) -> list[nn.Module]:
    """The layers in the network's order."""
    return [module for module in model.modules() if not list(module.children())]


def _computed(wanted: Settings, model: nn.Module, part: Tensor) -> Tensor:
    """What the last layer is given for these images."""
    seen: list[Tensor] = []
    hook = _leaves(model)[-1].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    model.eval()
    try:
        with torch.inference_mode():
            for some in torch.split(part, AT_ONCE):
                model(prepared(wanted, some))
    finally:
        hook.remove()
    return torch.cat(seen).clone()


def _version() -> str:
    """Another version of torch may count otherwise: what it made is not taken for ours."""
    return torch.__version__.replace("+", "-")
