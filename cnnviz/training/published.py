"""The weights that torchvision publishes, put into the catalogue's networks."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from cnnviz.errors import DataError, OptionError
from cnnviz.training.download import Progress, fetched
from cnnviz.training.imagenet import missing, path_of, weights_of
from cnnviz.training.once import alone

State = Mapping[str, Tensor]
UNUSED = ("aux", "Aux")  # heads that serve training only
COUNTED = "num_batches_tracked"  # files older than torch 0.4.1 do not have it


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Weights on this machine, whole."""

    path: Path
    digest: str  # SHA-256


def weights_file(
    network: str, cancelled: Callable[[], bool] = lambda: False, progress: Progress | None = None
) -> File | None:
    """The file with a network's weights, got where it is not there yet; None where that was cancelled.

    Raises DataError with the file's name, its address and its folder.
    """
    weights = weights_of(network)
    path = path_of(weights)
    if not path.is_file():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with alone(path, cancelled) as mine:
                if not mine:
                    return None
                if not path.is_file() and not fetched(
                    weights.url, path, cancelled=cancelled, progress=progress
                ):
                    return None
        except (DataError, OSError) as error:
            raise DataError(missing(network, getattr(error, "strerror", None) or str(error))) from None
    digest = _digest(path)
    if not digest.startswith(weights.digits):
        raise DataError(
            f"{path} is not the file that torchvision publishes: its SHA-256 begins with {digest[:8]}, not "
            f"{weights.digits}. Delete it, and get it again from {weights.url}"
        )
    return File(path=path, digest=digest)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None


def load_published(model: nn.Module, file: File, network: str) -> None:
    """Puts torchvision's weights into a network of ours, but for a last layer that has other classes."""
    try:
        state = torch.load(file.path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(f"{file.path} cannot be read: {line}. Delete it and get it again") from None
    model.load_state_dict(matched(model.state_dict(), state, network), strict=False)


def matched(ours: State, theirs: State, network: str) -> dict[str, Tensor]:
    """Their tensors under our names. Raises OptionError where the networks are not the same.

    Both list layers in the order in which the networks have them, which is that of the paper's table; names
    differ. Within a layer tensors go by their name: `weight`, `bias`, `running_mean`.
    """
    mine, other = _layers(ours), _layers(theirs)
    found: dict[str, Tensor] = {}
    fits = len(mine) == len(other)
    for number, (layer, layer_theirs) in enumerate(zip(mine, other, strict=False), 1):
        same = {n: v.shape for n, (_, v) in layer.items()} == {
            n: v.shape for n, (_, v) in layer_theirs.items()
        }
        if same:
            found |= {key: layer_theirs[name][1] for name, (key, _) in layer.items()}
        elif number < len(mine):
            fits = False
    if not fits:
        raise OptionError(
            f"the ImageNet weights do not fit {network} as it is here: leave its options as they are"
        )
    return found


def _layers(state: State) -> list[dict[str, tuple[str, Tensor]]]:
    """The tensors of each layer, by their name within it, with their whole name."""
    layers: dict[str, dict[str, tuple[str, Tensor]]] = {}
    for key, value in state.items():
        layer, _, name = key.rpartition(".")
        if name != COUNTED and not key.startswith(UNUSED):
            layers.setdefault(layer, {})[name] = (key, value)
    return list(layers.values())
