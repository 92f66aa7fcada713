"""Runs are trained in processes of their own, and survive what happens to those."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from cnnviz.training.engine import LocalEngine
from cnnviz.training.records import Epoch
from cnnviz.training.settings import settings
from cnnviz.training.store import Store
from tests.training.waiting import ended, epochs, pid, small, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(f"sqlite:///{tmp_path_factory.mktemp('runs') / 'runs.sqlite'}")


@pytest.fixture(scope="module")
def engine(store: Store) -> Iterator[LocalEngine]:
    """One for all tests: a process takes a second to start, and trains run after run."""
    made = LocalEngine(store, slots=1)
    yield made
    made.close()


def test_a_run_is_trained_in_a_niced_process(store: Store, engine: LocalEngine) -> None:
    """Oracle: the loop run here gives the same curve; the system tells the process's niceness."""
    from cnnviz.training.loop import train

    run = store.submit(small())
    engine.nudge()
    until(lambda: store.run(run.id).status == "running")
    assert pid(store, run) != os.getpid()
    assert os.getpriority(os.PRIO_PROCESS, pid(store, run)) >= 15
    assert ended(store, run).status == "done"
    here = [r.test_loss for r in train(run.settings) if isinstance(r, Epoch)]
    assert [loss for _, loss in epochs(store, run)] == pytest.approx(here, rel=1e-4)


def test_cancelling_takes_a_second_and_the_next_run_follows(store: Store, engine: LocalEngine) -> None:
    """Oracle: the clock, with room for a busy machine; the second run ends well."""
    long, short = store.submit(small(1, epochs=200)), store.submit(small(2))
    engine.nudge()
    until(lambda: len(store.records(long.id)) > 2)
    assert store.run(short.id).status == "queued"
    store.cancel(long.id)
    begin = time.monotonic()
    assert ended(store, long).status == "cancelled"
    assert time.monotonic() - begin < 5
    assert ended(store, short).status == "done"


def test_a_killed_worker_loses_nothing_and_the_run_goes_on(store: Store, engine: LocalEngine) -> None:
    """Oracle: kill -9 in mid-run; the whole curve is that of a run nobody disturbed."""
    from cnnviz.training.loop import train

    run = store.submit(small(3, epochs=60))
    engine.nudge()
    until(lambda: len(epochs(store, run)) > 3)
    os.kill(pid(store, run), signal.SIGKILL)
    assert ended(store, run).status == "interrupted"
    before = epochs(store, run)
    assert len(before) > 3
    store.resume(run.id)
    engine.nudge()
    assert ended(store, run).status == "done"
    here = [(r.epoch, r.test_loss) for r in train(run.settings) if isinstance(r, Epoch)]
    assert len(here) == 61
    for (epoch, loss), (expected_epoch, expected) in zip(epochs(store, run), here, strict=True):
        assert epoch == expected_epoch
        assert loss == pytest.approx(expected, rel=1e-4)


def test_a_network_that_cannot_be_trained_says_why(store: Store, engine: LocalEngine) -> None:
    run = store.submit(settings("lenet5"))
    engine.nudge()
    failed = ended(store, run)
    assert failed.status == "failed"
    assert "image_size" in failed.message


def test_a_stopped_worker_says_so(store: Store, engine: LocalEngine) -> None:
    """Oracle: SIGTERM, as a system that shuts down sends it."""
    run = store.submit(small(4, epochs=200))
    engine.nudge()
    until(lambda: len(store.records(run.id)) > 2)
    os.kill(pid(store, run), signal.SIGTERM)
    found = ended(store, run)
    assert found.status == "interrupted"
    assert "told to stop" in found.message


def test_a_deleted_run_makes_room_for_the_next(store: Store, engine: LocalEngine) -> None:
    """Oracle: the store has nothing of a run that is deleted while it is trained; the next one ends well."""
    gone = store.submit(small(10, epochs=200))
    engine.nudge()
    until(lambda: len(store.records(gone.id)) > 2)
    store.delete(gone.id)
    after = store.submit(small(11, epochs=1))
    engine.nudge()
    assert after.id != gone.id
    assert ended(store, after).status == "done"
    assert store.some([gone.id]) == []
    assert store.records(gone.id) == []


def test_a_run_outlives_the_engine_that_began_it(store: Store, engine: LocalEngine) -> None:
    """Oracle: the process goes on after the engine is closed, as when a server stops. Last: it closes it."""
    run = store.submit(small(12, epochs=60))
    engine.nudge()
    until(lambda: store.run(run.id).status == "running")
    engine.close()
    assert ended(store, run).status == "done"
