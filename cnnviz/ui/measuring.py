"""Runs measurements for visitors: one at a time, each in a process of its own, shared by all who ask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import NamedTuple

from cnnviz.errors import CnnvizError
from cnnviz.formulas import size_text
from cnnviz.roofline import Report

MOST_SECONDS = 120  # for one measurement
MOST_WAITING = 8  # measurements in the queue
MOST_MACS = 200 * 10**9  # of a batch: VGG-19 with 10 images, seconds on two cores
MOST_BYTES = 4 * 10**9  # predicted for a step of training
_KEPT = 200  # reports


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


_reports: dict[Asked, Report] = {}
_one_at_a_time = threading.Lock()
_counting = threading.Lock()
_waiting: list[Asked] = []  # as often as visitors wait for it


def known(asked: Asked) -> Report | None:
    """The report, where somebody has asked for it since the server started."""
    return _reports.get(asked)


def measured(asked: Asked) -> Report:
    """The report, measured now if nobody has. Raises CnnvizError, with the reason.

    A class that asks for the same waits for one measurement, whose place in the queue they share.
    """
    with _counting:
        others = set(_waiting) - {asked}
        if len(others) >= MOST_WAITING:
            raise CnnvizError(f"{len(others)} measurements are waiting already: try again in a minute")
        _waiting.append(asked)
    try:
        with _one_at_a_time:
            return _reports.get(asked) or _run(asked)
    finally:
        with _counting:
            _waiting.remove(asked)


def in_front() -> int:
    """How many measurements run or wait."""
    with _counting:
        return len(set(_waiting))


def _run(asked: Asked) -> Report:
    process = subprocess.Popen(asked.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if hasattr(os, "setpriority"):  # everybody else's page comes first
        os.setpriority(os.PRIO_PROCESS, process.pid, 5)
    try:
        out, err = process.communicate(timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise CnnvizError(
            f"{asked.target} took longer than {MOST_SECONDS} seconds: choose a smaller batch or input"
        ) from None
    if process.returncode:
        raise CnnvizError(
            _reason(err.splitlines()) or f"the measurement ended with status {process.returncode}"
        )
    report = Report.from_dict(json.loads(out))
    while len(_reports) >= _KEPT:
        _reports.pop(next(iter(_reports)))
    _reports[asked] = report
    return report


def _reason(lines: Sequence[str]) -> str:
    """What the command said; a process that was killed for its memory says nothing."""
    said = [line.removeprefix("cnnviz: ") for line in lines if line.startswith("cnnviz: ")]
    return said[-1] if said else ""
