"""Files that several processes want and one of them makes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT = 0.1  # seconds between two looks whether another process has made a file


def write(path: Path, contents: bytes) -> None:
    """As a whole or not at all."""
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_bytes(contents)
    beside.replace(path)


@contextmanager
def alone(path: Path, cancelled: Callable[[], bool] = lambda: False) -> Iterator[bool]:
    """While one process makes the file, others wait for it; a process that dies lets go.

    False where the wait was cancelled. Who waits goes on asking, and so is known to be alive.
    """
    try:
        import fcntl
    except ImportError:  # Windows: two may make the same file, and the last one stays
        yield True
        return
    with path.with_suffix(".lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if cancelled():
                    yield False
                    return
                time.sleep(WAIT)
            else:
                yield True
                return
