"""Measurements that visitors ask the server for."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cnnviz import processes
from cnnviz.errors import CnnvizError
from cnnviz.ui import measuring, own_models
from cnnviz.ui.measuring import MOST_WAITING, Asked
from tests.pages import page as opened


class Slow(Asked):
    """A measurement that takes as long as its target says, and starts a process of its own beside it."""

    @property
    def command(self) -> list[str]:
        child = f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep({self.target})'])"
        file = Path(self.dtype)  # where the child's number is written
        code = f"import pathlib, subprocess, sys, time; child = {child}; "
        code += f"pathlib.Path({str(file)!r}).write_text(str(child.pid)); time.sleep({self.target})"
        return [sys.executable, "-c", code]


def slow(file: Path | str = "/dev/null", seconds: float = 60, batch: int = 1) -> Slow:
    return Slow(str(seconds), (1, 32, 32), (), "cpu", batch, str(file), 1)


@pytest.fixture(autouse=True)
def nobody_waits() -> Iterator[None]:
    yield
    for job in list(measuring._jobs.values()):
        for visitor in list(job.visitors):
            measuring.cancel(job.number, visitor)


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def number_in(file: Path) -> int:
    until(lambda: file.exists() and file.read_text())
    return int(file.read_text())


def test_a_class_that_asks_for_the_same_waits_for_one_measurement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: two measurements never take the same time to the last bit: again is another report."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked = Asked("lenet5", (1, 32, 32), (), "cpu", 1, "float32", 1)
    jobs = {measuring.ask(asked, f"visitor {n}").number for n in range(3 * MOST_WAITING)}
    assert len(jobs) == 1
    (number,) = jobs
    job = measuring.job(number)
    assert job is not None
    assert job.over.wait(120)
    assert (job.status, job.problem) == ("done", "")
    first = measuring.known(asked)
    assert first is not None
    again = measuring.ask(asked, "visitor 1")
    assert measuring.known(asked) is first  # what was measured stays until the new one is there
    assert again.over.wait(120)
    assert measuring.known(asked) != first


def test_asking_does_not_wait_and_tells_the_place() -> None:
    """Oracle: the order in which they were handed in; the time is that of a click."""
    begun = time.monotonic()
    first, second, third = (measuring.ask(slow(batch=n), f"place {n}") for n in (1, 2, 3))
    assert time.monotonic() - begun < 1
    until(lambda: first.status == "running")
    assert [measuring.told(job.number)["before"] for job in (first, second, third)] == [0, 1, 2]
    assert measuring.told(third.number)["running"] == first.asked.title
    assert measuring.told(third.number)["status"] == "waiting"
    measuring.cancel(second.number, "place 2")
    assert measuring.told(third.number)["before"] == 1
    assert measuring.told(second.number)["status"] == "cancelled"


def test_cancelling_ends_all_that_was_started_and_the_next_begins(tmp_path: Path) -> None:
    """Oracle: the operating system's list of processes."""
    first = measuring.ask(slow(tmp_path / "child"), "one")
    second = measuring.ask(slow(tmp_path / "other", batch=2), "two")
    child = number_in(tmp_path / "child")
    assert alive(child)
    measuring.cancel(first.number, "somebody else")
    assert alive(child)
    measuring.cancel(first.number, "one")
    until(lambda: not alive(child))
    until(lambda: second.status == "running")
    assert number_in(tmp_path / "other")


def test_what_others_wait_for_goes_on() -> None:
    job = measuring.ask(slow(), "one")
    assert measuring.ask(slow(), "two") is job
    measuring.cancel(job.number, "one")
    until(lambda: job.status == "running")
    measuring.cancel(job.number, "two")
    assert job.status == "cancelled"


def test_a_visitor_has_one_measurement_at_a_time_and_the_queue_is_bounded() -> None:
    """Oracle: the bound; one visitor's ninth takes the place of his eighth, nobody else's."""
    mine = [measuring.ask(slow(batch=n), "me") for n in range(1, 20)]
    assert [job.status for job in mine[:-1]] == ["cancelled"] * 18
    for n in range(MOST_WAITING - 1):
        measuring.ask(slow(batch=100 + n), f"other {n}")
    with pytest.raises(CnnvizError, match="8 measurements are waiting already"):
        measuring.ask(slow(batch=200), "one more")
    measuring.ask(slow(batch=19), "one more")  # the same as somebody else's: it is shared


def test_what_nobody_asks_for_any_more_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "FORGOTTEN_S", -1)
    job = measuring.ask(slow(), "gone")
    assert job.over.wait(10)
    assert job.status == "cancelled"


@pytest.mark.parametrize("niceness", [0, 5])
def test_a_time_limit_ends_grandchildren_too(tmp_path: Path, niceness: int) -> None:
    """Oracle: the operating system's list of processes; Python's own time limit leaves them running."""
    begun = time.monotonic()
    with pytest.raises(TimeoutError, match="longer than 2 seconds"):
        processes.ended(slow(tmp_path / "child").command, 2, niceness=niceness)
    assert time.monotonic() - begun < 10
    child = number_in(tmp_path / "child")
    until(lambda: not alive(child))


def test_a_measurement_that_takes_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "MOST_SECONDS", 2)
    job = measuring.ask(slow(tmp_path / "child"), "me")
    child = number_in(tmp_path / "child")
    assert job.over.wait(30)
    assert job.status == "failed"
    assert "choose a smaller batch or input" in job.problem
    until(lambda: not alive(child))


def test_a_measurement_that_fails_gives_the_commands_reason() -> None:
    """Oracle: what the command prints of a size beyond its bound."""
    job = measuring.ask(Asked("lenet5", (1, 10**7, 8), (), "cpu", 1, "float32", 1), "me")
    assert job.over.wait(60)
    assert job.status == "failed"
    assert "at most 1,000,000 in each direction" in job.problem


def test_ended_commands_are_not_held() -> None:
    """Oracle: what was printed, and nothing left in the list of those to end at exit."""
    before = set(processes._running)
    done = processes.ended([sys.executable, "-c", "print('out'); raise SystemExit(3)"], 30)
    assert (done.status, done.out) == (3, "out\n")
    assert processes._running == before


@pytest.mark.parametrize(
    ("page", "says"),
    [("measured", "is read and never run"), ("conventions", "this one is not of it")],
)
def test_a_visitors_file_is_not_sent_to_be_run(page: str, says: str) -> None:
    """Oracle: nothing in a file is run, so the page says so, and not that the catalogue has no such name."""
    pytest.importorskip("onnx")
    from tests.onnx.files import small_network

    uploads = {"net.onnx": own_models._read(small_network(), "net.onnx")}
    app = opened(page, visit={"own_models": uploads}, net="net.onnx")
    assert says in " ".join(element.value for element in (*app.error, *app.info, *app.markdown))
    assert not {"conventions_ask", "measure"} & {found.key for found in app.button}
