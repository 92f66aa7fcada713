"""Trains one run of the store in a process of its own: `python -m cnnviz.training.worker [RUN]`.

Without RUN it gets ready, torch imported, and waits for a line with the number: so a run begins at once.
"""

from __future__ import annotations

import importlib
import os
import signal
import socket
import sys
import time
import uuid
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from cnnviz.errors import CnnvizError, StoreError
from cnnviz.training.records import Epoch, Record, Step
from cnnviz.training.store import Run, Store

NICENESS = 15  # pages come first: 20 visitors beside three trainings wait 0.1 s in the median, not 0.9
BEAT = 0.3  # seconds between two looks whether the run is cancelled
FLUSH = 0.25  # seconds for which records are gathered
PATIENCE = 120.0  # seconds that a worker waits for a database that went away
CHECKPOINT = 1.0  # seconds at least between two checkpoints

T = TypeVar("T")


class StoppedError(Exception):
    """The system asks the process to end."""


def work(store: Store, run: int | None = None, *, worker: str = "") -> Run | None:
    """Claims a run (the oldest, or this one), trains it to its end, and gives it; None where there was none.

    What goes wrong in training ends in the store, with the reason.
    """
    name = worker or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
    claimed = store.claim(name, run=run)
    if claimed is None:
        return None
    try:
        _Work(store, claimed, name).train()
    except StoppedError:
        message = "its worker was told to stop; it can go on from its last epoch"
        store.fail(claimed.id, name, message, status="interrupted")
    except StoreError:
        raise
    except CnnvizError as error:
        store.fail(claimed.id, name, str(error))
    except Exception as error:  # whatever a network does, a person is told
        line = (str(error).strip().splitlines() or [""])[0]
        store.fail(claimed.id, name, f"training failed: {type(error).__name__}: {line}")
    return store.run(claimed.id)


class _Work:
    def __init__(self, store: Store, run: Run, worker: str) -> None:
        self.store, self.run, self.worker = store, run, worker
        self.waiting: list[Record] = []
        self.beaten = self.flushed = self.kept = time.monotonic()
        self.epoch = 0
        self.wanted = True

    def train(self) -> None:
        from cnnviz.training.loop import train

        saved = self._patiently(lambda: self.store.checkpoint(self.run.id, self.worker))
        for record in train(self.run.settings, cancelled=self._cancelled, resume=saved, keep=self._keep):
            self.waiting.append(record)
            if isinstance(record, Epoch):
                self.epoch = int(record.epoch)
            now = time.monotonic()
            if not isinstance(record, Step) or now - self.flushed > FLUSH:
                self._flush()
        self._flush()

    def _cancelled(self) -> bool:
        now = time.monotonic()
        if now - self.beaten > BEAT:
            self.beaten = now
            self.wanted = self._patiently(lambda: self.store.beat(self.run.id, self.worker))
        return not self.wanted

    def _flush(self) -> None:
        if self.waiting:
            records = tuple(self.waiting)
            self._patiently(lambda: self.store.append(self.run.id, self.worker, records))
            self.waiting.clear()
        self.flushed = time.monotonic()

    def _keep(self, content: bytes) -> None:
        self._flush()
        if time.monotonic() - self.kept > CHECKPOINT or self.epoch == 1:
            self._patiently(lambda: self.store.keep(self.run.id, self.worker, self.epoch, content))
            self.kept = time.monotonic()

    def _patiently(self, ask: Callable[[], T]) -> T:
        """The answer; a database that went away is waited for, so that nothing recorded is lost."""
        until, pause = time.monotonic() + PATIENCE, 0.1
        while True:
            try:
                return ask()
            except StoreError:
                if time.monotonic() > until:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, 5.0)


def main() -> None:
    os.nice(NICENESS)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server
    import torch

    importlib.import_module("cnnviz.training.loop")  # so that a run begins at once
    named = sys.argv[1] if len(sys.argv) > 1 else sys.stdin.readline().strip()
    if not named:
        return  # whoever made this process ready is gone
    store = Store()
    torch.set_num_threads(store.run(int(named)).settings["threads"])
    work(store, int(named))


def _stop(number: int, frame: FrameType | None) -> None:
    raise StoppedError


if __name__ == "__main__":
    main()
