"""Trains runs on a Dask cluster: for a workshop with many machines. Needs the extra `dask`.

A task that runs cannot be cancelled in Dask, so a cancelled run is told through the store, which its worker
asks several times a second. Every machine of the cluster must reach the same store (PostgreSQL).
"""

from __future__ import annotations

import threading
from typing import Any

from cnnviz.errors import CnnvizError, StoreError
from cnnviz.training.engine import TICK
from cnnviz.training.store import Store

IDLE_TICK = 5.0  # seconds between two looks while nobody asks for anything


class DaskEngine:
    """Hands queued runs to a cluster, each as one task; how many run at once is the cluster's to say."""

    def __init__(self, store: Store, address: str) -> None:
        from distributed import Client

        try:
            self.client: Any = Client(address, timeout="10s", name="cnnviz")
        except (OSError, TimeoutError) as error:
            raise CnnvizError(
                f"no Dask scheduler answers at {address} ({error}): unset DASK_SCHEDULER_ADDRESS or start it"
            ) from None
        self.store = store
        self.futures: dict[int, Any] = {}
        self.closed = False
        self._awake = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="training queue", daemon=True)
        self._thread.start()

    def nudge(self) -> None:
        self._awake.set()

    def close(self) -> None:
        self.closed = True
        self._awake.set()
        self._thread.join(timeout=5)
        self.client.close()

    def _watch(self) -> None:
        while not self.closed:
            try:
                busy = self._tick()
            except StoreError:
                busy = True
            self._awake.wait(TICK if busy else IDLE_TICK)
            self._awake.clear()

    def _tick(self) -> bool:
        self.store.mark_silent()
        self.futures = {run: future for run, future in self.futures.items() if not future.done()}
        for run in self.store.queue():
            if run not in self.futures:
                # a task of a killed worker would be begun anew by Dask: the store's claim is what counts
                task = self.client.submit(_train, self.store.url, run, pure=False, retries=0)
                self.futures[run] = task
        return bool(self.futures)


def _train(url: str, run: int) -> str:
    """On a machine of the cluster."""
    from cnnviz.training.worker import work

    trained = work(Store(url), run)
    return trained.status if trained else "taken"
