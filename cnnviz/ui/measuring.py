"""Runs measurements for visitors: one at a time, each in processes of its own, shared by all who ask.

Nobody's page waits: `ask` hands a measurement in, a thread of this module works the queue off, and browsers
ask `/api/measurements/NUMBER` how it goes.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cnnviz.errors import CnnvizError
from cnnviz.formulas import size_text
from cnnviz.processes import Command
from cnnviz.roofline import Report

MOST_SECONDS = 120  # for one measurement
MOST_WAITING = 8  # measurements in the queue
MOST_MACS = 200 * 10**9  # of a batch: VGG-19 with 10 images, seconds on two cores
MOST_BYTES = 4 * 10**9  # about, for a step of training and all around it
FORGOTTEN_S = (
    100  # after which a measurement that no browser asks for is not begun; hidden tabs ask once a minute
)
NICENESS = 5  # everybody else's page comes first
_KEPT = 200  # reports
_KEPT_JOBS = 100  # that are over

Status = Literal["waiting", "running", "done", "failed", "cancelled"]


class Asked(NamedTuple):
    """What a visitor wants measured, in the words of the command line."""

    target: str
    input_shape: tuple[int, ...]
    options: tuple[tuple[str, object], ...]
    device: str
    batch_size: int
    dtype: str
    threads: int

    @property
    def command(self) -> list[str]:
        settings = [part for name, value in self.options for part in ("--set", f"{name}={value}")]
        return [
            *(sys.executable, "-m", "cnnviz", "measure", self.target, *settings),
            *("--input", size_text(self.input_shape), "--batch", str(self.batch_size)),
            *("--device", self.device, "--dtype", self.dtype, "--threads", str(self.threads)),
            *("--format", "json"),
        ]

    @property
    def title(self) -> str:
        """`lenet5@course at 1x32x32, batch of 2`."""
        return f"{self.target} at {size_text(self.input_shape)}, batch of {self.batch_size}"


@dataclass(eq=False, kw_only=True)
class Job:
    """A measurement in the queue, or one that is over."""

    number: int
    asked: Asked
    visitors: set[str] = field(default_factory=set)  # who wait for it
    status: Status = "waiting"
    problem: str = ""  # why it failed
    seen: float = field(default_factory=time.monotonic)  # when somebody asked for it last
    began: float = 0.0
    command: Command | None = None
    over: threading.Event = field(default_factory=threading.Event)


_reports: dict[Asked, Report] = {}
_jobs: OrderedDict[int, Job] = OrderedDict()
_numbers = itertools.count(1)
_changing = threading.RLock()
_at_work = False  # whether a thread works the queue off


def known(asked: Asked) -> Report | None:
    """The report, where somebody has asked for it since the server started."""
    return _reports.get(asked)


def job(number: int | None) -> Job | None:
    """The measurement of that number; None where it is forgotten."""
    return _jobs.get(number or 0)


def ask(asked: Asked, visitor: str) -> Job:
    """Hands a measurement in, or joins those who wait for the same; the visitor's earlier one is let go.

    Raises CnnvizError where too many wait.
    """
    global _at_work
    with _changing:
        found = next((job for job in _pending() if job.asked == asked), None)
        others = [job for job in _pending() if job.visitors - {visitor}]
        if found is None and len(others) >= MOST_WAITING:
            raise CnnvizError(f"{len(others)} measurements are waiting already: try again in a minute")
        for job in _pending():
            if visitor in job.visitors and job is not found:
                cancel(job.number, visitor)
        if found is None:
            found = Job(number=next(_numbers), asked=asked)
            _jobs[found.number] = found
            _forget()
        found.visitors.add(visitor)
        found.seen = time.monotonic()
        if not _at_work:
            _at_work = True
            threading.Thread(target=_work, name="measurements", daemon=True).start()
        return found


def cancel(number: int, visitor: str) -> None:
    """The visitor does not wait any more; the measurement ends where nobody else does."""
    with _changing:
        job = _jobs.get(number)
        if job is None or visitor not in job.visitors or job.over.is_set():
            return
        job.visitors.discard(visitor)
        if not job.visitors:
            _ended(job, "cancelled")


def told(number: int) -> dict[str, Any]:
    """How a measurement goes, as browsers are told it."""
    with _changing:
        job = _jobs.get(number)
        if job is None:
            return {"status": "cancelled"}
        job.seen = now = time.monotonic()
        running = next((other for other in _jobs.values() if other.status == "running"), None)
        return {
            "status": job.status,
            "title": job.asked.title,
            "before": _pending().index(job) if job.status == "waiting" else 0,
            "running": running.asked.title if running else "",
            "seconds": round(now - running.began, 1) if running else 0,
            "most": MOST_SECONDS,
        }


async def answer(request: Request) -> Response:
    """`/api/measurements/7`."""
    return JSONResponse(told(int(request.path_params["number"])), headers={"Cache-Control": "no-store"})


def _pending() -> list[Job]:
    """What runs and what waits, in order."""
    return [job for job in _jobs.values() if not job.over.is_set()]


def _forget() -> None:
    over = [job.number for job in _jobs.values() if job.over.is_set()]
    for number in over[: max(0, len(over) - _KEPT_JOBS)]:
        del _jobs[number]


def _ended(job: Job, status: Status, problem: str = "") -> None:
    with _changing:
        if job.over.is_set():
            return
        job.status, job.problem = status, problem
        job.over.set()
        if job.command:
            job.command.end()


def _work() -> None:
    global _at_work
    while True:
        with _changing:
            job = next((job for job in _pending() if job.status == "waiting"), None)
            if job is None:
                _at_work = False
                return
            if time.monotonic() - job.seen > FORGOTTEN_S:
                _ended(job, "cancelled")
                continue
            job.status, job.began = "running", time.monotonic()
        try:
            _measure(job)
        except CnnvizError as error:
            _ended(job, "failed", str(error))
        except Exception as error:  # the thread must go on, and whoever waits be told
            _ended(job, "failed", f"the measurement could not be run: {error}")


def _measure(job: Job) -> None:
    command = Command(job.asked.command, niceness=NICENESS)
    with _changing:
        job.command = command
        if job.over.is_set():  # cancelled in between
            command.end()
    try:
        ended = command.ended(MOST_SECONDS)
    except TimeoutError:
        raise CnnvizError(
            f"{job.asked.target} took longer than {MOST_SECONDS} seconds: choose a smaller batch or input"
        ) from None
    if job.over.is_set():
        return
    if ended.status:
        raise CnnvizError(
            _reason(ended.err.splitlines()) or f"the measurement ended with status {ended.status}"
        )
    report = Report.from_dict(json.loads(ended.out))
    with _changing:
        _reports.pop(job.asked, None)
        _reports[job.asked] = report
        while len(_reports) > _KEPT:
            _reports.pop(next(iter(_reports)))
    _ended(job, "done")


def _reason(lines: Sequence[str]) -> str:
    """What the command said; a process that was killed for its memory says nothing."""
    said = [line.removeprefix("cnnviz: ") for line in lines if line.startswith("cnnviz: ")]
    return said[-1] if said else ""
