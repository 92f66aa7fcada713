"""Where runs are kept: what was asked, what came out, who trains it. SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import platformdirs
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from cnnviz.errors import StoreError
from cnnviz.training.records import End, Record, as_dict, from_dict
from cnnviz.training.settings import Settings
from cnnviz.training.tables import CHECKPOINTS, METADATA, RECORDS, RUNS

Status = Literal["queued", "running", "done", "diverged", "cancelled", "interrupted", "failed"]
ENDED: tuple[Status, ...] = ("done", "diverged", "cancelled", "interrupted", "failed")
SHARED: tuple[Status, ...] = ("queued", "running", "done", "diverged")  # what an identical request gets
SILENT_AFTER = 20.0  # seconds without a sign of its worker, and a run counts as interrupted
URL = "CNNVIZ_DATABASE_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as the store has it. Times are seconds since 1970."""

    id: int
    settings: Settings
    preset: str
    label: str
    note: str
    owner: str
    status: Status
    message: str
    worker: str
    created: float
    started: float | None
    ended: float | None
    versions: dict[str, str]

    @property
    def over(self) -> bool:
        return self.status in ENDED


def default_url() -> str:
    """`CNNVIZ_DATABASE_URL`, or a SQLite file in the user's data folder."""
    named = os.environ.get(URL)
    if named:
        return named
    folder = platformdirs.user_data_path("cnnviz")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {folder} for training runs ({error.strerror}): {URL} names another place"
        ) from None
    return f"sqlite:///{folder / 'runs.sqlite'}"


class Store:
    """Runs, their records, and their last checkpoints. One object may be used by several threads.

    Whoever trains a run holds it under a name of its own (`worker`); what anybody else writes for it is
    refused, so that two workers never train the same run. Raises StoreError where the database fails.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = url or default_url()
        with _told(self.url):
            self.engine = _engine(self.url)
            METADATA.create_all(self.engine)

    # ---- what people ask

    def submit(
        self,
        settings: Settings,
        *,
        preset: str = "",
        label: str = "",
        owner: str = "",
        again: bool = False,
    ) -> Run:
        """The run of these settings: one that exists, unless `again`, or a new one at the queue's end."""
        with self._begin() as connection:
            if not again:
                found = connection.execute(
                    sa.select(RUNS)
                    .where(RUNS.c.key == settings.key, RUNS.c.status.in_(SHARED), RUNS.c.wish == "")
                    .order_by(RUNS.c.id.desc())
                ).first()
                if found is not None:
                    return _run(found)
            made = connection.execute(
                RUNS.insert().values(
                    key=settings.key,
                    settings=json.dumps(settings.as_dict()),
                    preset=preset,
                    label=label,
                    owner=owner,
                    status="queued",
                    created=time.time(),
                )
            )
            (number,) = made.inserted_primary_key or (0,)
            return self._one(connection, int(number))

    def cancel(self, run: int) -> None:
        """Ends a queued run; asks whoever trains a running one to stop."""
        with self._begin() as connection:
            waiting = RUNS.update().where(RUNS.c.id == run, RUNS.c.status == "queued")
            connection.execute(
                waiting.values(status="cancelled", message="cancelled before it began", ended=time.time())
            )
            connection.execute(
                RUNS.update().where(RUNS.c.id == run, RUNS.c.status == "running").values(wish="cancel")
            )

    def resume(self, run: int) -> None:
        """Queues an interrupted, cancelled or failed run again; it goes on from its last epoch."""
        again = ("interrupted", "cancelled", "failed")
        with self._begin() as connection:
            chosen = RUNS.update().where(RUNS.c.id == run, RUNS.c.status.in_(again))
            connection.execute(chosen.values(status="queued", wish="", message="", worker="", ended=None))

    def annotate(self, run: int, *, label: str | None = None, note: str | None = None) -> None:
        values = {name: v for name, v in (("label", label), ("note", note)) if v is not None}
        if values:
            with self._begin() as connection:
                connection.execute(RUNS.update().where(RUNS.c.id == run).values(**values))

    def delete(self, run: int) -> None:
        """Forgets a run. One that is being trained is cancelled first: its worker finds it gone."""
        with self._begin() as connection:
            for table in (RECORDS, CHECKPOINTS):
                connection.execute(table.delete().where(table.c.run == run))
            connection.execute(RUNS.delete().where(RUNS.c.id == run))

    def run(self, run: int) -> Run:
        """Raises StoreError where there is none."""
        with self._begin() as connection:
            return self._one(connection, run)

    def runs(
        self,
        *,
        status: Sequence[Status] = (),
        preset: str | None = None,
        owner: str | None = None,
        limit: int = 200,
    ) -> list[Run]:
        """The newest runs first."""
        query = sa.select(RUNS).order_by(RUNS.c.id.desc()).limit(limit)
        if status:
            query = query.where(RUNS.c.status.in_(status))
        if preset is not None:
            query = query.where(RUNS.c.preset == preset)
        if owner is not None:
            query = query.where(RUNS.c.owner == owner)
        with self._begin() as connection:
            return [_run(row) for row in connection.execute(query)]

    def some(self, runs: Iterable[int]) -> list[Run]:
        """These runs, as far as they exist, in one reading."""
        query = sa.select(RUNS).where(RUNS.c.id.in_(sorted(set(runs))))
        with self._begin() as connection:
            return [_run(row) for row in connection.execute(query.order_by(RUNS.c.id))]

    def known(self, settings: Iterable[Settings]) -> dict[str, Run]:
        """What `submit` would share, and otherwise the newest run, by the key of the settings."""
        query = sa.select(RUNS).where(RUNS.c.key.in_(sorted({wanted.key for wanted in settings})))
        with self._begin() as connection:
            rows = connection.execute(query.order_by(RUNS.c.id)).all()
        shared = [row for row in rows if row.status in SHARED and row.wish == ""]
        return {row.key: _run(row) for row in (*rows, *shared)}

    def records(self, run: int, *, after: int = 0) -> list[Record]:
        """The records of a run but for the first `after`."""
        query = sa.select(RECORDS.c.content).where(RECORDS.c.run == run, RECORDS.c.number >= after)
        with self._begin() as connection:
            found = connection.execute(query.order_by(RECORDS.c.number)).scalars()
            return [from_dict(json.loads(content)) for content in found]

    def place(self, run: int) -> int:
        """How many queued runs come before this one."""
        waiting = sa.select(sa.func.count()).where(RUNS.c.status == "queued", RUNS.c.id < run)
        with self._begin() as connection:
            return int(connection.execute(waiting).scalar_one())

    def queue(self, *, limit: int = 50) -> list[int]:
        """Queued runs, the next first."""
        query = sa.select(RUNS.c.id).where(RUNS.c.status == "queued").order_by(RUNS.c.id).limit(limit)
        with self._begin() as connection:
            return list(connection.execute(query).scalars())

    # ---- what workers say

    def claim(self, worker: str, *, run: int | None = None) -> Run | None:
        """The oldest queued run, or this one, now held by the worker; None where there is none to be had."""
        with self._begin() as connection:
            query = sa.select(RUNS.c.id).where(RUNS.c.status == "queued").order_by(RUNS.c.id)
            if run is not None:
                query = query.where(RUNS.c.id == run)
            for found in connection.execute(query.limit(8)).scalars().all():
                taken = connection.execute(
                    RUNS.update()
                    .where(RUNS.c.id == found, RUNS.c.status == "queued")
                    .values(
                        status="running",
                        worker=worker,
                        heartbeat=time.time(),
                        started=sa.func.coalesce(RUNS.c.started, time.time()),
                        versions=json.dumps(_versions()),
                    )
                )
                if taken.rowcount:
                    return self._one(connection, found)
        return None

    def beat(self, run: int, worker: str) -> bool:
        """A sign of life; False where the run is to stop: cancelled, deleted, or held by somebody else."""
        with self._begin() as connection:
            held = (RUNS.c.id == run, RUNS.c.worker == worker, RUNS.c.status == "running")
            done = connection.execute(RUNS.update().where(*held).values(heartbeat=time.time()))
            if not done.rowcount:
                return False
            wish = connection.execute(sa.select(RUNS.c.wish).where(*held)).scalar_one_or_none()
            return wish == ""

    def append(self, run: int, worker: str, records: Sequence[Record]) -> bool:
        """Keeps records; an `End` ends the run. False where the worker does not hold it any more."""
        with self._begin() as connection:
            if not self._holds(connection, run, worker):
                return False
            number = self._count(connection, run)
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
            last = records[-1] if records else None
            values: dict[str, Any] = {"heartbeat": time.time()}
            if isinstance(last, End):
                values |= {"status": last.reason, "message": last.message, "ended": time.time(), "wish": ""}
            connection.execute(RUNS.update().where(RUNS.c.id == run).values(**values))
            return True

    def keep(self, run: int, worker: str, epoch: int, content: bytes) -> bool:
        """Keeps a checkpoint in place of the last one."""
        with self._begin() as connection:
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
        """The last checkpoint; records that came after it are dropped, because they will come again."""
        with self._begin() as connection:
            if not self._holds(connection, run, worker):
                return None
            found = connection.execute(sa.select(CHECKPOINTS).where(CHECKPOINTS.c.run == run)).first()
            kept = found.records if found is not None else 0
            connection.execute(RECORDS.delete().where(RECORDS.c.run == run, RECORDS.c.number >= kept))
            return bytes(found.content) if found is not None else None

    def fail(self, run: int, worker: str, message: str, *, status: Status = "failed") -> None:
        """Ends a run that could not be trained, with the reason for a person."""
        with self._begin() as connection:
            held = (RUNS.c.id == run, RUNS.c.worker == worker, RUNS.c.status == "running")
            connection.execute(
                RUNS.update().where(*held).values(status=status, message=message, ended=time.time())
            )

    def abandon(self, run: int, status: int) -> None:
        """Notes that the process which trained a run has ended; nothing where the run has ended, too."""
        with self._begin() as connection:
            held = (RUNS.c.id == run, RUNS.c.status == "running")
            message = f"its process ended with status {status}; it can go on from its last epoch"
            connection.execute(
                RUNS.update().where(*held).values(status="interrupted", message=message, ended=time.time())
            )

    def mark_silent(self, *, after: float = SILENT_AFTER) -> list[int]:
        """Marks running runs whose worker gives no sign as interrupted; tells which."""
        with self._begin() as connection:
            silent = (RUNS.c.status == "running", RUNS.c.heartbeat < time.time() - after)
            found = list(connection.execute(sa.select(RUNS.c.id).where(*silent)).scalars())
            connection.execute(
                RUNS.update()
                .where(*silent)
                .values(
                    status="interrupted",
                    ended=time.time(),
                    message="its worker stopped without a word; it can go on from its last epoch",
                )
            )
            return found

    # ---- within

    def _begin(self) -> _Transaction:
        return _Transaction(self)

    def _one(self, connection: Connection, run: int) -> Run:
        found = connection.execute(sa.select(RUNS).where(RUNS.c.id == run)).first()
        if found is None:
            raise StoreError(f"there is no run {run}")
        return _run(found)

    def _holds(self, connection: Connection, run: int, worker: str) -> bool:
        query = sa.select(RUNS.c.id).where(
            RUNS.c.id == run, RUNS.c.worker == worker, RUNS.c.status == "running"
        )
        return connection.execute(query.with_for_update()).first() is not None

    def _count(self, connection: Connection, run: int) -> int:
        query = sa.select(sa.func.coalesce(sa.func.max(RECORDS.c.number) + 1, 0)).where(RECORDS.c.run == run)
        return int(connection.execute(query).scalar_one())


class _told:  # noqa: N801 - a context manager, used like a function
    """The database's errors in a sentence for a person, without the password of its URL."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, SQLAlchemyError | ImportError):
            place = self.url
            with suppress(SQLAlchemyError):
                place = sa.make_url(self.url).render_as_string(hide_password=True)
            line = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise StoreError(f"the run store {place} does not answer: {line}; {URL} names another") from None


class _Transaction:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.told = _told(store.url)

    def __enter__(self) -> Connection:
        with self.told:
            self.inner = self.store.engine.begin()
            return self.inner.__enter__()

    def __exit__(self, *error: Any) -> None:
        with self.told:
            self.inner.__exit__(*error)
        self.told.__exit__(*error)


def _engine(url: str) -> Engine:
    made = sa.create_engine(url, pool_pre_ping=True, connect_args=_connect_args(url))
    if made.dialect.name == "sqlite":
        sa.event.listen(made, "connect", _prepare_sqlite)
        sa.event.listen(made, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return made


def _connect_args(url: str) -> dict[str, Any]:
    return {"timeout": 30} if url.startswith("sqlite") else {}


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Readers never wait for a writer, and a writer waits for its turn instead of failing."""
    connection.isolation_level = None  # SQLAlchemy begins transactions, see `_engine`
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _run(row: Any) -> Run:
    return Run(
        id=row.id,
        settings=Settings.from_dict(json.loads(row.settings)),
        preset=row.preset,
        label=row.label,
        note=row.note,
        owner=row.owner,
        status=row.status,
        message=row.message,
        worker=row.worker,
        created=row.created,
        started=row.started,
        ended=row.ended,
        versions=json.loads(row.versions),
    )


def _versions() -> dict[str, str]:
    import platform
    from importlib import metadata

    names = ("cnnviz", "torch", "numpy", "scikit-learn")
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
