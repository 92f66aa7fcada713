"""Processes that train: how they are started, given a run, and ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress

from cnnviz.training.store import URL
from cnnviz.training.worker import here


def started(url: str, *more: str) -> subprocess.Popen[bytes]:
    """A worker for this store that waits for the number of a run on its input."""
    # The address may hold a password, so it is not among the arguments, which everybody can see.
    return subprocess.Popen(
        [sys.executable, "-m", "cnnviz.training.worker", *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # a stopped server does not stop them
        env={**os.environ, URL: url, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")},
    )


class Process:
    """A worker of this machine, ready for a run or with one."""

    def __init__(self, url: str) -> None:
        self.inner = started(url)
        self.since = time.monotonic()

    @property
    def name(self) -> str:
        """How its name as a worker begins."""
        return f"{here()}{self.inner.pid}:"

    def status(self) -> int | None:
        """Its exit status; None while it lives."""
        return self.inner.poll()

    def waits_for(self) -> float:
        """Seconds since it was given its run."""
        return time.monotonic() - self.since

    def give(self, run: int) -> None:
        """Lets it train a run, if it lives."""
        self.since = time.monotonic()
        stream = self.inner.stdin
        assert stream is not None
        with suppress(OSError):
            stream.write(f"{run}\n".encode())
            stream.flush()

    def let_go(self) -> None:
        """It ends by itself, after its run."""
        if self.inner.stdin is not None:
            with suppress(OSError):
                self.inner.stdin.close()

    def kill(self) -> None:
        self.inner.kill()
