"""`cnnviz train` and `cnnviz runs`, as a person types them, on runs of a second."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from cnnviz.errors import ExportError
from cnnviz.training import imports
from cnnviz.training.loop import train
from cnnviz.training.records import Epoch, Norms
from cnnviz.training.session import train_here
from cnnviz.training.settings import settings
from cnnviz.training.store import URL, Store
from tests.terminal import interruptible, run
from tests.training.waiting import until

SMALL = ("--set", "depth=2", "--set", "width=4", "--set", "images=100")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv(URL, f"sqlite:///{tmp_path / 'runs.sqlite'}")
    return Store()


def trained(*words: str) -> tuple[str, str]:
    done = run("train", "plain_convolutions", *SMALL, *words)
    assert done.status == 0, done.stderr
    return done.stdout, done.stderr


def test_it_prints_mean_and_deviation_over_the_seeds(store: Store) -> None:
    """Oracle: the loop, run here for the same settings, and Python's statistics."""
    out, progress = trained("--set", "epochs=2", "--seeds", "3")
    wanted = settings("plain_convolutions", network_options={"depth": 2, "width": 4}, images=100, epochs=2)
    last = [[r for r in train(wanted.seeded(s)) if isinstance(r, Epoch)][-1] for s in range(3)]
    for error in ("train_error", "test_error"):
        values = [getattr(epoch, error) for epoch in last]
        assert f"{statistics.mean(values):.1f} ± {statistics.stdev(values):.1f}" in out
    assert progress.count("epoch 2/2") == 3  # plain lines where there is no terminal
    assert "\r" not in progress


def test_what_has_been_trained_is_not_trained_again(store: Store) -> None:
    """Oracle: the store has one run until --again asks for another."""
    first, _ = trained("--set", "epochs=1")
    second, _ = trained("--set", "epochs=1")
    assert first == second
    assert len(store.runs()) == 1
    trained("--set", "epochs=1", "--again")
    assert len(store.runs()) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lenet6",), "or lenet5"),
        (("plain_convolutions", "--set", "epochs=0"), "from 1 to 200"),
        (("plain_convolutions", "--set", "depht=3"), "did you mean depth"),
        (("plain_convolutions", "--data", "digit"), "did you mean digits"),
        (("plain_convolutions", "--device", "gpu"), "cpu, cuda"),
        (("plain_convolutions", "--seeds", "0"), "from 1 to 20"),
        (("lenet5",), "image_size scales them"),
        ((), "needs PRESET|NETWORK"),
    ],
)
def test_mistakes_are_told_in_a_sentence(store: Store, words: tuple[str, ...], said: str) -> None:
    done = run("train", *words)
    assert done.status == 2
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "7"), "there is no run 7"),
        (("show", "x"), "takes the numbers of runs, got 'x'"),
        (("show",), "needs the number of a run"),
        (("list", "7"), "takes no run"),
        (("lits",), "must be list, show"),
        (("show", "9" * 30), "takes the numbers of runs, got '999"),
        (("note", "7"), "needs the number of a run and a text"),
        (("name", "seven", "plain 8"), "takes the numbers of runs, got 'seven'"),
        (("note", "7", "for Tuesday"), "there is no run 7"),
        (("import", "/nowhere.json"), "cannot read /nowhere.json: No such file"),
        (("import", __file__), "this is not JSON"),
        (("import", sys.executable), "it is no text"),
        (("export", "--format", "tensorboard"), "name it with -o"),
        (("export", "-o", "/nowhere/at/all.json"), "cannot write"),
    ],
)
def test_mistakes_with_runs_are_told_in_a_sentence(store: Store, words: tuple[str, ...], said: str) -> None:
    done = run("runs", *words)
    assert (done.status, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_runs_are_listed_shown_and_deleted(store: Store) -> None:
    """Oracle: the store, read beside the commands."""
    assert "no runs yet" in run("runs").stdout
    trained("--set", "epochs=1", "--seeds", "2")
    assert [line.split()[:2] for line in run("runs").stdout.splitlines()[1:]] == [
        ["2", "done"],
        ["1", "done"],
    ]
    shown = run("runs", "show", "1").stdout
    last = [r for r in store.records(1) if isinstance(r, Epoch)][-1]
    assert f"{last.test_loss:.4f}" in shown
    assert "torch" in shown
    assert run("runs", "delete", "1").status == 0
    assert [found.id for found in store.runs()] == [2]


def test_runs_get_names_and_notes(store: Store) -> None:
    """Oracle: the store, read beside the commands; a long note is one short line of the list."""
    first, second = (store.submit(settings("plain_convolutions", seed=seed)) for seed in (0, 1))
    assert run("runs", "name", str(first.id), str(second.id), "plain 8").status == 0
    assert run("runs", "note", str(first.id), "for Tuesday\n" + "long " * 100).status == 0
    assert [store.run(found.id).label for found in (first, second)] == ["plain 8"] * 2
    assert store.run(first.id).note.startswith("for Tuesday")
    listed = run("runs").stdout.splitlines()
    assert len(listed) == 3
    assert "for Tuesday long" in listed[-1]
    assert len(listed[-1]) < 140
    assert "note: for Tuesday" in run("runs", "show", str(first.id)).stdout
    assert run("runs", "note", str(first.id), "").status == 0
    assert store.run(first.id).note == ""


def test_curves_that_have_become_the_same_are_trained_once(store: Store) -> None:
    """Oracle: the store: one run for each of two seeds, where the preset has five curves."""
    words = ("--set", "learning_rate=0.02", "--set", "epochs=1", "--set", "images=50", "--seeds", "2")
    done = run("train", "learning-rate", *words)
    assert done.status == 0
    assert "5 curves are the same, and are trained once: rate 0.0005, " in done.stderr
    assert [found.settings.seed for found in store.runs()] == [1, 0]


def test_a_run_that_is_deleted_on_the_way_does_not_stop_the_others(store: Store) -> None:
    """Oracle: the first is deleted as soon as anything is told of it, as from the page; the second ends."""
    made = [
        store.submit(
            settings("plain_convolutions", network_options={"depth": 2}, seed=s, epochs=3, images=50)
        )
        for s in (0, 1)
    ]

    class Deleting(io.StringIO):
        def write(self, text: str) -> int:
            store.delete(made[0].id)
            return super().write(text)

    told = Deleting()
    assert [found.id for found in train_here(store, made, told)] == [made[1].id]
    assert store.run(made[1].id).status == "done"
    assert "seed 0  deleted" in told.getvalue()


def test_an_export_comes_back_as_it_was(store: Store, tmp_path: Path) -> None:
    """Oracle: another, empty store that imports the file has equal records; a second import adds nothing."""
    trained("--set", "epochs=1", "--set", "norms=on")
    store.annotate(1, note="for Tuesday")
    file = tmp_path / "runs.json"
    assert run("runs", "export", "1", "-o", str(file)).status == 0
    other = Store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    (found,) = imports.from_json(other, file.read_text())
    assert other.records(found.id) == store.records(1)
    assert (found.settings, found.note, found.status) == (store.run(1).settings, "for Tuesday", "done")
    imports.from_json(other, file.read_text())
    assert len(other.runs()) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "else"}, "not a file of runs"),
        ({"version": 9}, "version 9"),
        ({"runs": [{}]}, "run 1 of the file is not whole"),
        ({"runs": [{"status": "done", "settings": {"network": "x", "options": {"epochs": -1}}}]}, "epochs"),
    ],
)
def test_a_file_that_is_not_whole_is_told_and_changes_nothing(
    store: Store, change: dict[str, object], said: str
) -> None:
    text = json.dumps({"format": "cnnviz runs", "version": 1, "runs": [], **change})
    with pytest.raises(ExportError, match=said):
        imports.from_json(store, text)
    assert store.runs() == []


def test_csv_has_a_line_for_each_record(store: Store) -> None:
    """Oracle: Python's csv reader against the store; the size of gradients has a line for each layer."""
    trained("--set", "epochs=1", "--set", "norms=on")
    records = store.records(1)
    rows = list(csv.DictReader(io.StringIO(run("runs", "export", "--format", "csv").stdout)))
    assert len(rows) == sum(len(r.layers) if isinstance(r, Norms) else 1 for r in records)
    (last,) = [r for r in records if isinstance(r, Epoch) and r.epoch == 1]
    assert [float(row["test_loss"]) for row in rows if row["kind"] == "epoch"][-1] == last.test_loss


def test_tensorboard_reads_its_event_files(store: Store, tmp_path: Path) -> None:
    """Oracle: TensorBoard's own reader, where it is installed."""
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    trained("--set", "epochs=2")
    assert run("runs", "export", "--format", "tensorboard", "-o", str(tmp_path / "events")).status == 0
    (folder,) = (tmp_path / "events").iterdir()
    reader = EventAccumulator(str(folder))
    reader.Reload()
    file = tmp_path / "file"
    file.write_text("")
    refused = run("runs", "export", "--format", "tensorboard", "-o", str(file))
    assert refused.status == 2
    assert "cannot write" in refused.stderr
    expected = [r.test_error for r in store.records(1) if isinstance(r, Epoch)]
    assert [event.value for event in reader.Scalars("error/test")] == pytest.approx(expected)


def test_ctrl_c_keeps_what_is_there_and_resume_goes_on(store: Store) -> None:
    """Oracle: SIGINT in mid-run; the resumed curve is that of the loop, undisturbed."""
    words = [sys.executable, "-m", "cnnviz", "train", "plain_convolutions", *SMALL]
    process = subprocess.Popen(
        [*words, "--set", "epochs=60", "--seeds", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=interruptible,
    )
    until(lambda: bool(store.runs()) and len(store.records(1)) > 20)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "`cnnviz runs resume N` goes on" in said
    assert "Traceback" not in said
    assert [store.run(n).status for n in (1, 2)] == ["cancelled", "cancelled"]
    assert store.run(1).message == "cancelled with Ctrl-C"
    assert run("runs", "resume", "1").status == 0
    here = [r.test_loss for r in train(store.run(1).settings) if isinstance(r, Epoch)]
    losses = [r.test_loss for r in store.records(1) if isinstance(r, Epoch)]
    assert losses == pytest.approx(here, rel=1e-4)


def test_a_terminal_has_a_bar(store: Store) -> None:
    """Oracle: a pseudo-terminal of the system, as a person's."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "cnnviz", "train", "plain_convolutions", *SMALL, "--set", "epochs=3"]
    with subprocess.Popen(words, stderr=theirs, stdout=subprocess.PIPE) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            seen += part
    text = seen.decode()
    assert process.returncode == 0
    assert "█" in text
    assert "\r" in text
    assert "done: trained for 3 epochs" in text
