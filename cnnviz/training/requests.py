"""From words to runs: what `cnnviz train` was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from cnnviz.architectures import CATALOGUE, find
from cnnviz.architectures.architecture import Option, Value, near_misses
from cnnviz.errors import OptionError, UnknownNameError
from cnnviz.training.settings import OPTIONS, Settings, settings

MOST_SEEDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Runs that belong together, with the labels of their curves."""

    preset: str  # "" for a network of one's own choice
    runs: tuple[tuple[str, Settings], ...]


def requested(
    target: str, *, options: Mapping[str, object], seeds: int | None, device: str, data: str | None
) -> Request:
    """The runs of a preset or of a network. Raises UnknownNameError and OptionError with the rule.

    Args:
        target: a preset, or a network of the laboratory or the catalogue.
        options: of training and, for a network, of the network, as a person types them.
        seeds: how many runs of each curve; the preset's own number, or one, where it is None.
        device: "cpu", "cuda" or "cuda:1".
        data: a data set; the preset's own, or the digits, where it is None.

    """
    _check_device(device)
    if seeds is not None and not 1 <= seeds <= MOST_SEEDS:
        raise OptionError(f"seeds must be a whole number from 1 to {MOST_SEEDS}, got {seeds}")
    presets = _presets()
    if target in presets:
        module = import_module("cnnviz.training.presets")
        changed = {**options, "device": device, **({"data": data} if data else {})}
        runs = module.runs_of(presets[target], seeds, **changed)
        return Request(preset=target, runs=tuple((curve.label, wanted) for curve, wanted in runs))
    names = {option.name for option in OPTIONS}
    training: dict[str, Any] = {name: value for name, value in options.items() if name in names}
    others = {name: value for name, value in options.items() if name not in names}
    wanted = settings(
        target,
        network_options=_network_options(target, others, presets),
        data=data or "digits",
        device=device,
        **training,
    )
    return Request(preset="", runs=tuple((target, wanted.seeded(seed)) for seed in range(seeds or 1)))


def _check_device(device: str) -> None:
    kind, _, number = device.partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdigit()) or (kind == "cpu" and number):
        raise OptionError(f"device must be cpu, cuda or cuda:0, got {device!r}")
    if kind == "cuda":
        import torch

        if int(number or 0) >= torch.cuda.device_count():
            raise OptionError(f"this machine has no GPU {number or 0} that torch can use: device=cpu trains")


def _presets() -> dict[str, Any]:
    if find_spec("cnnviz.training.presets") is None:
        return {}
    return {preset.name: preset for preset in import_module("cnnviz.training.presets").PRESETS}


def _network_options(name: str, given: Mapping[str, object], presets: Mapping[str, Any]) -> dict[str, Value]:
    """The network's own options among those that were given, each checked."""
    try:
        if find_spec("cnnviz.training.laboratory") is not None:
            network = import_module("cnnviz.training.laboratory").network_of(name, given)
        else:
            declared = _laboratory(name)
            if declared is not None:
                return {option: _declared(declared, name, option).check(v) for option, v in given.items()}
            network = find(name, given)
    except UnknownNameError as error:
        if "has no option" in str(error):
            names = ", ".join(option.name for option in OPTIONS)
            raise UnknownNameError(f"{error}; options of training are {names}") from None
        known = [*presets, *(architecture.name for architecture in CATALOGUE), "plain_convolutions"]
        raise UnknownNameError(
            f"there is no preset or network {name!r}{near_misses(name, known)}"
            + (f"; presets are {', '.join(presets)}" if presets else "")
        ) from None
    return {option: value for option, value in network.values if option in given}


def _laboratory(name: str) -> dict[str, Option] | None:
    """What the laboratory's network takes, by its own defaults; None for a network of the catalogue."""
    import inspect

    from cnnviz.training.networks import LABORATORY

    if name not in LABORATORY:
        return None
    kinds: dict[type, Any] = {bool: "bool", int: "int", float: "float", str: "str"}
    defaults = {n: p.default for n, p in inspect.signature(LABORATORY[name]).parameters.items()}
    return {
        option: Option(name=option, kind=kinds[type(value)], default=value, minimum=0, maximum=256, help="")
        for option, value in defaults.items()
        if option not in ("in_channels", "num_classes") and not isinstance(value, str)
    }


def _declared(declared: Mapping[str, Option], name: str, option: str) -> Option:
    if option not in declared:
        raise UnknownNameError(f"{name} has no option {option!r}{near_misses(option, declared)}")
    return declared[option]
