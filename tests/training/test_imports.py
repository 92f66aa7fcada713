"""Runs that come from a file: as they were, or not at all."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest

from cnnviz.errors import ExportError
from cnnviz.training.exports import to_csv, to_json
from cnnviz.training.imports import from_json
from cnnviz.training.loop import train
from cnnviz.training.records import End, Epoch, Norms, Record
from cnnviz.training.settings import settings
from cnnviz.training.store import Store
from cnnviz.ui.training.board import Board
from tests.training.waiting import small

BOUNDLESS: tuple[Record, ...] = (
    Epoch(
        step=3,
        epoch=1.0,
        seconds=1.0,
        train_loss=math.inf,
        train_error=90.0,
        test_loss=math.inf,
        test_error=9,
    ),
    Norms(
        step=3, epoch=1.0, seconds=1.0, layers=("a", "b"), gradients=(math.inf, 0.5), activations=(1.0, 2.0)
    ),
    End(step=4, epoch=1.0, seconds=1.0, reason="diverged", message="the loss is infinite at step 4"),
)


@pytest.fixture
def other(tmp_path: Path) -> Store:
    """An empty store, for what is taken in."""
    return Store(f"sqlite:///{tmp_path / 'other.sqlite'}")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A file of one run, as `to_json` writes it."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('whole') / 'runs.sqlite'}")
    run = store.submit(small(epochs=1, norms=True), label="mine")
    store.claim("w")
    store.append(run.id, "w", list(train(run.settings)))
    found: dict[str, Any] = json.loads(to_json(store, store.runs()))
    return found


def test_a_loss_without_bounds_comes_back_through_a_file_that_any_reader_takes(
    tmp_path: Path, other: Store
) -> None:
    """Oracle: RFC 8259 knows neither NaN nor Infinity: a reader that refuses both takes the file."""
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    run = store.submit(settings("plain_convolutions"))
    store.claim("w")
    store.append(run.id, "w", BOUNDLESS)
    text = to_json(store, store.runs())

    def refused(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    json.loads(text, parse_constant=refused)
    (found,) = from_json(other, text)
    assert other.records(found.id) == list(BOUNDLESS)
    loose = text.replace('"Infinity"', "Infinity")  # as earlier versions wrote it
    assert loose != text
    (again,) = from_json(Store(f"sqlite:///{tmp_path / 'third.sqlite'}"), loose)
    assert again.settings == found.settings


def place(found: Any, path: str) -> tuple[Any, Any]:
    """What holds the last part of `runs.0.records.1.step`, and that part."""
    *before, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in before:
        found = found[part]
    return found, last


KINDS = {"epoch": 0, "norms": 1, "step": 2, "end": -1}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("runs", 5),
        ("runs", {"0": {}}),
        ("runs.0", "a run"),
        ("runs.0", None),
        ("runs.0.created", "yesterday"),
        ("runs.0.created", "NaN"),
        ("runs.0.created", 10**400),
        ("runs.0.note", ["x"]),
        ("runs.0.label", "half \ud800 a letter"),
        ("runs.0.versions", ["torch"]),
        ("runs.0.settings", {}),
        ("runs.0.settings.seed", 10**30),
        ("runs.0.settings.network", "\ud800"),
        ("runs.0.settings.network_options", {"depth": [1]}),
        ("runs.0.settings.network_options", {"depth": None}),
        ("runs.0.settings.options", {"epochs": 10**9}),
        ("runs.0.settings.options", [1]),
        ("runs.0.records", 7),
        ("runs.0.records.epoch", {"kind": "epoch"}),
        ("runs.0.records.epoch.kind", "system"),
        ("runs.0.records.epoch.kind", ["epoch"]),
        ("runs.0.records.epoch.step", "3"),
        ("runs.0.records.epoch.step", -1),
        ("runs.0.records.epoch.step", 10**30),
        ("runs.0.records.epoch.step", True),
        ("runs.0.records.epoch.epoch", "NaN"),
        ("runs.0.records.epoch.test_error", "low"),
        ("runs.0.records.epoch.test_error", None),
        ("runs.0.records.norms.gradients", [1.0]),
        ("runs.0.records.norms.layers", [1, 2, 3, 4]),
        ("runs.0.records.step.loss", [1.0]),
        ("runs.0.records.end.reason", "tired"),
        ("runs.0.records.end.message", None),
    ],
)
def test_a_damaged_file_is_told_and_nothing_is_kept(
    whole: dict[str, Any], other: Store, path: str, value: object
) -> None:
    """Oracle: one place of a whole file is changed to what cannot be there."""
    for kind, number in KINDS.items():
        path = path.replace(f"records.{kind}", f"records.{number % len(whole['runs'][0]['records'])}")
    damaged = copy.deepcopy(whole)
    inside, name = place(damaged, path)
    inside[name] = value
    with pytest.raises(ExportError, match=r"not whole|run 1 of the file"):
        from_json(other, json.dumps(damaged))
    assert other.runs() == []


@pytest.mark.parametrize("text", ["", "[" * 100_000, "null", "[]", '{"format": "cnnviz runs"'])
def test_what_is_no_file_of_runs_is_told(other: Store, text: str) -> None:
    with pytest.raises(ExportError, match=r"not JSON|not a file of runs"):
        from_json(other, text)


def test_what_is_taken_in_can_be_drawn_and_saved(whole: dict[str, Any], other: Store) -> None:
    """Oracle: names with HTML and huge notes stay as they are; the page's answer and every file are made."""
    named = copy.deepcopy(whole)
    named["runs"][0] |= {"label": "<img src=x onerror=alert(1)>", "note": "n" * 100_000, "extra": 1}
    (run,) = from_json(other, json.dumps(named))
    assert run.label == "<img src=x onerror=alert(1)>"
    assert len(run.note) == 100_000
    told = json.loads(Board(other).answer((run.id,), "train_error,loss,gradients"))
    assert told["curves"][0]["label"] == run.label
    assert json.loads(to_json(other, [run]))["runs"][0]["note"] == run.note
    assert "onerror" in to_csv(other, [run])
