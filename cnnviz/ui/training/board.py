"""What everybody who watches runs is told: read from the store a few times a second, however many watch."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnnviz.training.curves import (
    LAYERED,
    MEASURES,
    Group,
    History,
    Layered,
    Measure,
    Point,
    groups,
    points,
    profiles,
    seconds_left,
)
from cnnviz.training.records import End
from cnnviz.training.store import Run, Store

FRESH = 0.4  # seconds that a reading of runs counts for
FRESH_ENDED = 5.0  # of runs that have ended: only their names change
_KEPT = 400  # runs
_ANSWERS = 64


class Board:
    """Runs and their records, as the store had them a moment ago."""

    def __init__(self, store: Store, slots: Callable[[], int] = lambda: 1) -> None:
        self.store, self.slots = store, slots  # the runs that are trained at a time
        self._histories: OrderedDict[int, History] = OrderedDict()
        self._read_at: dict[int, float] = {}
        self._waits: dict[int, float] = {}  # seconds, in the order of the queue
        self._version = 0
        self._answers: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def histories(self, runs: Sequence[int]) -> list[History]:
        """These runs, as far as they exist, in this order. Raises StoreError."""
        with self._lock:
            self._refresh(runs)
            return [self._histories[run] for run in runs if run in self._histories]

    def answer(
        self, runs: tuple[int, ...], show: str, had: tuple[int, ...] = (), smoothing: float = 0.0
    ) -> bytes:
        """JSON: how the runs are, and the curves from where they have changed.

        Args:
            runs: by number.
            show: measures or norms, separated by commas.
            had: how many records of each run the watcher has.
            smoothing: from 0 to 1.

        """
        with self._lock:
            self._refresh(runs)
            asked = (self._version, runs, show, had, smoothing)
            if asked not in self._answers:
                self._answers[asked] = self._told(runs, show, had, smoothing)
                while len(self._answers) > _ANSWERS:
                    self._answers.popitem(last=False)
            return self._answers[asked]

    def forget(self, runs: Sequence[int]) -> None:
        """Something was done to these runs: they are read again."""
        with self._lock:
            for run in runs:
                self._read_at.pop(run, None)

    def _refresh(self, runs: Sequence[int]) -> None:
        now = time.monotonic()
        old = [run for run in runs if now - self._read_at.get(run, -FRESH_ENDED) >= self._fresh(run)]
        if not old:
            return
        # Whoever watches a live run has all live runs read with it: the next watcher finds them fresh.
        live = [n for n, h in self._histories.items() if not h.run.over and now - self._read_at.get(n, 0) < 5]
        asked = {*old, *live}
        found = {run.id: run for run in self.store.some(asked)}
        for number in asked:
            self._read_at[number] = now
            self._keep(number, found.get(number))
        if any(run.status == "queued" for run in found.values()):
            self._waits = self.store.waits(slots=self.slots())
        while len(self._histories) > _KEPT:
            number, _ = self._histories.popitem(last=False)
            self._read_at.pop(number, None)

    def _fresh(self, number: int) -> float:
        known = self._histories.get(number)
        return FRESH_ENDED if known is None or known.run.over else FRESH

    def _keep(self, number: int, run: Run | None) -> None:
        before = self._histories.get(number)
        if run is None:
            if self._histories.pop(number, None):
                self._version += 1
            return
        records = before.records if before else ()
        # What is cut off in mid-run comes again, so a run that was begun again is read from its beginning.
        if before and (before.run.worker != run.worker or (before.run.over and not run.over)):
            records = ()
        if not (before and before.run.over and run.over and records) and run.started is not None:
            records += tuple(self.store.records(number, after=len(records)))
        after = History(run=run, records=records)
        if after != before:
            self._version += 1
        self._histories[number] = after
        self._histories.move_to_end(number)

    def _told(self, runs: tuple[int, ...], show: str, had: tuple[int, ...], smoothing: float) -> bytes:
        histories = [self._histories[run] for run in runs if run in self._histories]
        seen = dict(zip(runs, had, strict=False))
        shown = groups(histories)
        curve_of = {h.run.id: group.key for group in shown for h in group.histories}
        told = {
            "runs": [self._run(history, curve_of[history.run.id]) for history in histories],
            "curves": [_curve(group, show.split(","), seen, smoothing) for group in shown],
        }
        return json.dumps(told, separators=(",", ":"), allow_nan=False).encode()

    def _run(self, history: History, curve: str) -> dict[str, Any]:
        run, last = history.run, history.last
        left = seconds_left(history, now=time.time())
        waits = run.status == "queued" and run.id in self._waits
        return {
            "id": run.id,
            "curve": curve,
            "seed": run.settings.seed,
            "status": run.status,
            "message": run.message,
            "records": len(history.records),
            "epoch": round(last.epoch, 3) if last else 0,
            "epochs": run.settings["epochs"],
            "left": None if left is None else round(left, 1),
            "place": list(self._waits).index(run.id) if waits else None,
            "wait": round(self._waits[run.id], 1) if waits else None,
            "estimate": round(run.estimate, 1) or None,
            "took": round(run.ended - run.started, 1) if run.over and run.ended and run.started else None,
        }


def _curve(group: Group, show: Sequence[str], seen: Mapping[int, int], smoothing: float) -> dict[str, Any]:
    """The curve from the first step at which it changed."""
    since = min((_changed(history, seen.get(history.run.id, 0)) for history in group.histories), default=0)
    records = [history.records for history in group.histories]
    measures: dict[str, list[Any]] = {}
    for name in show:
        if name in MEASURES:
            measure: Measure = name
            found = points(records, measure, smoothing=smoothing)
            measures[name] = [_row(point) for point in found if point.step >= since]
        elif name in LAYERED:
            layered: Layered = name
            moments = profiles(records, layered)
            measures[name] = [
                [m.step, _short(m.epoch), [_short(v) for v in m.values], m.layers]
                for m in moments
                if m.step >= since
            ]
    ends = [
        {
            "step": end.step,
            "epoch": end.epoch,
            "seconds": _short(end.seconds),
            "message": end.message,
            "run": number,
        }
        for number, history in enumerate(group.histories)
        if isinstance(end := history.end, End) and end.reason == "diverged"
    ]
    return {
        "key": group.key,
        "label": group.label,
        "since": since,
        "count": len(group.histories),
        "measures": measures,
        "diverged": ends,
    }


def _row(point: Point) -> list[Any]:
    """A point as the browser has it; what each run has done follows where there are several."""
    row: list[Any] = [_short(value) for value in point[:-1]]
    return [*row, [_short(value) for value in point.each]] if len(point.each) > 1 else row


def _changed(history: History, had: int) -> int:
    """The step of the first record that the watcher does not have; 0 where it has other ones."""
    if had > len(history.records) or not had:
        return 0
    new = history.records[had:]
    return min(record.step for record in new) if new else 1 << 62


def _short(value: float | None) -> float | None:
    """Six digits: more are on no screen."""
    return None if value is None else float(f"{value:.6g}")
