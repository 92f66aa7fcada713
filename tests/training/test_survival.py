"""What happens to servers, workers and databases in mid-run, for real: nothing recorded is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnnviz.errors import StoreError
from cnnviz.training import processes
from cnnviz.training.engine import LocalEngine
from cnnviz.training.loop import train
from cnnviz.training.records import End, Epoch
from cnnviz.training.store import Store
from tests.training.postgres import Cluster
from tests.training.waiting import ended, epochs, pid, small, until

pytestmark = pytest.mark.slow

# A server: an engine of its own, which trains what is in the store.
SERVER = """
import sys, time
from cnnviz.training.engine import LocalEngine
from cnnviz.training.store import Store
from cnnviz.training import engine as module
module.SPARE_FOR = 0.0
engine = LocalEngine(Store(sys.argv[1]), slots=1)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def no_spare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are started for runs alone, not to be ready for a next one."""
    monkeypatch.setattr("cnnviz.training.engine.SPARE_FOR", 0.0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


def test_a_killed_server_loses_nothing(store: Store) -> None:
    """Oracle: kill -9 of the server in mid-run: its run ends as the loop run here does, and the next server
    trains what was waiting."""
    running, waiting = store.submit(small(epochs=100)), store.submit(small(1, epochs=1))
    server = subprocess.Popen([sys.executable, "-c", SERVER, store.url])
    until(lambda: len(epochs(store, running)) > 2)
    server.send_signal(signal.SIGKILL)
    server.wait()
    assert store.run(running.id).status == "running"
    after = LocalEngine(store, slots=1)
    try:
        assert ended(store, running).status == "done"
        assert ended(store, waiting).status == "done"
    finally:
        after.close()
    here = [(r.epoch, r.test_loss) for r in train(running.settings) if isinstance(r, Epoch)]
    assert [epoch for epoch, _ in epochs(store, running)] == [epoch for epoch, _ in here]
    assert [loss for _, loss in epochs(store, running)] == pytest.approx([x for _, x in here], rel=1e-4)


def test_a_locked_database_is_waited_for(tmp_path: Path) -> None:
    """Oracle: SQLite's own lock, held for longer than a transaction waits for it; the curve is whole."""
    file = tmp_path / "runs.sqlite"
    store = Store(f"sqlite:///{file}?timeout=0.5")
    run = store.submit(small(epochs=100))
    engine = LocalEngine(store, slots=1)
    try:
        until(lambda: len(epochs(store, run)) > 2)
        other = sqlite3.connect(file, timeout=30, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        before = len(store.records(run.id))
        time.sleep(1.5)  # three times as long as a transaction waits
        assert len(store.records(run.id)) == before  # reading goes on, writing does not
        other.execute("ROLLBACK")
        other.close()
        assert ended(store, run).status == "done"
    finally:
        engine.close()
    here = [(r.epoch, r.test_loss) for r in train(run.settings) if isinstance(r, Epoch)]
    assert [epoch for epoch, _ in epochs(store, run)] == [epoch for epoch, _ in here]
    numbers = [record.step for record in store.records(run.id)]
    assert numbers == sorted(numbers)
    assert sum(isinstance(record, End) for record in store.records(run.id)) == 1


def test_a_database_that_is_stopped_and_started_is_waited_for(cluster: Cluster, postgres: str) -> None:
    """Oracle: PostgreSQL's server stopped at once in mid-run, and started again: the curve is whole."""
    store = Store(postgres)
    run = store.submit(small(epochs=100))
    engine = LocalEngine(store, slots=1)
    try:
        until(lambda: len(epochs(store, run)) > 2)
        cluster.stop()
        with pytest.raises(StoreError, match="does not answer"):
            store.records(run.id)
        time.sleep(1)
        cluster.start()
        assert ended(store, run).status == "done"
    finally:
        engine.close()
    here = [(r.epoch, r.test_loss) for r in train(run.settings) if isinstance(r, Epoch)]
    assert [epoch for epoch, _ in epochs(store, run)] == [epoch for epoch, _ in here]
    assert [loss for _, loss in epochs(store, run)] == pytest.approx([x for _, x in here], rel=1e-4)


def test_a_step_that_takes_long_is_no_silence_and_can_be_cancelled(store: Store) -> None:
    """Oracle: a step over 1,024 images scaled to 96x96 takes seconds: the run is cancelled in its middle."""
    long = small(batch_size=1024, image_size=96, epochs=50)
    run = store.submit(long)
    engine = LocalEngine(store, slots=1)
    try:
        until(lambda: len(store.records(run.id)) > 0)
        store.cancel(run.id)
        begin = time.monotonic()
        assert ended(store, run).status == "cancelled"
        assert time.monotonic() - begin < 5  # a second on a machine that is not busy
        assert isinstance(store.records(run.id)[-1], End)
    finally:
        engine.close()


def test_a_worker_that_cannot_start_is_not_tried_for_ever(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: a Python that ends at once in place of the worker."""
    monkeypatch.setattr(processes.sys, "executable", "/bin/false")
    run = store.submit(small())
    engine = LocalEngine(store, slots=1)
    try:
        failed = ended(store, run)
        assert failed.status == "failed"
        assert "status 1" in failed.message
    finally:
        engine.close()


def test_one_engine_of_a_machine_works_the_queue(store: Store) -> None:
    """Oracle: of two engines one has processes; when it is closed, the other takes over."""
    first = LocalEngine(store, slots=1)
    until(lambda: first._bell.held)
    second = LocalEngine(Store(store.url), slots=1)
    try:
        run = store.submit(small(epochs=200))
        second.nudge()  # rings for the first
        until(lambda: store.run(run.id).status == "running")
        assert run.id in first.busy
        assert not second.busy
        assert second.spare is None
        first.close()
        until(lambda: second._bell.held)
        store.cancel(run.id)
        later = store.submit(small(1, epochs=1))
        second.nudge()
        assert ended(store, later).status == "done"
    finally:
        first.close()
        second.close()


def test_a_first_point_is_there_soon(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: the clock, with room for a busy machine: a process is ready before the button is pressed."""
    monkeypatch.setattr("cnnviz.training.engine.SPARE_FOR", 120.0)
    engine = LocalEngine(store, slots=1)
    try:
        first = store.submit(small(epochs=1))
        engine.nudge()
        ended(store, first)  # so that a process is ready
        until(lambda: engine.spare is not None)
        begin = time.monotonic()
        run = store.submit(small(1))
        engine.nudge()
        until(lambda: len(store.records(run.id)) > 0)
        assert time.monotonic() - begin < 4
    finally:
        engine.close()


def test_a_worker_ends_with_the_one_it_is_attached_to(store: Store) -> None:
    """Oracle: kill -9 of the process between: its worker notes why, and ends."""
    code = (
        "import sys, time; from cnnviz.training.processes import started; "
        "p = started(sys.argv[1], '--attached'); p.stdin.write(b'1\\n'); p.stdin.flush(); time.sleep(600)"
    )
    run = store.submit(small(epochs=200))
    between = subprocess.Popen([sys.executable, "-c", code, store.url])
    until(lambda: len(store.records(run.id)) > 2)
    worker = pid(store, run)
    between.send_signal(signal.SIGKILL)
    between.wait()
    found = ended(store, run)
    assert found.status == "interrupted"
    assert "can go on" in found.message
    until(lambda: not _alive(worker))


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"
