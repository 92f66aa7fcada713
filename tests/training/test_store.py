"""The run store: identical requests share a run, a run has one worker, nothing recorded is lost."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from cnnviz.errors import MissingRunError, StoreError
from cnnviz.training.loop import train
from cnnviz.training.records import End, Step
from cnnviz.training.settings import Settings, settings
from cnnviz.training.store import Store, Wanted

DONE = End(step=9, epoch=1.0, seconds=1.0, reason="done", message="trained")


def wanted(seed: int = 0, **options: object) -> Settings:
    return settings(
        "plain_convolutions",
        network_options={"depth": 2, "width": 4},
        seed=seed,
        **{"epochs": 2, "images": 100, **options},  # type: ignore[arg-type]
    )


def step(number: int) -> Step:
    return Step(step=number, epoch=number / 10, seconds=float(number), loss=1 / number)


def test_identical_requests_share_a_run(store: Store) -> None:
    """Oracle: the settings' equality; what failed or was cancelled is not shared."""
    first = store.submit(wanted(), owner="ann")
    assert store.submit(wanted(), owner="bob").id == first.id
    assert store.submit(wanted(1)).id != first.id
    assert store.submit(wanted(), again=True).id != first.id
    store.cancel(first.id)
    other = store.submit(wanted(2))
    store.cancel(other.id)
    assert store.run(other.id).status == "cancelled"
    assert store.submit(wanted(2)).id != other.id


def test_the_queue_is_first_come_first_served(store: Store) -> None:
    """Oracle: the order of submission."""
    runs = [store.submit(wanted(seed)).id for seed in range(3)]
    assert [store.place(run) for run in runs] == [0, 1, 2]
    claimed = store.claim("w1")
    assert claimed is not None
    assert claimed.id == runs[0]
    assert store.place(runs[2]) == 1


def test_two_workers_never_hold_the_same_run(store: Store) -> None:
    """Oracle: sixteen threads claim eight runs at once; each run is claimed by one."""
    for seed in range(8):
        store.submit(wanted(seed))
    claimed: list[int] = []

    def claim(name: str) -> None:
        run = store.claim(name)
        if run is not None:
            claimed.append(run.id)

    threads = [threading.Thread(target=claim, args=(f"w{i}",)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 8


def test_a_whole_run_comes_back_as_it_was_written(store: Store, tmp_path: Path) -> None:
    """Oracle: the records of the loop, read by another connection."""
    run = store.submit(wanted(norms=True))
    assert store.claim("w") is not None
    records = list(train(run.settings))
    for record in records:
        assert store.append(run.id, "w", [record])
    again = Store(store.url)
    assert again.records(run.id) == records
    assert again.records(run.id, after=5) == records[5:]
    assert again.run(run.id).status == "done"
    assert again.run(run.id).settings == run.settings
    assert again.run(run.id).versions["torch"]


def test_what_a_worker_says_that_lost_its_run_is_refused(store: Store) -> None:
    """Oracle: only the second worker's records are there."""
    run = store.submit(wanted())
    store.claim("slow")
    assert store.append(run.id, "slow", [step(1)])
    store.mark_silent(after=-1)
    assert store.run(run.id).status == "interrupted"
    assert not store.beat(run.id, "slow")
    store.resume(run.id)
    assert store.claim("quick") is not None
    assert store.checkpoint(run.id, "quick") is None
    assert not store.append(run.id, "slow", [step(2)])
    assert store.append(run.id, "quick", [step(3), DONE])
    assert store.records(run.id) == [step(3), DONE]


def test_a_run_goes_on_from_its_checkpoint(store: Store) -> None:
    """Oracle: the same run without an interruption."""
    whole = list(train(wanted()))
    run = store.submit(wanted())
    store.claim("first")
    kept: list[bytes] = []
    for record in train(run.settings, keep=kept.append):
        store.append(run.id, "first", [record])
        if kept:
            break
    # the generator keeps a checkpoint when it is asked for the record after it
    store.keep(run.id, "first", 1, kept[0])
    store.append(run.id, "first", [step(99)])  # after the checkpoint, so it will come again
    store.mark_silent(after=-1)
    store.resume(run.id)
    store.claim("second")
    saved = store.checkpoint(run.id, "second")
    before = len(store.records(run.id))
    for record in train(run.settings, resume=saved):
        store.append(run.id, "second", [record])
    found = store.records(run.id)
    strip = [(r.KIND, r.step, getattr(r, "loss", getattr(r, "test_loss", None))) for r in found]
    expected = [(r.KIND, r.step, getattr(r, "loss", getattr(r, "test_loss", None))) for r in whole]
    assert before < len(found)
    assert [s for s in strip if s[0] == "epoch"] == [e for e in expected if e[0] == "epoch"]


def test_cancelling_reaches_the_worker(store: Store) -> None:
    """Oracle: the next sign of life is answered with no."""
    run = store.submit(wanted())
    store.claim("w")
    assert store.beat(run.id, "w")
    store.cancel(run.id)
    assert not store.beat(run.id, "w")
    end = End(step=1, epoch=0.1, seconds=0.1, reason="cancelled", message="cancelled in epoch 1")
    assert store.append(run.id, "w", [end])
    assert store.run(run.id).status == "cancelled"


def test_names_notes_and_forgetting(store: Store) -> None:
    run = store.submit(wanted(), label="plain 8")
    store.annotate(run.id, note="for Tuesday")
    assert (store.run(run.id).label, store.run(run.id).note) == ("plain 8", "for Tuesday")
    store.claim("w")
    store.append(run.id, "w", [step(1)])
    store.delete(run.id)
    with pytest.raises(StoreError, match=f"there is no run {run.id}"):
        store.run(run.id)
    assert store.records(run.id) == []
    assert not store.append(run.id, "w", [step(2)])


def test_a_worker_that_is_busy_is_not_silent(store: Store) -> None:
    run = store.submit(wanted())
    store.claim("w")
    time.sleep(0.05)
    assert store.mark_silent(after=10) == []
    assert store.mark_silent(after=0.01) == [run.id]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////nowhere/at/all/runs.sqlite", "does not answer: unable to open database file"),
        ("nonsense:secret", "does not hold the address of a database: such are sqlite"),
        ("postgresql://ann:secret@host:port/runs", "does not hold the address of a database"),
        ("mysql://ann:secret@host/runs", "SQLite or PostgreSQL, and CNNVIZ_DATABASE_URL names mysql"),
        ("sqlite://", "in memory, which no other process can reach"),
        ("sqlite:///:memory:", "in memory"),
        ("postgresql+psycopg://ann:secret@127.0.0.1:1/runs", "ann:\\*\\*\\*@|psycopg"),
    ],
)
def test_a_database_that_does_not_answer_is_told_kindly(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as told:
        Store(url)
    assert "secret" not in str(told.value)
    assert "CNNVIZ_DATABASE_URL" in str(told.value)


def test_what_is_written_is_on_the_disk(store: Store) -> None:
    """Oracle: SQLite's own reader of the file, without our code."""
    run = store.submit(wanted())
    store.claim("w")
    store.append(run.id, "w", [step(1)])
    with sa.create_engine(store.url).connect() as other:
        assert other.execute(sa.text("select count(*) from records")).scalar_one() == 1


def test_a_lost_answer_does_not_keep_a_record_twice(store: Store) -> None:
    """Oracle: the same delivery made twice, as after a connection that broke when it had been kept."""
    run = store.submit(wanted())
    store.claim("w")
    assert store.append(run.id, "w", [step(1), step(2)], after=0)
    assert store.append(run.id, "w", [step(1), step(2), step(3)], after=0)
    assert store.append(run.id, "w", [step(4)], after=3)
    assert store.records(run.id) == [step(1), step(2), step(3), step(4)]
    again = store.claim("w")
    assert again is not None
    assert again.id == run.id


def test_the_same_request_at_the_same_time_is_one_run(store: Store) -> None:
    """Oracle: eight threads with connections of their own ask for the same run."""
    asked: list[int] = []

    def ask() -> None:
        asked.append(Store(store.url).submit(wanted(5)).id)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 8
    assert len(set(asked)) == 1


def test_an_ended_process_abandons_only_its_own_run(store: Store) -> None:
    """Oracle: another worker holds the run by now."""
    run = store.submit(wanted())
    store.claim("host:2:b")
    store.abandon(run.id, -9, worker="host:1:")
    assert store.run(run.id).status == "running"
    store.abandon(run.id, -9, worker="host:2:")
    assert store.run(run.id).status == "interrupted"
    assert "killed (signal 9)" in store.run(run.id).message


def test_a_store_of_an_earlier_version_is_completed(store: Store) -> None:
    """Oracle: the run that was in it, and its columns with the values that new runs begin with."""
    with sa.create_engine(store.url).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE runs DROP COLUMN estimate")
        connection.exec_driver_sql("ALTER TABLE runs DROP COLUMN note")
        connection.exec_driver_sql("ALTER TABLE runs DROP COLUMN started")
        connection.execute(
            sa.text(
                "INSERT INTO runs (key, settings, preset, label, owner, status, message, wish, worker,"
                " heartbeat, created, versions)"
                " VALUES ('k', :settings, '', '', '', 'done', '', '', '', 0, 1, '{}')"
            ),
            {"settings": json.dumps(wanted().as_dict())},
        )
    again = Store(store.url)
    run = again.runs()[0]
    assert (run.note, run.started, run.status) == ("", None, "done")
    assert again.submit(wanted(1)).id != run.id


def test_the_number_of_a_deleted_run_is_nobody_elses(store: Store) -> None:
    """Oracle: links name runs by their numbers, so a number is given once."""
    first, second = store.submit(wanted()).id, store.submit(wanted(1)).id
    store.delete(second)
    assert store.submit(wanted(2)).id not in (first, second)


@pytest.mark.parametrize("number", [0, -1, 2**31, 10**30])
def test_a_number_that_no_run_can_have_is_told(store: Store, number: int) -> None:
    with pytest.raises(MissingRunError, match=f"there is no run {number}"):
        store.run(number)
    assert store.some([number]) == []


def test_curves_that_have_become_the_same_are_one_run(store: Store) -> None:
    """Oracle: counting; asked for again they are one new run."""
    both = [Wanted(settings=wanted(), label="rate 0.1"), Wanted(settings=wanted(), label="rate 0.2")]
    first, second = store.submit_all(both)
    assert first.id == second.id
    assert len({run.id for run in store.submit_all(both, again=True)}) == 1
    assert len(store.runs()) == 2


def test_a_run_that_is_begun_again_shows_what_it_begins_with(store: Store) -> None:
    """Oracle: from the claim on, whoever reads sees the records of the checkpoint and no others."""
    run = store.submit(wanted())
    store.claim("first")
    store.append(run.id, "first", [step(1)])
    store.keep(run.id, "first", 1, b"weights")
    store.append(run.id, "first", [step(2)])
    store.fail(run.id, "first", "its machine went away", status="interrupted")
    store.resume(run.id)
    assert store.records(run.id) == [step(1), step(2)], "nothing is lost before somebody trains it"
    store.claim("second")
    assert store.records(run.id) == [step(1)]
    assert store.checkpoint(run.id, "second") == b"weights"
    assert store.checkpoint(run.id, "first") is None


def test_a_pause_is_no_time_of_training(store: Store) -> None:
    """Oracle: by hand: 10 seconds, a pause of a day, cancelled and resumed in it, and then 5 seconds."""
    run = store.submit(wanted())
    store.claim("first")
    store.fail(run.id, "first", "stopped", status="interrupted")
    store.resume(run.id)
    store.cancel(run.id)
    store.resume(run.id)
    day = 86_400
    with sa.create_engine(store.url).begin() as connection:
        connection.exec_driver_sql(f"UPDATE runs SET started = started - {day} - 10, ended = ended - {day}")
    store.claim("second")
    again = store.run(run.id)
    assert again.ended is None
    assert again.started is not None
    assert time.time() - again.started == pytest.approx(10, abs=3)


def test_names_and_notes_are_what_a_database_keeps(store: Store) -> None:
    """Oracle: PostgreSQL takes no NUL in a text, and no name longer than its column."""
    run = store.submit(wanted(), label="n" * 500)
    assert store.run(run.id).label == "n" * 120
    store.annotate(run.id, label="x" * 500, note="a\0b " + "long " * 5000)
    assert store.run(run.id).label == "x" * 120
    assert store.run(run.id).note.startswith("ab long")
