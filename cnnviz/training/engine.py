"""Sees to it that queued runs are trained: by processes of this machine, or by a Dask cluster."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import Protocol

from cnnviz.errors import CnnvizError, StoreError
from cnnviz.training.store import URL, Store

TICK = 0.25  # seconds between two looks at the queue
SPARE_FOR = 120.0  # seconds that a process is kept ready after somebody has looked at the page


class Engine(Protocol):
    """What trains runs; a run is handed in and cancelled through the store."""

    def nudge(self) -> None:
        """Something is in the queue, or soon will be."""

    def close(self) -> None:
        """No more runs are begun; those that are trained go on."""


class LocalEngine:
    """One niced process for each run, at most cores - 1 at a time; the queue is worked by one thread."""

    def __init__(self, store: Store, *, slots: int | None = None) -> None:
        self.store = store
        self.slots = slots or max(1, (os.cpu_count() or 2) - 1)
        self.busy: dict[int, subprocess.Popen[bytes]] = {}  # by run
        self.spare: subprocess.Popen[bytes] | None = None
        self.closed = False
        self._looked_at = time.monotonic()
        self._awake = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="training queue", daemon=True)
        self._thread.start()

    def nudge(self) -> None:
        self._looked_at = time.monotonic()
        self._awake.set()

    def close(self) -> None:
        self.closed = True
        self._awake.set()
        self._thread.join(timeout=5)
        if self.spare is not None:
            _let_go(self.spare)

    def _watch(self) -> None:
        while not self.closed:
            try:
                idle = self._tick()
            except StoreError:  # the database is away: look again later
                idle = False
            self._awake.wait(None if idle else TICK)
            self._awake.clear()

    def _tick(self) -> bool:
        """Starts what can be started; whether there is nothing to look after."""
        for run, process in list(self.busy.items()):
            if process.poll() is not None:
                del self.busy[run]
                self.store.abandon(run, process.returncode)
        self.store.mark_silent()
        running = len(self.store.runs(status=("running",)))
        for run in self.store.queue(limit=self.slots):
            starting = sum(1 for known in self.busy if known == run)
            if starting or max(running, len(self.busy)) >= self.slots:
                continue
            self._start(run)
        wanted = time.monotonic() - self._looked_at < SPARE_FOR
        if wanted and self.spare is None and len(self.busy) < self.slots:
            self.spare = self._process()
        if not wanted and self.spare is not None:
            _let_go(self.spare)
            self.spare = None
        return not (self.busy or running or self.spare)

    def _start(self, run: int) -> None:
        process, self.spare = self.spare or self._process(), None
        assert process.stdin is not None
        try:
            process.stdin.write(f"{run}\n".encode())
            process.stdin.close()
        except BrokenPipeError:  # the spare one has died: the next look starts another
            return
        self.busy[run] = process

    def _process(self) -> subprocess.Popen[bytes]:
        # The address may hold a password, so it is not among the arguments, which everybody can see.
        return subprocess.Popen(
            [sys.executable, "-m", "cnnviz.training.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # a stopped server does not stop them
            env={
                **os.environ,
                URL: self.store.url,
                "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
            },
        )


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """A spare process that reads the end of its input ends of itself."""
    if process.stdin is not None:
        process.stdin.close()


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
