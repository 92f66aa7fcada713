"""What a run starts from: the weights of an earlier run, and features computed once and kept on disk.

The earlier run is one like any other, made by the same loop; its last checkpoint lies in the user's cache
folder under the key of its settings, and is made where it is not there yet.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import platformdirs
import torch
from torch import Tensor, nn

from cnnviz.errors import OptionError
from cnnviz.training.data import Images, images, loaded
from cnnviz.training.records import End
from cnnviz.training.settings import Settings, settings

FOLDER_VARIABLE = "CNNVIZ_CACHE"
PRETRAINING: dict[str, dict[str, Any]] = {  # what is learned before, by the name of `pretrained`
    "letters": {
        "data": "cluttered-letters",
        "epochs": 8,
        "optimizer": "adam",
        "learning_rate": 2e-3,
    },
}
AT_ONCE = 512  # images whose features are computed together
WAIT = 0.1  # seconds between two looks whether another process has made a file


def pretraining(wanted: Settings) -> Settings | None:
    """The settings of the run that this one starts from; None where it starts from random weights."""
    if wanted["pretrained"] == "none":
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
    with _alone(path, cancelled) as alone:
        if path.is_file():
            return path.read_bytes()
        if not alone:
            return None
        kept: list[bytes] = []
        *_, last = train(wanted, cancelled=cancelled, keep=kept.append)
        if isinstance(last, End) and last.reason == "diverged":
            raise OptionError(f"the run that this one starts from did not succeed: {last.message}")
        if isinstance(last, End) and last.reason == "cancelled":
            return None
        _write(path, kept[-1])
        return kept[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a run begins with."""

    model: nn.Module
    data: Images
    frozen: list[nn.Module]  # modules that are not trained


def started(wanted: Settings, model: nn.Module, data: Images, saved: bytes | None) -> Start:
    """The network with the weights of the earlier run and its first layers frozen, as the settings say.

    Where all convolutions are frozen, their outputs never change: the run gets them instead of the images,
    and of the network only what follows.
    """
    if saved is not None:
        load_features(model, saved)
    frozen = frozen_layers(model, wanted["frozen"])
    whole = bool(frozen) and len(frozen) == len(_features(model))
    if saved is None or not whole or wanted["augment"] != "none" or wanted["image_size"]:
        return Start(model=model, data=data, frozen=frozen)
    features = images(wanted, with_features(wanted, model, saved))
    return Start(model=Head(model), data=features, frozen=[])


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


def frozen_layers(model: nn.Module, count: int) -> list[nn.Module]:
    """The modules of the first `count` convolutions, which are not trained. Raises OptionError."""
    if not count:
        return []
    modules = list(_features(model))
    starts = [i for i, module in enumerate(modules) if isinstance(module, nn.Conv2d)]
    if count > len(starts):
        raise OptionError(f"the network has {len(starts)} convolutions, and frozen={count} asks for more")
    frozen = modules[: starts[count]] if count < len(starts) else modules
    for module in frozen:
        module.requires_grad_(False)
    return frozen


def with_features(wanted: Settings, model: nn.Module, saved: bytes) -> Images:
    """The data set with the features of each image in its place, computed once for all runs and kept."""
    weights = hashlib.sha256(saved).hexdigest()[:16]
    whole = loaded(wanted.data)
    path = cache_folder() / f"features-{weights}-{wanted.data}-{_version()}.pt"
    with _alone(path):
        if path.is_file():
            found = torch.load(path, weights_only=True)
        else:
            found = {part: _computed(model, getattr(whole, part)) for part in ("train", "test")}
            file = io.BytesIO()
            torch.save(found, file)
            _write(path, file.getvalue())
    return replace(whole, train=found["train"], test=found["test"])


class Head(nn.Module):
    """What follows the features of a network that has `pool`, `dropout` and `fc`."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.pool, self.dropout, self.fc = model.pool, model.dropout, model.fc

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(self.pool(x), 1)
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


def _computed(model: nn.Module, part: Tensor) -> Tensor:
    model.eval()
    with torch.inference_mode():
        found = [_features(model)(some) for some in torch.split(part, AT_ONCE)]
    return torch.cat(found).clone()


def _version() -> str:
    """Another version of torch may count otherwise: what it made is not taken for ours."""
    return torch.__version__.replace("+", "-")


def _write(path: Path, contents: bytes) -> None:
    """As a whole or not at all."""
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_bytes(contents)
    beside.replace(path)


@contextmanager
def _alone(path: Path, cancelled: Callable[[], bool] = lambda: False) -> Iterator[bool]:
    """While one process makes the file, others wait for it; a process that dies lets go.

    False where the wait was cancelled. Who waits goes on asking, and so is known to be alive.
    """
    try:
        import fcntl
    except ImportError:  # Windows: two may make the same file, and the last one stays
        yield True
        return
    with path.with_suffix(".lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if cancelled():
                    yield False
                    return
                time.sleep(WAIT)
            else:
                yield True
                return
