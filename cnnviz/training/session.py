"""Trains runs in this process, one after the other, and tells how they go on."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from cnnviz.errors import MissingRunError
from cnnviz.training.records import Epoch, Record, Step
from cnnviz.training.store import Run, Store
from cnnviz.training.worker import work

BAR = 24  # characters
LOOK = 0.3  # seconds between two looks at a run that somebody else trains


def train_here(store: Store, runs: Sequence[Run], told: TextIO | None = None) -> list[Run]:
    """The runs, each trained to its end, but for those that somebody deletes on the way.

    One that somebody else trains is watched until it ends. Where Ctrl-C stops it, the run in training is
    cancelled with what it has, and so are those that wait.
    """
    runs = list({run.id: run for run in runs}.values())  # two curves may share one
    try:
        for number, run in enumerate(runs, 1):
            progress = _Progress(run, f"{number}/{len(runs)}", told or sys.stderr)
            try:
                _to_its_end(store, run, progress)
            except MissingRunError:
                progress.gone()
    except KeyboardInterrupt:
        for run in store.some(run.id for run in runs):
            if run.status == "queued":
                store.cancel(run.id)
        raise
    ended = {run.id: run for run in store.some(run.id for run in runs)}
    return [ended[run.id] for run in runs if run.id in ended]


def _to_its_end(store: Store, run: Run, progress: _Progress) -> None:
    """Raises MissingRunError where it is deleted."""
    while not (now := store.run(run.id)).over:
        if now.status == "queued":
            _set_threads(run)
            work(store, run.id, seen=progress.see)
        else:
            _watch(store, run, progress)
    progress.end(now)


def _set_threads(run: Run) -> None:
    import torch

    torch.set_num_threads(run.settings["threads"])


def _watch(store: Store, run: Run, progress: _Progress) -> None:
    """Follows a run that another process trains, until it ends or waits to be trained again."""
    seen = 0
    while store.run(run.id).status == "running":
        for record in store.records(run.id, after=seen):
            progress.see(record)
            seen += 1
        if run.id in store.mark_silent():
            store.resume(run.id)
        time.sleep(LOOK)


class _Progress:
    """A bar that moves on a terminal; anywhere else a line after each epoch."""

    def __init__(self, run: Run, number: str, told: TextIO) -> None:
        self.run, self.told = run, told
        self.name = f"[{number}] run {run.id}  {run.label or run.settings.network}, seed {run.settings.seed}"
        self.moves = told.isatty()
        self.epochs = int(run.settings["epochs"])
        self.begin: tuple[float, float] | None = None  # the clock and the epoch at the first record
        self.shown = 0.0
        self.width = 0

    def see(self, record: Record) -> None:
        now = time.monotonic()
        if self.begin is None:
            self.begin = (now, record.epoch)
        if self.moves and (isinstance(record, Epoch) or now - self.shown > 0.1):
            self.shown = now
            self._show(self._bar(record, now))
        elif not self.moves and isinstance(record, Epoch):
            self._line(f"{self.name}  {_epoch(record, self.epochs)}")

    def end(self, run: Run) -> None:
        if self.moves:
            self._show("")
        self._line(f"{self.name}  {run.status}: {run.message}")

    def gone(self) -> None:
        if self.moves:
            self._show("")
        self._line(f"{self.name}  deleted")

    def _bar(self, record: Record, now: float) -> str:
        share = record.epoch / self.epochs
        full = round(BAR * share)
        begun, first = self.begin or (now, record.epoch)
        gone = record.epoch - first
        left = f"  {(now - begun) / gone * (self.epochs - record.epoch):.0f} s left" if gone > 0 else ""
        said = f"loss {record.loss:.3f}" if isinstance(record, Step) else ""
        said = f"test error {record.test_error:.1f} %" if isinstance(record, Epoch) else said
        return (
            f"{self.name}  {'█' * full}{'░' * (BAR - full)} "
            f"epoch {record.epoch:.1f}/{self.epochs}  {said}{left}"
        )

    def _show(self, text: str) -> None:
        self.told.write(f"\r{text.ljust(self.width)}" + ("" if text else "\r"))
        self.told.flush()
        self.width = len(text)

    def _line(self, text: str) -> None:
        print(text, file=self.told, flush=True)


def _epoch(record: Epoch, epochs: int) -> str:
    return (
        f"epoch {record.epoch:.0f}/{epochs}  train error {record.train_error:.1f} %  "
        f"test error {record.test_error:.1f} %"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Where the runs of one curve ended, errors in percent at the end of those that were trained."""

    label: str
    train_errors: tuple[float, ...]
    test_errors: tuple[float, ...]
    others: tuple[str, ...]  # how runs ended that were not trained to their end


def outcomes(store: Store, runs: Sequence[Run]) -> list[Outcome]:
    """One for each curve, in the order of the runs."""
    labels = list(dict.fromkeys(run.label for run in runs))
    return [_outcome(store, label, [run for run in runs if run.label == label]) for label in labels]


def _outcome(store: Store, label: str, runs: Sequence[Run]) -> Outcome:
    last = [
        [record for record in store.records(run.id) if isinstance(record, Epoch)][-1]
        for run in runs
        if run.status == "done"
    ]
    return Outcome(
        label=label,
        train_errors=tuple(epoch.train_error for epoch in last),
        test_errors=tuple(epoch.test_error for epoch in last),
        others=tuple(run.status for run in runs if run.status != "done"),
    )


def table(found: Sequence[Outcome]) -> str:
    """Mean ± standard deviation over the runs of each curve, as text."""
    rows = [("curve", "runs", "train error, %", "test error, %", "")]
    for outcome in found:
        others = ", ".join(f"{outcome.others.count(s)} {s}" for s in dict.fromkeys(outcome.others))
        errors = (_spread(outcome.train_errors), _spread(outcome.test_errors))
        rows.append((outcome.label, str(len(outcome.train_errors)), *errors, others))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "-"
    mean = f"{statistics.mean(values):.1f}"
    return f"{mean} ± {statistics.stdev(values):.1f}" if len(values) > 1 else mean
