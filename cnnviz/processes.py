"""Commands run beside this process, with a time limit; what one of them has started ends with it."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from typing import NamedTuple


class Ended(NamedTuple):
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str


class Command:
    """A command in a process group of its own, and a little behind everybody else if it is to be nice."""

    def __init__(self, command: Sequence[str], *, niceness: int = 0) -> None:
        # A group of its own: whatever the command starts can be ended with it.
        group = {"process_group": 0} if hasattr(os, "killpg") else {}
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **group,  # type: ignore[call-overload]
        )
        with _changing:
            _running.add(self)
        if niceness and hasattr(os, "setpriority"):
            with contextlib.suppress(OSError):  # it may have ended
                os.setpriority(os.PRIO_PROCESS, self._process.pid, niceness)

    def ended(self, seconds: float) -> Ended:
        """Waits for the end. Raises TimeoutError where it takes longer; then all of its group is ended."""
        try:
            out, err = self._process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.end()
            self._process.wait()
            for pipe in (self._process.stdout, self._process.stderr):
                if pipe:
                    pipe.close()
            raise TimeoutError(f"it took longer than {seconds:g} seconds") from None
        finally:
            self.end()
        return Ended(self._process.returncode, out, err)

    def end(self) -> None:
        """Ends the command and all that it has started."""
        with _changing:
            if self not in _running:
                return
            _running.discard(self)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()


def ended(command: Sequence[str], seconds: float, *, niceness: int = 0) -> Ended:
    """Runs a command to its end. Raises TimeoutError where it takes longer."""
    return Command(command, niceness=niceness).ended(seconds)


_running: set[Command] = set()
_changing = threading.Lock()


@atexit.register
def _end_all() -> None:
    for command in list(_running):
        command.end()
