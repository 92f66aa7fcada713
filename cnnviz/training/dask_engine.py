"""Trains runs on a Dask cluster: for a workshop with many machines. Needs the extra `dask`.

A task of Dask starts a worker of ours in a process of its own and waits for it: torch's random numbers are
one run's alone, a cancelled run ends at once (a task of Dask cannot be stopped), and when the machine's
Dask worker is killed, ours notes that and ends. Every machine must reach the same store (PostgreSQL).
"""

from __future__ import annotations

from typing import Any

from cnnviz.errors import CnnvizError
from cnnviz.training.engine import QueueEngine
from cnnviz.training.store import Store

ANSWERS = 10  # seconds for a scheduler


class DaskEngine(QueueEngine):
    """Hands queued runs to a cluster, as many at a time as it has threads."""

    def __init__(self, store: Store, address: str) -> None:
        from distributed import Client

        try:
            self.client: Any = Client(address, timeout=ANSWERS, name="cnnviz", set_as_default=False)  # type: ignore[no-untyped-call, unused-ignore]
        except (OSError, TimeoutError, ValueError) as error:
            raise CnnvizError(
                f"no Dask scheduler answers at {address} ({error}): unset DASK_SCHEDULER_ADDRESS or start it"
            ) from None
        self.futures: dict[int, Any] = {}  # by run
        self._slots = self._threads()
        super().__init__(store)

    @property
    def slots(self) -> int:
        """Workers come and go: as many as there were a moment ago, and one where none has come yet."""
        return max(1, self._slots)

    def _threads(self) -> int:
        return int(sum(self.client.nthreads().values()))

    def close(self) -> None:
        """What is trained is handed back by the cluster, and can go on."""
        super().close()
        self.client.close()

    def _tick(self) -> bool:
        for run, future in list(self.futures.items()):
            if future.done():
                del self.futures[run]
                # a task that was lost with its worker has no result, and says nothing of the run
                status = future.result() if future.status == "finished" else 1
                self._not_begun(run, status)
        self._mark_silent()
        queue = [run for run in self.store.queue() if run not in self.futures]
        self._slots = self._threads()
        room = self._slots - len(self.futures)
        for run in queue[: max(0, room)]:
            # a task whose worker is killed is begun anew by Dask: the store's claim is what counts
            self.futures[run] = self.client.submit(_train, self.store.url, run, pure=False, retries=0)
        return bool(self.futures or queue)


def _train(url: str, run: int) -> int:
    """The exit status of the process that trained a run, on a machine of the cluster."""
    from cnnviz.training.processes import started

    process = started(url, "--attached")
    try:
        process.communicate(f"{run}\n".encode())
    finally:
        if process.poll() is None:
            process.terminate()
    return process.returncode
