"""One engine of a machine works the queue of a store; every process of the machine can ring for it."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress

import platformdirs

try:
    import fcntl
except ImportError:  # Windows: each process of a server works the queue; a run still has one worker
    fcntl = None  # type: ignore[assignment]


class Bell:
    """A file whose lock says who works the queue, and whose time says when somebody last rang.

    The system gives a lock back when its holder dies, however it dies. Where no file can be made, the bell
    is heard in this process alone.
    """

    def __init__(self, url: str) -> None:
        name = hashlib.sha256(url.encode()).hexdigest()[:16]  # the address may hold a password
        folder = platformdirs.user_cache_path("cnnviz") / "queues"
        self.rang = time.time()
        self.file: int | None = None
        self.held = False
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            self.file = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)

    def ring(self) -> None:
        self.rang = time.time()
        if self.file is not None:
            os.utime(self.file, (self.rang, self.rang))

    def last(self) -> float:
        """When somebody last rang, in seconds since 1970."""
        return max(self.rang, os.fstat(self.file).st_mtime) if self.file is not None else self.rang

    def mine(self) -> bool:
        """Whether this process is the one that works the queue."""
        if not self.held:
            self.held = self._locked()
        return self.held

    def close(self) -> None:
        if self.file is not None:
            os.close(self.file)
            self.file, self.held = None, False

    def _locked(self) -> bool:
        if fcntl is None or self.file is None:
            return True
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
