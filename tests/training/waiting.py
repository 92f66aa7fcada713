"""What tests of training wait for, and a run of seconds that they wait with."""

from __future__ import annotations

import time
from collections.abc import Callable

from cnnviz.training.records import Epoch
from cnnviz.training.settings import Settings, settings
from cnnviz.training.store import Run, Store

PATIENCE = 90.0  # seconds, for a machine that is busy


def small(seed: int = 0, **options: object) -> Settings:
    """A run of a fraction of a second or, with many epochs, of some."""
    return settings(
        "plain_convolutions",
        network_options={"depth": 3, "width": 8},
        seed=seed,
        **{"epochs": 3, "images": 200, **options},  # type: ignore[arg-type]
    )


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def ended(store: Store, run: Run) -> Run:
    until(lambda: store.run(run.id).over)
    return store.run(run.id)


def pid(store: Store, run: Run) -> int:
    return int(store.run(run.id).worker.split(":")[1])


def epochs(store: Store, run: Run) -> list[tuple[float, float]]:
    return [(r.epoch, r.test_loss) for r in store.records(run.id) if isinstance(r, Epoch)]
