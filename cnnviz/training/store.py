"""Where runs are kept: what was asked, what came out, who trains it. SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapreplace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cnnviz.errors import LimitError
from cnnviz.training.database import URL, Database, default_url
from cnnviz.training.holding import LARGEST_ID, SILENT_AFTER, Holding, found, in_order
from cnnviz.training.records import Record, from_dict
from cnnviz.training.run import AGAIN, ENDED, SHARED, Run, Status, row_of, run_of
from cnnviz.training.settings import Settings
from cnnviz.training.tables import CHECKPOINTS, LONGEST_LABEL, RECORDS, RUNS

__all__ = ["ENDED", "SHARED", "SILENT_AFTER", "URL", "Run", "Status", "Store", "Wanted", "default_url"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A run that somebody asks for."""

    settings: Settings
    label: str = ""
    estimate: float = 0.0  # seconds on one core


class Store(Holding):
    """Runs, their records, and their last checkpoints. One object may be used by several threads.

    Whoever trains a run holds it under a name of its own (`worker`); what anybody else writes for it is
    refused, so that two workers never train the same run. Raises StoreError where the database fails.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = url or default_url()
        self.database = Database(self.url)

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
        wanted = Wanted(settings=settings, label=label)
        return self.submit_all([wanted], preset=preset, owner=owner, again=again)[0]

    def submit_all(
        self,
        wanted: Sequence[Wanted],
        *,
        preset: str = "",
        owner: str = "",
        again: bool = False,
        most_runs: int | None = None,
        most_seconds: float | None = None,
    ) -> list[Run]:
        """A run for each, in one transaction: all of them are asked for, or none.

        Args:
            preset: what they were asked for as.
            owner: who asks; owners are served in turn.
            again: new runs, even where there are runs of the same settings.
            most_runs: that the owner may have waiting.
            most_seconds: that the owner's waiting runs may be expected to take.

        Raises LimitError where the owner would have more than that.

        """
        with self.database.writing() as connection:
            self.database.alone(connection)
            asked = {w.settings.key: w for w in reversed(wanted)}  # two curves may have become the same
            there = {} if again else {key: self._shared(connection, w.settings) for key, w in asked.items()}
            new = [w for w in wanted if asked[w.settings.key] is w and not there.get(w.settings.key)]
            self._within(connection, owner, new, most_runs, most_seconds)
            made = {w.settings.key: self._added(connection, w, preset, owner) for w in new}
            return [there.get(w.settings.key) or made[w.settings.key] for w in wanted]

    def cancel(self, run: int) -> None:
        """Ends a queued run; asks whoever trains a running one to stop."""
        chosen = RUNS.update().where(RUNS.c.id == run)
        with self.database.writing() as connection:
            connection.execute(
                chosen.where(RUNS.c.status == "queued").values(
                    status="cancelled",
                    message="cancelled before it began",
                    ended=sa.func.coalesce(RUNS.c.ended, self.database.now),
                )
            )
            connection.execute(chosen.where(RUNS.c.status == "running").values(wish="cancel"))

    def resume(self, run: int) -> None:
        """Queues an interrupted, cancelled or failed run again; it goes on from its last epoch."""
        with self.database.writing() as connection:
            chosen = RUNS.update().where(RUNS.c.id == run, RUNS.c.status.in_(AGAIN))
            connection.execute(chosen.values(status="queued", wish="", message="", worker=""))

    def annotate(self, run: int, *, label: str | None = None, note: str | None = None) -> None:
        """Gives a run another name or note; "" takes it away."""
        given = {name: v.replace("\0", "") for name, v in (("label", label), ("note", note)) if v is not None}
        values = {name: v[:LONGEST_LABEL] if name == "label" else v for name, v in given.items()}
        if values:
            with self.database.writing() as connection:
                connection.execute(RUNS.update().where(RUNS.c.id == run).values(**values))

    def delete(self, run: int) -> None:
        """Forgets a run; who trains it finds it gone, and stops."""
        with self.database.writing() as connection:
            for table in (RECORDS, CHECKPOINTS):
                connection.execute(table.delete().where(table.c.run == run))
            connection.execute(RUNS.delete().where(RUNS.c.id == run))

    def run(self, run: int) -> Run:
        """Raises MissingRunError where there is none."""
        with self.database.reading() as connection:
            return found(connection, run)

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
        with self.database.reading() as connection:
            return [run_of(row) for row in connection.execute(query)]

    def some(self, runs: Iterable[int]) -> list[Run]:
        """These runs, as far as they exist, in one reading."""
        known = sorted({run for run in runs if 0 < run <= LARGEST_ID})
        query = sa.select(RUNS).where(RUNS.c.id.in_(known))
        with self.database.reading() as connection:
            return [run_of(row) for row in connection.execute(query.order_by(RUNS.c.id))]

    def known(self, settings: Iterable[Settings]) -> dict[str, Run]:
        """What `submit` would share, and otherwise the newest run, by the key of the settings."""
        query = sa.select(RUNS).where(RUNS.c.key.in_(sorted({wanted.key for wanted in settings})))
        with self.database.reading() as connection:
            rows = connection.execute(query.order_by(RUNS.c.id)).all()
        shared = [row for row in rows if row.status in SHARED and row.wish == ""]
        return {row.key: run_of(row) for row in (*rows, *shared)}

    def records(self, run: int, *, after: int = 0) -> list[Record]:
        """The records of a run but for the first `after`."""
        query = sa.select(RECORDS.c.content).where(RECORDS.c.run == run, RECORDS.c.number >= after)
        with self.database.reading() as connection:
            contents = connection.execute(query.order_by(RECORDS.c.number)).scalars()
            return [from_dict(json.loads(content)) for content in contents]

    def kept_epoch(self, run: int) -> int | None:
        """The epoch of a run's last checkpoint, which is not read; None where it has kept none."""
        query = sa.select(CHECKPOINTS.c.epoch).where(CHECKPOINTS.c.run == run)
        with self.database.reading() as connection:
            epoch: int | None = connection.execute(query).scalar()
            return epoch

    def weights(self, run: int) -> bytes | None:
        """The last checkpoint of a run, for looking at it; None where it has kept none."""
        query = sa.select(CHECKPOINTS.c.content).where(CHECKPOINTS.c.run == run)
        with self.database.reading() as connection:
            content = connection.execute(query).scalar()
            return bytes(content) if content is not None else None

    def take_in(self, runs: Sequence[tuple[Run, Sequence[Record]]]) -> list[Run]:
        """Keeps runs that were trained elsewhere, all or none; what is there already is not kept twice."""
        with self.database.writing() as connection:
            return [self._taken_in(connection, run, records) for run, records in runs]

    def place(self, run: int) -> int:
        """How many queued runs come before this one; 0 where it is not queued."""
        waiting = self.queue()
        return waiting.index(run) if run in waiting else 0

    def queue(self) -> list[int]:
        """Queued runs in the order in which they will be trained: owners in turn."""
        with self.database.reading() as connection:
            return in_order(connection)

    def waits(self, *, slots: int = 1) -> dict[int, float]:
        """Seconds until each queued run begins, about, where so many are trained at a time; in their order.

        What no estimate is known of counts as nothing; so does what somebody adds to the queue later.
        """
        query = sa.select(RUNS.c.id, RUNS.c.status, RUNS.c.estimate, RUNS.c.started).where(
            RUNS.c.status.in_(("queued", "running"))
        )
        with self.database.reading() as connection:
            order = in_order(connection)
            rows = {row.id: row for row in connection.execute(query)}
            now = self.database.time(connection)
        running = [row for row in rows.values() if row.status == "running"]
        left = [max(0.0, row.estimate - (now - (row.started or now))) for row in running]
        free = sorted(left + [0.0] * (slots - len(left)))
        found = {}
        for run in order:
            found[run] = free[0]
            heapreplace(free, free[0] + (rows[run].estimate if run in rows else 0.0))
        return found

    def _shared(self, connection: Connection, settings: Settings) -> Run | None:
        query = sa.select(RUNS).where(
            RUNS.c.key == settings.key, RUNS.c.status.in_(SHARED), RUNS.c.wish == ""
        )
        row = connection.execute(query.order_by(RUNS.c.id.desc())).first()
        return run_of(row) if row is not None else None

    def _added(self, connection: Connection, wanted: Wanted, preset: str, owner: str) -> Run:
        made = connection.execute(
            RUNS.insert().values(
                key=wanted.settings.key,
                settings=json.dumps(wanted.settings.as_dict()),
                preset=preset,
                label=wanted.label[:LONGEST_LABEL],
                owner=owner,
                status="queued",
                estimate=wanted.estimate,
                created=self.database.now,
            )
        )
        (number,) = made.inserted_primary_key or (0,)
        return found(connection, int(number))

    def _taken_in(self, connection: Connection, run: Run, records: Sequence[Record]) -> Run:
        same = sa.select(RUNS).where(RUNS.c.key == run.settings.key, RUNS.c.created == run.created)
        there = connection.execute(same).first()
        if there is not None:
            return run_of(there)
        made = connection.execute(RUNS.insert().values(**row_of(run)))
        (number,) = made.inserted_primary_key or (0,)
        self._insert(connection, int(number), 0, records)
        return found(connection, int(number))

    def _within(
        self,
        connection: Connection,
        owner: str,
        new: Sequence[Wanted],
        most_runs: int | None,
        most_seconds: float | None,
    ) -> None:
        if not new or (most_runs is None and most_seconds is None):
            return
        query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(RUNS.c.estimate), 0.0))
        there, seconds = connection.execute(
            query.where(RUNS.c.status == "queued", RUNS.c.owner == owner)
        ).one()
        runs = there + len(new)
        if most_runs is not None and runs > most_runs:
            raise LimitError(
                f"you have {there} runs waiting and ask for {len(new)} more, at most {most_runs} may wait: "
                "cancel some, ask for fewer seeds, or wait until some have been trained"
            )
        seconds += sum(w.estimate for w in new)
        if most_seconds is not None and seconds > most_seconds:
            raise LimitError(
                f"your waiting runs would take about {seconds:,.0f} seconds of a core, at most "
                f"{most_seconds:,.0f} may wait: cancel some, or ask for fewer epochs, images or seeds"
            )
