"""From words to runs: what `cnnviz train` was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnnviz.architectures import CATALOGUE
from cnnviz.architectures.architecture import Value, near_misses
from cnnviz.design import Design, read, unpacked
from cnnviz.errors import OptionError, UnknownNameError
from cnnviz.training.datasets import described
from cnnviz.training.designs import NAME, label, options_without, settings_of
from cnnviz.training.laboratory import LABORATORY, network_of
from cnnviz.training.presets import PRESETS, preset, runs_of, same
from cnnviz.training.presets.preset import MOST_SEEDS
from cnnviz.training.settings import OPTIONS, Settings, settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Runs that belong together, with the labels of their curves."""

    preset: str  # "" for a network of one's own choice
    runs: tuple[tuple[str, Settings], ...]
    warning: str = ""  # what a person may not have meant


def requested(
    target: str, *, options: Mapping[str, object], seeds: int | None, device: str, data: str | None
) -> Request:
    """The runs of a preset or of a network. Raises UnknownNameError and OptionError with the rule.

    Args:
        target: a preset, a network of the laboratory or the catalogue, or a design: a TOML file, or
            "design:" and the word that links have for it.
        options: of training and, for a network, of the network, as a person types them.
        seeds: how many runs of each curve; the preset's own number, or one, where it is None.
        device: "cpu", "cuda" or "cuda:1".
        data: a data set; the preset's own, or the digits, where it is None.

    """
    _check_device(device)
    if data:
        described(data)
    if seeds is not None and not 1 <= seeds <= MOST_SEEDS:
        raise OptionError(f"seeds must be a whole number from 1 to {MOST_SEEDS}, got {seeds}")
    if target in {preset.name for preset in PRESETS}:
        changed = {**options, "device": device, **({"data": data} if data else {})}
        runs = runs_of(preset(target), seeds, **changed)
        named = tuple((curve.label, wanted) for curve, wanted in runs)
        return Request(preset=target, runs=named, warning=same(runs))
    design = _design(target)
    if design is not None:
        wanted = settings_of(design, data=data or "digits", device=device, **options_without(options))
        name = label(design)
        return Request(preset="", runs=tuple((name, wanted.seeded(seed)) for seed in range(seeds or 1)))
    names = {option.name for option in OPTIONS}
    training: dict[str, Any] = {name: value for name, value in options.items() if name in names}
    others = {name: value for name, value in options.items() if name not in names}
    wanted = settings(
        target,
        network_options=_network_options(target, others),
        data=data or "digits",
        device=device,
        **training,
    )
    return Request(preset="", runs=tuple((target, wanted.seeded(seed)) for seed in range(seeds or 1)))


def _design(target: str) -> Design | None:
    """The design that a target names; None where it names something else. Raises DesignError."""
    if target.startswith(f"{NAME}:"):
        return unpacked(target.partition(":")[2])
    return read(target) if target.lower().endswith(".toml") else None


def _check_device(device: str) -> None:
    kind, _, number = device.partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdigit()) or (kind == "cpu" and number):
        raise OptionError(f"device must be cpu, cuda or cuda:0, got {device!r}")
    if kind == "cuda":
        import torch

        if int(number or 0) >= torch.cuda.device_count():
            raise OptionError(f"this machine has no GPU {number or 0} that torch can use: device=cpu trains")


def _network_options(name: str, given: Mapping[str, object]) -> dict[str, Value]:
    """The network's own options among those that were given, each checked."""
    try:
        network = network_of(name, given)
    except UnknownNameError as error:
        if "has no option" in str(error):
            names = ", ".join(option.name for option in OPTIONS)
            raise UnknownNameError(f"{error}; options of training are {names}") from None
        if "variant" in str(error):
            raise
        presets = [preset.name for preset in PRESETS]
        known = [*presets, *LABORATORY, *(architecture.name for architecture in CATALOGUE)]
        raise UnknownNameError(
            f"there is no preset or network {name!r}{near_misses(name, known)}; presets are "
            + ", ".join(presets)
        ) from None
    return {option: value for option, value in network.values if option in given}
