"""Records of runs as curves: means and spreads over seeds, smoothed, and as files. Needs no torch."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any, Literal, NamedTuple, get_args

from cnnviz.training.records import End, Epoch, Norms, Record, Step
from cnnviz.training.settings import DEFAULTS, Settings
from cnnviz.training.store import Run

Measure = Literal["train_error", "test_error", "train_loss", "test_loss", "loss"]
MEASURES: tuple[Measure, ...] = get_args(Measure)  # `loss` is what training saw, every few steps
Layered = Literal["gradients", "activations"]
LAYERED: tuple[Layered, ...] = get_args(Layered)
MOST_SMOOTHING = 0.99


class Point(NamedTuple):
    """One point of a curve: a mean over the runs that have come so far."""

    step: int
    epoch: float
    seconds: float  # mean
    mean: float
    spread: float  # standard deviation over the runs, with n - 1; 0 for one run
    runs: int  # that have come so far
    smooth: float  # the means so far, the newest weighing most
    each: tuple[float | None, ...]  # of every run; None: it has not come, or is no number


class Profile(NamedTuple):
    """Norms of all layers, first to last, at one moment of training."""

    step: int
    epoch: float
    values: tuple[float | None, ...]  # geometric mean over the runs; None where it is 0 or no number
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A run with the records that it has so far."""

    run: Run
    records: tuple[Record, ...] = ()

    @property
    def last(self) -> Record | None:
        return self.records[-1] if self.records else None

    @property
    def end(self) -> End | None:
        return self.last if isinstance(self.last, End) else None

    @property
    def progress(self) -> float:
        """The share of its epochs that it has been trained for."""
        return min(1.0, self.last.epoch / self.run.settings["epochs"]) if self.last else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Runs that differ in nothing but their seed: one curve."""

    key: str
    label: str
    histories: tuple[History, ...]

    @property
    def settings(self) -> Settings:
        return self.histories[0].run.settings


def groups(histories: Iterable[History]) -> list[Group]:
    """The runs as curves, in the order in which these begin; labels tell them apart."""
    found: dict[str, list[History]] = {}
    for history in histories:
        found.setdefault(history.run.settings.seeded(0).key, []).append(history)
    labels = _labels([members[0].run for members in found.values()])
    made = []
    for (key, members), label in zip(found.items(), labels, strict=True):
        twice = labels.count(label) > 1
        made.append(
            Group(
                key=key,
                label=f"{label} (run {members[0].run.id})" if twice else label,
                histories=tuple(members),
            )
        )
    return made


def _labels(runs: Sequence[Run]) -> list[str]:
    """Their names; those without one say in what they differ."""
    nameless = [run.settings for run in runs if not run.label]
    if len(nameless) < 2:
        return [run.label or described(run.settings) for run in runs]
    differing = _differing(nameless)
    return [run.label or _said(run.settings, differing) or described(run.settings) for run in runs]


def _differing(shown: Sequence[Settings]) -> list[str]:
    """What is not the same in all of them: `network`, `data`, `device`, and options."""
    told = [{**DEFAULTS, **_flat(settings)} for settings in shown]
    names = dict.fromkeys(name for one in told for name in one)
    return [name for name in names if len({repr(one.get(name)) for one in told}) > 1]


def _flat(settings: Settings) -> dict[str, object]:
    about = {"network": settings.network, "data": settings.data, "device": settings.device}
    return {**about, **dict(settings.network_options), **dict(settings.changed)}


def _said(settings: Settings, names: Sequence[str]) -> str:
    told = {**DEFAULTS, **_flat(settings)}
    parts = []
    for name in sorted(names, key=lambda known: known != "network"):
        if name == "network":
            parts.append(settings.network.removesuffix("@lab").replace("_", " "))
        else:
            parts.append(f"{name.replace('_', ' ')} {_short(told.get(name, 'as usual'))}")
    return ", ".join(parts)


def described(settings: Settings) -> str:
    """A run that has no name, in a few words: the network and what was changed."""
    changed = (*settings.network_options, *((n, v) for n, v in settings.changed if n != "norms"))
    said = ", ".join(
        [
            settings.network.removesuffix("@lab").replace("_", " "),
            *(f"{n.replace('_', ' ')} {_short(v)}" for n, v in changed),
        ]
    )
    return said if len(said) <= 60 else said[:59].rstrip(" ,") + "…"


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def points(histories: Sequence[Sequence[Record]], measure: Measure, *, smoothing: float = 0.0) -> list[Point]:
    """The curve of runs that differ in their seed; what is no number is left out of a mean.

    `smoothing` is the weight of what came before: 0 leaves the curve as it is.
    """
    kind = Step if measure == "loss" else Epoch
    at: dict[int, dict[int, Any]] = {}
    for run, records in enumerate(histories):
        for record in records:
            if isinstance(record, kind) and math.isfinite(getattr(record, measure)):
                at.setdefault(record.step, {})[run] = record
    by_run = [at[step] for step in sorted(at)]
    found = [list(some.values()) for some in by_run]
    means = [fmean(getattr(record, measure) for record in records) for records in found]
    return [
        Point(
            step=records[0].step,
            epoch=records[0].epoch,
            seconds=fmean(record.seconds for record in records),
            mean=mean,
            spread=stdev(getattr(r, measure) for r in records) if len(records) > 1 else 0.0,
            runs=len(records),
            smooth=smooth,
            each=tuple(getattr(some.get(run), measure, None) for run in range(len(histories))),
        )
        for some, records, mean, smooth in zip(by_run, found, means, smoothed(means, smoothing), strict=True)
    ]


def smoothed(values: Iterable[float], weight: float) -> Iterator[float]:
    """Exponential moving averages; the first ones are not drawn towards zero (Kingma and Ba 2015)."""
    weight = min(max(weight, 0.0), MOST_SMOOTHING)
    total = share = 0.0
    for value in values:
        total = weight * total + (1 - weight) * value
        share = weight * share + (1 - weight)
        yield total / share


def profiles(histories: Sequence[Sequence[Record]], which: Layered) -> list[Profile]:
    """Norms layer by layer, one entry for each moment that was noted."""
    at: dict[int, list[Norms]] = {}
    for records in histories:
        for record in records:
            if isinstance(record, Norms):
                at.setdefault(record.step, []).append(record)
    return [
        Profile(
            step=step,
            epoch=at[step][0].epoch,
            values=tuple(
                _geometric(values) for values in zip(*(getattr(r, which) for r in at[step]), strict=True)
            ),
            layers=at[step][0].layers,
        )
        for step in sorted(at)
    ]


def _geometric(values: Sequence[float]) -> float | None:
    """The mean on a logarithmic axis; None where one of the values is not on it."""
    if all(math.isfinite(value) and value > 0 for value in values):
        return math.exp(fmean(map(math.log, values)))
    return None


def seconds_left(history: History, *, now: float) -> float | None:
    """How long a run that is trained will take, as it went so far; None before there is anything to go by."""
    run, share = history.run, history.progress
    if run.status != "running" or run.started is None or share <= 0:
        return None
    return (now - run.started) * (1 - share) / share


# ---- files


def spelled(value: object) -> object:
    """A text that a spreadsheet would take for a formula is kept a text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def curves_csv(histories: Iterable[History]) -> str:
    """Means and spreads over the seeds, a line for each point of each curve."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    columns = Point._fields[: Point._fields.index("smooth")]
    writer.writerow(("curve", "measure", *columns))
    for group in groups(histories):
        for measure in MEASURES:
            for point in points([h.records for h in group.histories], measure):
                writer.writerow((spelled(group.label), measure, *point[: len(columns)]))
    return file.getvalue()
