"""What a link asks to be trained: a preset or a network of one's own, with what is changed in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cnnviz.architectures.architecture import Option, Value, near_misses
from cnnviz.design import unpacked
from cnnviz.errors import CnnvizError, OptionError
from cnnviz.targets import program_of
from cnnviz.training.datasets import described
from cnnviz.training.designs import NAME as DESIGN
from cnnviz.training.designs import label, settings_of
from cnnviz.training.laboratory import LABORATORY, network_of
from cnnviz.training.presets import PRESETS, preset, runs_of, same
from cnnviz.training.presets.preset import MOST_SEEDS, Preset
from cnnviz.training.settings import IMAGENET, OPTIONS, Settings, settings

FREE = "free"
DEFAULT = "degradation-quick"
ABOVE = "above"  # the network of the picker, in the place of a laboratory's one
NAMES = (*(known.name for known in PRESETS), FREE)
FREE_SEEDS = 1
_DECIDED = ("in_channels", "num_classes")  # by the data


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be trained, and what the link said that cannot be."""

    name: str
    preset: Preset | None  # None for a free run
    runs: tuple[tuple[str, Settings], ...] = ()  # with the labels of their curves
    seeds: int = 1
    values: tuple[tuple[str, Value], ...] = ()  # what is changed, and is possible
    problems: tuple[str, ...] = ()

    @property
    def expected(self) -> float | None:
        """CPU seconds of one run, where the preset was measured."""
        if self.preset is None or any(name in ("epochs", "images") for name, _ in self.values):
            return None
        return self.preset.seconds / (self.preset.seeds * len(self.preset.curves))


def options(name: str, network: str) -> dict[str, Option]:
    """What can be changed, by name: of training, and of a laboratory's network in a free run."""
    found = {option.name: option for option in OPTIONS}
    if name == FREE and network in LABORATORY:
        found |= {o.name: o for o in LABORATORY[network].options if o.name not in _DECIDED}
    return found


def written(values: Mapping[str, Value], known: Mapping[str, Option]) -> str:
    """As the link says it; `read` is the inverse."""
    return ",".join(f"{name}={known[name].text(v) if name in known else v}" for name, v in values.items())


@lru_cache(maxsize=256)
def plan(
    name: str,
    text: str,
    seeds: int | None,
    above: str,
    above_options: tuple[tuple[str, Value], ...],
    design: str = "",
) -> Plan:
    """The plan of a link; what it says and cannot be is left out and told."""
    values, problems = _read(name, text)
    try:
        if "data" in values:
            described(str(values["data"]))
    except CnnvizError as error:
        problems.append(str(error))
        del values["data"]
    try:
        chosen = None if name == FREE else preset(name)
    except CnnvizError as error:
        chosen = preset(DEFAULT)
        name, values = DEFAULT, {}
        problems.append(f"{error}. Here is {chosen.title!r} instead")
    usual = chosen.seeds if chosen else FREE_SEEDS
    count = usual if seeds is None or not 1 <= seeds <= MOST_SEEDS else seeds
    changed = tuple(values.items())
    try:
        curves = runs_of(chosen, count, **values) if chosen else []
        free = [] if chosen else _free(values, count, above, above_options, design)
    except CnnvizError as error:
        return Plan(name=name, preset=chosen, seeds=count, values=changed, problems=(*problems, str(error)))
    return Plan(
        name=name,
        preset=chosen,
        runs=tuple(free or ((curve.label, wanted) for curve, wanted in curves)),
        seeds=count,
        values=changed,
        problems=tuple(filter(None, (*problems, same(curves)))),
    )


def _read(name: str, text: str) -> tuple[dict[str, Value], list[str]]:
    parts = [part.partition("=") for part in text.split(",") if part.strip()]
    given = {key.strip(): value.strip() for key, _, value in parts}
    network = given.get("network", next(iter(LABORATORY)))
    known = options(name, network)
    values: dict[str, Value] = {}
    problems = []
    for key, value in given.items():
        if (key == "network" and name == FREE) or key == "data":
            values[key] = value
            continue
        try:
            if key not in known:
                raise CnnvizError(f"there is no option {key!r:.40}{near_misses(key, known)}")
            values[key] = known[key].check(value)
        except CnnvizError as error:
            problems.append(str(error))
    return values, problems


def _free(
    values: Mapping[str, Value],
    seeds: int,
    above: str,
    above_options: tuple[tuple[str, Value], ...],
    design: str,
) -> list[tuple[str, Settings]]:
    network = str(values.get("network", next(iter(LABORATORY))))
    training = {option.name for option in OPTIONS}
    how: dict[str, Any] = {name: value for name, value in values.items() if name in training}
    data = str(values.get("data", "digits"))
    if network == DESIGN:
        if not design:
            raise OptionError("there is no design yet: the page Design makes one, and brings it here")
        own_rows = unpacked(design)
        wanted = settings_of(own_rows, data=data, **how)
        return [(label(own_rows), wanted.seeded(seed)) for seed in range(seeds)]
    if network == ABOVE:
        network, own = above, {n: v for n, v in above_options if n not in _DECIDED}
        smallest = program_of(network_of(above)).smallest or 0
        scaled = how.get("image_size") or how.get("pretrained") == IMAGENET  # which has a size of its own
        if not scaled and smallest > min(described(data).shape[1:]):
            how["image_size"] = smallest
    else:
        own = {n: v for n, v in values.items() if n not in training and n not in ("network", "data")}
    network_of(network, own)  # checks it
    made = settings(network, network_options=own, data=data, **how)
    return [("", made.seeded(seed)) for seed in range(seeds)]
