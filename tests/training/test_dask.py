"""Runs on a real Dask cluster: a scheduler and two workers in processes of their own, one of them killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from cnnviz.errors import CnnvizError
from cnnviz.training.engine import engine
from cnnviz.training.loop import train
from cnnviz.training.records import Epoch
from cnnviz.training.store import Store
from tests.training.waiting import ended, epochs, pid, small, until

pytestmark = pytest.mark.slow
distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The processes of two workers; `DASK_SCHEDULER_ADDRESS` names their scheduler."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    quiet = ("--no-dashboard",)
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    scheduler = subprocess.Popen([*dask, "--host", "127.0.0.1", "--port", str(port), *quiet], cwd=tmp_path)
    dask = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny", "--nthreads", "1"]
    workers = [subprocess.Popen([*dask, *quiet], cwd=tmp_path) for _ in range(2)]
    try:
        with distributed.Client(address, timeout="60s", set_as_default=False) as client:
            client.wait_for_workers(2, timeout=90)
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
        yield workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def test_a_killed_worker_takes_one_run_with_it(store: Store, cluster: list[subprocess.Popen[bytes]]) -> None:
    """Oracle: kill -9 of one of two Dask workers in mid-run: its run says why, and goes on from its last
    epoch along the curve of the loop here until it is cancelled; the other run is unharmed.
    """
    made = engine(store)
    assert made.slots == 2, "two workers of one thread each, not this machine's cores"
    try:
        long = store.submit(small(epochs=200, images=200))
        short = store.submit(small(1, epochs=10, images=200))
        made.nudge()
        until(lambda: len(epochs(store, long)) > 3)
        until(lambda: store.run(short.id).status in ("running", "done"))
        parents = [_parent(pid(store, long))]
        assert parents[0] in [worker.pid for worker in cluster]
        os.kill(parents[0], signal.SIGKILL)
        assert ended(store, long).status == "interrupted"
        until(lambda: made.slots == 1)
        assert "can go on from its last epoch" in store.run(long.id).message
        before = len(epochs(store, long))
        assert ended(store, short).status == "done"
        store.resume(long.id)
        made.nudge()
        until(lambda: len(epochs(store, long)) > before + 2)
        assert _parent(pid(store, long)) != parents[0]
        store.cancel(long.id)
        assert ended(store, long).status == "cancelled"
        for run in (long, short):
            losses = [loss for _, loss in epochs(store, run)]
            here = (r.test_loss for r in train(run.settings) if isinstance(r, Epoch))
            assert losses == pytest.approx(list(islice(here, len(losses))), rel=1e-4)
    finally:
        made.close()


def test_a_scheduler_that_does_not_answer_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.training.dask_engine.ANSWERS", 1)
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:1")
    with pytest.raises(CnnvizError, match="no Dask scheduler answers at tcp://127"):
        engine(store)


def _parent(process: int) -> int:
    with open(f"/proc/{process}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])
