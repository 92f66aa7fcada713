"""Sees to it that queued runs are trained: by processes of this machine, or by a Dask cluster."""

from __future__ import annotations

import logging
import os
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from typing import Protocol

from cnnviz.errors import CnnvizError, MissingRunError, StoreError
from cnnviz.training.bell import Bell
from cnnviz.training.processes import Process
from cnnviz.training.store import ENDED, SILENT_AFTER, Status, Store
from cnnviz.training.worker import PATIENCE, here

TICK = 0.2  # seconds between two looks at the queue
IDLE = 5.0  # seconds between two looks while nobody rings
SPARE_FOR = 120.0  # seconds that a process is kept ready after somebody has looked at the page
ATTEMPTS = 3  # to start a worker for a run
READY_AFTER = 120.0  # seconds after which a process that has not begun its run is given up

logger = logging.getLogger("cnnviz")


class Engine(Protocol):
    """What trains runs; a run is handed in and cancelled through the store."""

    @property
    def slots(self) -> int:
        """How many runs are trained at a time, as far as is known now."""

    def nudge(self) -> None:
        """Something is in the queue, or soon will be."""

    def close(self) -> None:
        """No more runs are begun; those that are trained go on."""


class QueueEngine(ABC):
    """Works the queue in one thread, in one process of a machine: the others ring for that one."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.closed = False
        self.failures: Counter[int] = Counter()  # by run: workers that ended before they began it
        self._bell = Bell(store.url)
        self._awake = threading.Event()
        self._answers_since = self._answered = time.monotonic()
        self._thread = threading.Thread(target=self._watch, name="training queue", daemon=True)
        self._bell.ring()
        self._thread.start()

    def nudge(self) -> None:
        self._bell.ring()
        self._awake.set()

    def close(self) -> None:
        self.closed = True
        self._awake.set()
        self._thread.join(timeout=5)
        self._bell.close()

    @abstractmethod
    def _tick(self) -> bool:
        """Starts what can be started; whether there is something to look after."""

    def _watch(self) -> None:
        looked, heard, busy = 0.0, 0.0, True
        while not self.closed:
            now, rang = time.monotonic(), self._bell.last()
            if self._bell.mine() and (busy or rang != heard or now - looked > IDLE):
                looked, heard = now, rang
                try:
                    busy = self._tick()
                except StoreError as error:
                    busy = True
                    logger.warning("training waits: %s", error)
                    self._awake.wait(1.0)
                except Exception:  # whatever happens, the queue is worked on
                    busy = True
                    logger.exception("the training queue stumbled")
                    self._awake.wait(1.0)
            self._awake.wait(TICK)
            self._awake.clear()

    def _mark_silent(self) -> None:
        """Workers get time to be heard again after the store, or this machine, has been away."""
        now = time.monotonic()
        if now - self._answered > SILENT_AFTER / 2:
            self._answers_since = now
        self._answered = now
        settled = now - self._answers_since > SILENT_AFTER
        self.store.mark_silent(after=SILENT_AFTER if settled else SILENT_AFTER + PATIENCE)

    def _not_begun(self, run: int, status: int) -> None:
        """Notes that a worker has ended without having begun its run: it is not tried for ever."""
        if run not in self.store.queue():
            return
        self.failures[run] += 1
        if self.failures[run] >= ATTEMPTS:
            del self.failures[run]
            self.store.refuse(
                run,
                f"{ATTEMPTS} workers ended before they began it, the last with status {status}: what they "
                "said is in the output of the server",
            )


class LocalEngine(QueueEngine):
    """Niced processes of this machine, each with one run at a time, at most cores - 1 of them."""

    def __init__(self, store: Store, *, slots: int | None = None) -> None:
        self._slots = slots or max(1, (os.cpu_count() or 2) - 1)
        self.busy: dict[int, Process] = {}  # by run
        self.spare: Process | None = None
        super().__init__(store)

    @property
    def slots(self) -> int:
        return self._slots

    def close(self) -> None:
        super().close()
        for process in (self.spare, *self.busy.values()):
            if process is not None:
                process.let_go()

    def _tick(self) -> bool:
        for run in list(self.busy):
            self._look_after(run)
        self._mark_silent()
        running = {run.id for run in self.store.runs(status=("running",)) if run.worker.startswith(here())}
        room = self.slots - len(running | self.busy.keys())
        queue = [run for run in self.store.queue() if run not in self.busy]
        for run in queue[: max(0, room)]:
            self._start(run)
        self._keep_ready(len(running | self.busy.keys()))
        return bool(self.busy or running or queue)

    def _look_after(self, run: int) -> None:
        process = self.busy[run]
        status = process.status()
        if status is not None:
            del self.busy[run]
            self.store.abandon(run, status, worker=process.name)
            self._not_begun(run, status)
            return
        try:
            now: Status = self.store.run(run).status
        except MissingRunError:  # deleted: its process stops at the next sign of life, and takes no other run
            del self.busy[run]
            process.let_go()
            return
        if now == "queued" and process.waits_for() > READY_AFTER:
            process.kill()
        elif now == "interrupted":
            process.kill()  # it has not been heard of, or was told to stop
        elif now in ENDED:
            del self.busy[run]
            if self.spare is None:
                self.spare = process
            else:
                process.let_go()

    def _start(self, run: int) -> None:
        process, self.spare = self.spare, None
        if process is None or process.status() is not None:
            process = Process(self.store.url)
        process.give(run)  # where it has died already, `_look_after` finds that out
        self.busy[run] = process

    def _keep_ready(self, taken: int) -> None:
        wanted = time.time() - self._bell.last() < SPARE_FOR
        if self.spare is not None and (not wanted or self.spare.status() is not None):
            self.spare.let_go()
            self.spare = None
        if wanted and self.spare is None and taken < self.slots:
            self.spare = Process(self.store.url)


def engine(store: Store) -> Engine:
    """The engine that this server is configured for."""
    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    if not address:
        return LocalEngine(store)
    try:
        from cnnviz.training.dask_engine import DaskEngine
    except ImportError:
        raise CnnvizError(
            "DASK_SCHEDULER_ADDRESS is set, but dask.distributed is not installed: pip install 'cnnviz[dask]'"
        ) from None
    return DaskEngine(store, address)
