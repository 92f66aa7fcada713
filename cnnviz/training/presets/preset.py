"""What a preset is: a claim of the notes, and the curves that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from cnnviz.errors import OptionError
from cnnviz.training.settings import Settings

View = Literal[
    "train_error", "test_error", "train_loss", "test_loss", "gradients", "accuracy_by_macs", "transfer"
]
VIEWS: tuple[str, ...] = get_args(View)
MOST_SEEDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line of a preset's picture: the mean over runs that differ in their seed alone."""

    label: str
    settings: Settings  # with seed 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A named group of curves that shows one claim."""

    name: str
    title: str
    claim: str  # what the curves show, in a sentence or two for a class
    look: str  # where to look, and what to expect there
    curves: tuple[Curve, ...]
    seeds: int  # runs of each curve: 0, 1, ... seeds - 1
    seconds: float  # CPU time of all runs together on one thread, measured
    view: View  # the picture it opens with
    notes: str  # what to be careful about: figures, limits, what the picture does not show


def runs_of(preset: Preset, seeds: int | None = None, **changed: object) -> list[tuple[Curve, Settings]]:
    """Every run of a preset, all curves of the first seed first, so that the whole picture begins at once.

    Args:
        seeds: how many of each curve; the preset's own number where it is None.
        changed: options of training, `data`, `device` or `threads`, for all curves alike.

    Raises OptionError with the rule.

    """
    count = preset.seeds if seeds is None else seeds
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_SEEDS:
        raise OptionError(f"seeds must be a whole number from 1 to {MOST_SEEDS}, got {count}")
    varied = [(curve, _changed(curve.settings, changed)) for curve in preset.curves]
    return [(curve, wanted.seeded(seed)) for seed in range(count) for curve, wanted in varied]


def same(runs: Sequence[tuple[Curve, Settings]]) -> str:
    """A sentence on curves that what is changed has made the same; "" where all are different."""
    keys = {curve.label: wanted.key for curve, wanted in runs if wanted.seed == 0}
    names = [name for name, key in keys.items() if list(keys.values()).count(key) > 1]
    if not names:
        return ""
    return f"with what is changed {len(names)} curves are the same, and are trained once: {', '.join(names)}"


def _changed(wanted: Settings, changed: dict[str, object]) -> Settings:
    outside = {name: value for name, value in changed.items() if name in ("data", "device")}
    inside = {name: value for name, value in changed.items() if name not in outside}
    written = wanted.as_dict()
    return Settings.from_dict({**written, **outside, "options": {**written["options"], **inside}})
