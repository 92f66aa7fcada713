"""All that decides the curve of a run, as plain, bounded data: the same settings, the same curve."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from cnnviz.architectures.architecture import Option, Value, near_misses
from cnnviz.design import dumps, loads
from cnnviz.errors import OptionError
from cnnviz.training.datasets import files_digest
from cnnviz.training.imagenet import weights_of

IMAGENET = "imagenet"  # the value of `pretrained` that stands for torchvision's weights
# Declared once: widgets, `--set` and links build themselves from it.
OPTIONS = (
    Option(
        name="epochs", kind="int", default=8, minimum=1, maximum=200, help="Passes over the training images"
    ),
    Option(
        name="optimizer",
        kind="choice",
        default="sgd",
        choices=("sgd", "adam"),
        help="How weights are updated",
    ),
    Option(
        name="learning_rate", kind="float", default=0.02, minimum=1e-5, maximum=10.0, help="Size of an update"
    ),
    Option(name="momentum", kind="float", default=0.9, minimum=0.0, maximum=0.999, help="Of SGD"),
    Option(name="weight_decay", kind="float", default=0.0, minimum=0.0, maximum=1.0, help="L2 penalty"),
    Option(name="batch_size", kind="int", default=64, minimum=1, maximum=1024, help="Images of one update"),
    Option(name="shuffle", kind="bool", default=True, help="Draw the images in a new order each epoch"),
    Option(
        name="augment",
        kind="choice",
        default="none",
        choices=("none", "affine", "flip"),
        help="New versions of each training image: affine shifts, turns and scales; flip mirrors and shifts",
    ),
    Option(
        name="init",
        kind="choice",
        default="network",
        choices=("network", "default", "he", "xavier", "large"),
        help="How weights begin: network leaves them as the architecture has it; large is a deviation of 0.3",
    ),
    Option(
        name="zero_residual", kind="bool", default=False, help="Each residual block begins as the identity"
    ),
    Option(name="images", kind="int", default=0, minimum=0, maximum=60_000, help="Training images; 0: all"),
    Option(
        name="per_class",
        kind="int",
        default=0,
        minimum=0,
        maximum=6000,
        help="Training images of each class; 0: all",
    ),
    Option(
        name="label_noise", kind="float", default=0.0, minimum=0.0, maximum=1.0, help="Share of random labels"
    ),
    Option(name="sorted_by_class", kind="bool", default=False, help="The file has one class after the other"),
    Option(
        name="image_size",
        kind="int",
        default=0,
        minimum=0,
        maximum=256,
        help="Images are scaled to it; 0: as they are",
    ),
    Option(
        name="pretrained",
        kind="choice",
        default="none",
        choices=("none", "letters", IMAGENET),
        help="All layers but the last begin as they were learned before: letters are cluttered letters, for "
        "plain_convolutions; imagenet are torchvision's weights for networks of the catalogue",
    ),
    Option(
        name="frozen",
        kind="int",
        default=0,
        minimum=0,
        maximum=250,
        help="Convolutions, from the first one on, that are not trained",
    ),
    Option(name="norms", kind="bool", default=False, help="Note the size of gradients and activations"),
    Option(name="threads", kind="int", default=1, minimum=1, maximum=64, help="Of torch on the CPU"),
)
DEFAULTS: dict[str, Value] = {option.name: option.default for option in OPTIONS}
_DECLARED = {option.name: option for option in OPTIONS}
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One run: a network with its options, data, how it is trained, and a seed.

    Make it with `settings(...)`, which checks every value.
    """

    network: str  # a name of the laboratory's networks or of the catalogue, or that of the design
    network_options: tuple[tuple[str, Value], ...] = ()
    data: str = "digits"
    changed: tuple[tuple[str, Value], ...] = ()  # options that differ from their defaults, by name
    seed: int = 0
    device: str = "cpu"
    design: str = ""  # the network as TOML, where it is nobody's but a person's own
    files: str = ""  # of a folder of one's own: a digest that changes with its files

    def __getitem__(self, name: str) -> Any:
        """The value of a declared option."""
        return dict(self.changed).get(name, DEFAULTS[name])

    @property
    def key(self) -> str:
        """The same for the same settings, however they were written down."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()[:16]

    def seeded(self, seed: int) -> Settings:
        return replace(self, seed=seed)

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "network": self.network,
            "network_options": dict(self.network_options),
            "data": self.data,
            "options": dict(self.changed),
            "seed": self.seed,
            "device": self.device,
            **{name: value for name in ("design", "files") if (value := getattr(self, name))},
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Settings:
        """The inverse of `as_dict`, checked. Raises OptionError."""
        return settings(
            str(found["network"]),
            network_options=found.get("network_options", {}),
            data=str(found.get("data", "digits")),
            seed=found.get("seed", 0),
            device=str(found.get("device", "cpu")),
            design=str(found.get("design", "")),
            files=str(found.get("files", ""))[:16],
            **found.get("options", {}),
        )


def settings(
    network: str,
    *,
    network_options: Mapping[str, Value] | None = None,
    data: str = "digits",
    seed: int = 0,
    device: str = "cpu",
    design: str = "",
    files: str | None = None,
    **options: object,
) -> Settings:
    """The settings, checked against `OPTIONS`. Raises OptionError and DesignError with the rule.

    Args:
        files: the digest of a folder of one's own; None for the folder as it is now.

    """
    checked: dict[str, Value] = {}
    for name, value in options.items():
        if name not in _DECLARED:
            raise OptionError(f"training has no option {name!r}{near_misses(name, _DECLARED)}")
        checked[name] = _DECLARED[name].check(value)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        raise OptionError(f"seed must be a whole number from 0 to {LARGEST_SEED:,}, got {seed}")
    if design:
        network, design = _checked_design(design)
        if network_options or checked.get("pretrained", "none") != "none":
            what = "options of a network" if network_options else "pretrained"
            raise OptionError(f"{what} cannot be set for a design: its rows say what it is")
    elif checked.get("pretrained") == IMAGENET:
        weights_of(network)  # there are some
    return Settings(
        network=network,
        network_options=tuple(sorted((network_options or {}).items())),
        data=data,
        changed=tuple(sorted((n, v) for n, v in checked.items() if v != DEFAULTS[n])),
        seed=seed,
        device=device,
        design=design,
        files=files_digest(data) if files is None else files,
    )


@lru_cache(maxsize=256)
def _checked_design(text: str) -> tuple[str, str]:
    """The name of a design, and its text as it is always written: the same rows, the same key."""
    made = loads(text)
    return made.name, dumps(made)
