"""Trains runs of the store, one after the other, in a process of its own: `python -m cnnviz.training.worker`.

It gets ready, torch imported, and waits for lines with the numbers of runs, so that a run begins at once.
When its input ends, it ends after the run that it trains; with `--attached` it ends with its parent.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import TypeVar

from cnnviz.errors import CnnvizError, MissingRunError, StoreError
from cnnviz.training.holding import UNREACHABLE
from cnnviz.training.records import End, Epoch, Record
from cnnviz.training.store import Run, Status, Store

NICENESS = 15  # pages come first: 20 visitors beside three trainings wait 0.1 s in the median, not 0.9
BEAT = 0.25  # seconds between two signs of life, looks whether the run is cancelled, and deliveries
GRACE = 0.5  # seconds in which the loop may end a cancelled run itself
PATIENCE = 120.0  # seconds that a worker waits for a database that went away
CHECKPOINT = 1.0  # seconds at least between two checkpoints
LARGEST_CHECKPOINT = 900_000_000  # bytes: SQLite and PostgreSQL take no more than 1 GB in one place

T = TypeVar("T")


class StoppedError(Exception):
    """The system asks the process to end."""


def here() -> str:
    """How the names of this machine's workers begin."""
    return f"{socket.gethostname()}:"


def work(
    store: Store,
    run: int | None = None,
    *,
    worker: str = "",
    own_process: bool = False,
    parent: int = 0,
    seen: Callable[[Record], None] | None = None,
) -> Run | None:
    """Claims a run (whose turn it is, or this one), trains it to its end, and gives it; None without one.

    What goes wrong in training ends in the store, with the reason. KeyboardInterrupt cancels the run and
    StoppedError interrupts it, with what has been recorded; both go on to the caller.

    Args:
        worker: the name to hold the run under.
        own_process: this process may be ended where a cancelled run is in the middle of a long step.
        parent: the process without which this one is not to go on.
        seen: is told every record.

    """
    name = worker or f"{here()}{os.getpid()}:{uuid.uuid4().hex[:6]}"
    claimed = patiently(lambda: store.claim(name, run=run))
    if claimed is None:
        return None
    job = _Job(store, claimed, name, own_process=own_process, parent=parent, seen=seen)
    try:
        job.train()
    except StoppedError:
        job.give_up("its worker was told to stop; it can go on from its last epoch", "interrupted")
        raise
    except KeyboardInterrupt:
        job.cancelled("cancelled with Ctrl-C")
        raise
    except StoreError:
        raise
    except CnnvizError as error:
        job.give_up(str(error))
    except Exception as error:  # whatever a network does, a person is told
        line = (str(error).strip().splitlines() or [""])[0]
        job.give_up(f"training failed: {type(error).__name__}: {line}")
    finally:
        job.over.set()
    try:
        return patiently(lambda: store.run(claimed.id))
    except MissingRunError:  # deleted while it was trained
        return None


class _Job:
    """One run in training. A second thread delivers its records and asks whether it is still wanted."""

    def __init__(
        self,
        store: Store,
        run: Run,
        worker: str,
        *,
        own_process: bool,
        parent: int,
        seen: Callable[[Record], None] | None,
    ) -> None:
        self.store, self.run, self.worker = store, run, worker
        self.own_process, self.parent = own_process, parent
        self.seen = seen or (lambda record: None)
        self.waiting: list[Record] = []
        self.delivered = 0
        self.last: Record | None = None
        self.epoch = 0
        self.kept = time.monotonic()
        self.wanted = True
        self.over = threading.Event()
        self.delivering = threading.Lock()
        self.beats = threading.Thread(target=self._beat, name="sign of life", daemon=True)

    def train(self) -> None:
        from cnnviz.training.loop import train

        self.beats.start()
        saved = patiently(lambda: self.store.checkpoint(self.run.id, self.worker))
        self.delivered = patiently(lambda: self.store.count(self.run.id))
        for record in train(self.run.settings, cancelled=self._unwanted, resume=saved, keep=self._keep):
            with self.delivering:
                self.waiting.append(record)
            self.last = record
            if isinstance(record, Epoch):
                self.epoch = int(record.epoch)
                self.deliver()
            self.seen(record)
        self.deliver()

    def deliver(self) -> None:
        """Hands over what waits; what the store has already is not handed over twice."""
        with self.delivering:
            if self.waiting:
                records = tuple(self.waiting)
                patiently(lambda: self.store.append(self.run.id, self.worker, records, after=self.delivered))
                self.delivered += len(records)
                self.waiting.clear()

    def give_up(self, why: str, status: Status = "failed") -> None:
        """Ends the run without an End."""
        self.deliver()
        patiently(lambda: self.store.fail(self.run.id, self.worker, why, status=status))

    def cancelled(self, why: str) -> None:
        """Ends the run where it is."""
        if not isinstance(self.last, End):
            at = self.last
            step, epoch, seconds = (at.step, at.epoch, at.seconds) if at else (0, 0.0, 0.0)
            end = End(step=step, epoch=epoch, seconds=seconds, reason="cancelled", message=why)
            with self.delivering:
                self.waiting.append(end)
        self.deliver()

    def _unwanted(self) -> bool:
        return not self.wanted

    def _keep(self, content: bytes) -> None:
        self.deliver()
        if len(content) > LARGEST_CHECKPOINT:  # the run ends well; gone on with, it begins anew
            return
        if time.monotonic() - self.kept > CHECKPOINT or self.epoch == 1:
            patiently(lambda: self.store.keep(self.run.id, self.worker, self.epoch, content))
            self.kept = time.monotonic()

    def _beat(self) -> None:
        while not self.over.wait(BEAT):
            if self.parent and os.getppid() != self.parent:
                self.give_up(
                    "the machine that trained it was taken away; it can go on from its last epoch",
                    "interrupted",
                )
                os._exit(0)
            self.deliver()
            self.wanted = patiently(lambda: self.store.beat(self.run.id, self.worker))
            if not self.wanted:
                break
        if self.own_process and not self.over.wait(GRACE):
            self.cancelled(f"cancelled in epoch {self.epoch + 1}")
            os._exit(0)


def patiently(ask: Callable[[], T]) -> T:
    """The answer; a database that went away is waited for, so that nothing recorded is lost."""
    until, pause = time.monotonic() + PATIENCE, 0.1
    while True:
        try:
            return ask()
        except MissingRunError:
            raise
        except StoreError:
            if time.monotonic() > until:
                raise
            time.sleep(pause)
            pause = min(2 * pause, 2.0)


def main() -> None:
    os.nice(NICENESS)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server
    parent = os.getppid() if "--attached" in sys.argv[1:] else 0
    try:
        _serve(parent)
    except StoppedError:
        pass  # it trained nothing
    except StoreError as error:
        print(f"cnnviz: {error}", file=sys.stderr, flush=True)
        sys.exit(UNREACHABLE)


def _serve(parent: int) -> None:
    import torch

    torch.set_num_threads(1)
    store = patiently(Store)
    _warm_up()
    while line := sys.stdin.readline():  # without an end, whoever made this process is gone
        with suppress(MissingRunError):  # deleted before it began
            run = int(line)
            threads = patiently(lambda run=run: store.run(run)).settings["threads"]  # type: ignore[misc]
            torch.set_num_threads(threads)
            work(store, run, own_process=True, parent=parent)


def _warm_up() -> None:
    """The first step of a process takes a second, for what torch and scikit-learn load late: here it is."""
    from cnnviz.training.loop import train
    from cnnviz.training.settings import settings

    small = {"depth": 1, "width": 1}
    for _ in train(settings("plain_convolutions", network_options=small, images=2, epochs=1)):
        pass


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: what follows is not to be disturbed
    raise StoppedError


if __name__ == "__main__":
    main()
