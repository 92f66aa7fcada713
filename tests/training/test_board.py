"""What watchers are told, and how seldom the store is asked for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cnnviz.errors import CnnvizError
from cnnviz.training.records import End, Epoch, Record
from cnnviz.training.settings import settings
from cnnviz.training.store import Run, Store, Wanted
from cnnviz.ui.training import board as module
from cnnviz.ui.training.board import Board
from cnnviz.ui.training.plan import plan
from cnnviz.ui.training.routes import numbers


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


@pytest.fixture
def board(store: Store, monkeypatch: pytest.MonkeyPatch) -> Board:
    monkeypatch.setattr(module, "FRESH", 0.0)
    monkeypatch.setattr(module, "FRESH_ENDED", 0.0)
    return Board(store)


def epoch(number: int, error: float) -> Epoch:
    return Epoch(
        step=20 * number,
        epoch=float(number),
        seconds=float(number),
        train_loss=1.0,
        train_error=error,
        test_loss=1.0,
        test_error=error,
    )


def begun(store: Store, *records: Record, seed: int = 0) -> Run:
    run = store.submit(settings("plain_convolutions", seed=seed, epochs=4))
    store.claim("worker", run=run.id)
    store.append(run.id, "worker", records)
    return run


def told(board: Board, *runs: int, had: tuple[int, ...] = (), show: str = "train_error") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(board.answer(runs, show, had))
    return found


def test_a_watcher_gets_what_is_new_and_no_more(store: Store, board: Board) -> None:
    run = begun(store, epoch(0, 90), epoch(1, 50))
    first = told(board, run.id)
    rows = first["curves"][0]["measures"]["train_error"]
    assert [(row[0], row[3]) for row in rows] == [(0, 90), (20, 50)]
    assert first["runs"][0]["records"] == 2
    store.append(run.id, "worker", [epoch(2, 20)])
    then = told(board, run.id, had=(2,))["curves"][0]
    assert [(row[0], row[3]) for row in then["measures"]["train_error"]] == [(40, 20)]
    assert then["since"] == 40


def test_a_seed_that_catches_up_changes_the_mean(store: Store, board: Board) -> None:
    """Oracle: (90 + 80) / 2, and the row after it stays the first seed's."""
    one = begun(store, epoch(0, 90), epoch(1, 50))
    two = begun(store, seed=1)
    told(board, one.id, two.id)
    store.append(two.id, "worker", [epoch(0, 80)])
    curve = told(board, one.id, two.id, had=(2, 0))["curves"][0]
    assert [(row[3], row[5]) for row in curve["measures"]["train_error"]] == [(85, 2), (50, 1)]


def test_an_ended_run_keeps_its_curve_and_tells_why(store: Store, board: Board) -> None:
    end = End(step=21, epoch=1.1, seconds=1.0, reason="diverged", message="the loss is infinite at step 21")
    run = begun(store, epoch(0, 90), epoch(1, 95), end)
    found = told(board, run.id)
    assert found["runs"][0]["status"] == "diverged"
    assert found["curves"][0]["diverged"][0]["message"] == end.message
    assert len(found["curves"][0]["measures"]["train_error"]) == 2


def test_a_run_that_goes_on_from_its_checkpoint_is_read_again(store: Store, board: Board) -> None:
    """What came after the checkpoint is dropped by the store, and is not shown twice."""
    run = begun(store, epoch(0, 90))
    store.keep(run.id, "worker", 0, b"weights")
    store.append(run.id, "worker", [epoch(1, 50)])
    assert len(told(board, run.id)["curves"][0]["measures"]["train_error"]) == 2
    store.fail(run.id, "worker", "its machine went away", status="interrupted")
    store.resume(run.id)
    told(board, run.id)
    store.claim("another", run=run.id)
    store.checkpoint(run.id, "another")
    store.append(run.id, "another", [epoch(1, 40)])
    rows = told(board, run.id, had=(9,))["curves"][0]["measures"]["train_error"]
    assert [row[3] for row in rows] == [90, 40]


def test_what_is_deleted_is_gone(store: Store, board: Board) -> None:
    run = begun(store, epoch(0, 90))
    assert told(board, run.id)["runs"]
    store.delete(run.id)
    assert told(board, run.id) == {"runs": [], "curves": []}


def test_who_waits_is_told_how_long(store: Store, board: Board) -> None:
    """Oracle: by hand: one run at a time; the other two before the third are expected to take 30 seconds."""
    seeds = [
        Wanted(settings=settings("plain_convolutions", seed=seed), estimate=10.0 * seed) for seed in (1, 2, 3)
    ]
    *_, third = store.submit_all(seeds)
    (run,) = told(board, third.id)["runs"]
    assert (run["place"], run["wait"], run["estimate"]) == (2, 30, 30)
    (first,) = told(board, third.id - 2)["runs"]
    assert (first["place"], first["wait"]) == (0, 0)


def test_two_hundred_watchers_read_the_store_as_often_as_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: a count of the readings within one freshness, of a store that counts them."""
    monkeypatch.setattr(module, "FRESH", 60.0)
    run = begun(store, epoch(0, 90))
    readings = []
    some = store.some
    monkeypatch.setattr(store, "some", lambda runs: readings.append(1) or some(runs))
    shared = Board(store)
    answers = {shared.answer((run.id,), "train_error", (1,)) for _ in range(200)}
    assert len(readings) == 1
    assert len(answers) == 1


def test_a_link_names_runs_by_number() -> None:
    assert numbers("3, 1,3") == (3, 1)
    assert numbers("") == ()
    with pytest.raises(CnnvizError, match="such as 1,2,3"):
        numbers("1;2")


def test_a_free_run_takes_the_network_above_and_enlarges_images_for_it() -> None:
    """Oracle: the digits are 8x8, and the book's LeNet-5 takes 28x28 and no less than 12x12."""
    found = plan("free", "network=above,epochs=2", 2, "lenet5@d2l", ())
    assert [wanted.seed for _, wanted in found.runs] == [0, 1]
    (_, wanted), _ = found.runs
    assert wanted.network == "lenet5@d2l"
    assert wanted["epochs"] == 2
    assert 8 < wanted["image_size"] <= 28


def test_what_a_link_cannot_say_is_left_out_and_told() -> None:
    found = plan("degradation-quick", "epochs=3,colour=red,batch_size=many", None, "alexnet@course", ())
    assert len(found.problems) == 2
    assert {wanted["epochs"] for _, wanted in found.runs} == {3}
    assert len(found.runs) == 4
