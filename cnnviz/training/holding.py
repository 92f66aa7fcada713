"""The store's side for whoever trains runs: to hold one, to say what came of it, to give it back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cnnviz.errors import MissingRunError
from cnnviz.training.database import Database
from cnnviz.training.records import End, Record, as_dict
from cnnviz.training.run import Run, Status, run_of
from cnnviz.training.tables import CHECKPOINTS, RECORDS, RUNS
from cnnviz.training.turns import in_turn

SILENT_AFTER = 20.0  # seconds without a sign of its worker, and a run counts as interrupted
LARGEST_ID = 2**31 - 1
UNREACHABLE = 75  # exit status of a worker whose store did not answer: EX_TEMPFAIL of sysexits.h


class Holding:
    """What a worker asks of the store. Each answer may be asked for again where it got lost on its way."""

    database: Database

    def claim(self, worker: str, *, run: int | None = None) -> Run | None:
        """The queued run whose turn it is, or this one, now held by the worker; None where there is none."""
        with self.database.writing() as connection:
            mine = connection.execute(
                sa.select(RUNS.c.id).where(RUNS.c.worker == worker, RUNS.c.status == "running")
            ).scalar()
            if mine is not None and run in (None, mine):
                return found(connection, mine)
            for queued in in_order(connection):
                if run not in (None, queued):
                    continue
                now = self.database.now
                values = {
                    "status": "running",
                    "worker": worker,
                    "heartbeat": now,
                    # as if it had gone on without a pause: what it took and what is left go by this
                    "started": sa.func.coalesce(RUNS.c.started + now - RUNS.c.ended, RUNS.c.started, now),
                    "ended": None,
                    "versions": json.dumps(_versions()),
                }
                chosen = RUNS.update().where(RUNS.c.id == queued, RUNS.c.status == "queued")
                if connection.execute(chosen.values(**values)).rowcount:
                    self._drop_after_checkpoint(connection, queued)
                    return found(connection, queued)
        return None

    def beat(self, run: int, worker: str) -> bool:
        """A sign of life; False where the run is to stop: cancelled, deleted, or held by somebody else."""
        with self.database.writing() as connection:
            held = _held(run, worker)
            done = connection.execute(RUNS.update().where(*held).values(heartbeat=self.database.now))
            if not done.rowcount:
                return False
            wish = connection.execute(sa.select(RUNS.c.wish).where(*held)).scalar_one_or_none()
            return wish == ""

    def append(self, run: int, worker: str, records: Sequence[Record], *, after: int | None = None) -> bool:
        """Keeps records; an `End` ends the run. False where the worker does not hold it any more.

        Args:
            after: how many records come before these. Those that are there already are not kept twice.

        """
        with self.database.writing() as connection:
            if not self._holds(connection, run, worker):
                return False
            number = self._count(connection, run)
            new = records if after is None else records[max(0, number - after) :]
            self._insert(connection, run, number, new)
            last = records[-1] if records else None
            now = self.database.now
            values: dict[str, Any] = {"heartbeat": now}
            if isinstance(last, End):
                values |= {"status": last.reason, "message": last.message, "ended": now, "wish": ""}
            connection.execute(RUNS.update().where(RUNS.c.id == run).values(**values))
            return True

    def keep(self, run: int, worker: str, epoch: int, content: bytes) -> bool:
        """Keeps a checkpoint in place of the last one."""
        with self.database.writing() as connection:
            if not self._holds(connection, run, worker):
                return False
            connection.execute(CHECKPOINTS.delete().where(CHECKPOINTS.c.run == run))
            connection.execute(
                CHECKPOINTS.insert().values(
                    run=run, epoch=epoch, records=self._count(connection, run), content=content
                )
            )
            return True

    def checkpoint(self, run: int, worker: str) -> bytes | None:
        """The last checkpoint, from which the worker that holds the run goes on."""
        query = sa.select(CHECKPOINTS.c.content).join(RUNS, RUNS.c.id == CHECKPOINTS.c.run)
        with self.database.reading() as connection:
            content = connection.execute(query.where(*_held(run, worker))).scalar()
            return bytes(content) if content is not None else None

    def count(self, run: int) -> int:
        """How many records a run has."""
        with self.database.reading() as connection:
            return self._count(connection, run)

    def fail(self, run: int, worker: str, message: str, *, status: Status = "failed") -> None:
        """Ends a run that could not be trained, with the reason for a person."""
        self._end(_held(run, worker), status, message)

    def refuse(self, run: int, message: str) -> None:
        """Ends a queued run for which no worker could be had."""
        self._end((RUNS.c.id == run, RUNS.c.status == "queued"), "failed", message)

    def abandon(self, run: int, status: int, *, worker: str = "") -> None:
        """Notes that the process which trained a run has ended; nothing where the run has ended, too.

        Args:
            status: its exit status; negative for a signal, as `subprocess` has it.
            worker: how that process's name as a worker begins; another one may hold the run by now.

        """
        held = (
            RUNS.c.id == run,
            RUNS.c.status == "running",
            RUNS.c.worker.startswith(worker, autoescape=True),
        )
        if status == UNREACHABLE:
            why = "the run store did not answer it for too long"
        elif status < 0:
            why = f"its process was killed (signal {-status})"
        else:
            why = f"its process ended with status {status}"
        self._end(held, "interrupted", f"{why}; it can go on from its last epoch")

    def mark_silent(self, *, after: float = SILENT_AFTER) -> list[int]:
        """Marks running runs whose worker gives no sign as interrupted; tells which."""
        silent = (RUNS.c.status == "running", RUNS.c.heartbeat < self.database.now - after)
        query = sa.select(RUNS.c.id).where(*silent)
        with self.database.reading() as connection:
            runs = list(connection.execute(query).scalars())
        message = "its worker stopped without a word; it can go on from its last epoch"
        return [run for run in runs if self._end((*silent, RUNS.c.id == run), "interrupted", message)]

    def _end(self, chosen: tuple[Any, ...], status: Status, message: str) -> bool:
        ended = sa.func.coalesce(RUNS.c.ended, self.database.now)  # of one that waited to go on: as it was
        values = {"status": status, "message": message, "ended": ended, "wish": ""}
        with self.database.writing() as connection:
            return bool(connection.execute(RUNS.update().where(*chosen).values(**values)).rowcount)

    def _holds(self, connection: Connection, run: int, worker: str) -> bool:
        query = sa.select(RUNS.c.id).where(*_held(run, worker))
        return connection.execute(query.with_for_update()).first() is not None

    def _drop_after_checkpoint(self, connection: Connection, run: int) -> None:
        """They come again. Whoever watches sees the new worker with what it begins with, and nothing else."""
        kept = sa.select(CHECKPOINTS.c.records).where(CHECKPOINTS.c.run == run)
        number = connection.execute(kept).scalar() or 0
        connection.execute(RECORDS.delete().where(RECORDS.c.run == run, RECORDS.c.number >= number))

    def _insert(self, connection: Connection, run: int, number: int, records: Sequence[Record]) -> None:
        rows = [
            {
                "run": run,
                "number": number + i,
                "kind": record.KIND,
                "step": record.step,
                "content": json.dumps(as_dict(record)),
            }
            for i, record in enumerate(records)
        ]
        if rows:
            connection.execute(RECORDS.insert(), rows)

    def _count(self, connection: Connection, run: int) -> int:
        query = sa.select(sa.func.coalesce(sa.func.max(RECORDS.c.number) + 1, 0)).where(RECORDS.c.run == run)
        return int(connection.execute(query).scalar_one())


def found(connection: Connection, run: int) -> Run:
    """Raises MissingRunError where there is none."""
    known = 0 < run <= LARGEST_ID  # no database can even be asked for a larger one
    row = connection.execute(sa.select(RUNS).where(RUNS.c.id == run)).first() if known else None
    if row is None:
        raise MissingRunError(f"there is no run {run}: `cnnviz runs` lists those there are")
    return run_of(row)


def in_order(connection: Connection) -> list[int]:
    """Queued runs in the order of their turns."""
    waiting = sa.select(RUNS.c.id, RUNS.c.owner).where(RUNS.c.status == "queued").order_by(RUNS.c.id)
    queued = [(row.id, row.owner) for row in connection.execute(waiting)]
    if len(queued) < 2:
        return [run for run, _ in queued]
    running = sa.select(RUNS.c.owner, sa.func.count()).where(RUNS.c.status == "running")
    served = sa.select(RUNS.c.owner, sa.func.max(RUNS.c.started)).where(RUNS.c.started.is_not(None))
    return in_turn(
        queued,
        _by_owner(connection, running),
        _by_owner(connection, served),
    )


def _by_owner(connection: Connection, query: sa.Select[tuple[str, Any]]) -> dict[str, Any]:
    return {row[0]: row[1] for row in connection.execute(query.group_by(RUNS.c.owner))}


def _held(run: int, worker: str) -> tuple[Any, ...]:
    return (RUNS.c.id == run, RUNS.c.worker == worker, RUNS.c.status == "running")


def _versions() -> dict[str, str]:
    import platform
    from importlib import metadata

    names = ("cnnviz", "torch", "numpy", "scikit-learn")
    versions = {"python": platform.python_version(), "machine": platform.machine()}
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions
