"""The database behind the run store: connections, transactions, and its errors as sentences."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Any

import platformdirs
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateColumn

from cnnviz.errors import StoreError
from cnnviz.training.tables import METADATA

URL = "CNNVIZ_DATABASE_URL"
LOCK = 5_061_998  # of PostgreSQL: whoever makes tables or adds to the queue does so alone
WAITS = 30  # seconds for a database that is locked or does not answer


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


class Database:
    """Transactions on the store's tables, which are made where they are missing."""

    def __init__(self, url: str) -> None:
        self.url = url
        _check(url)
        with _told(url):
            self.engine = _engine(url)
        with self.writing() as connection:
            self.alone(connection)
            METADATA.create_all(connection)
            _complete(connection)

    def reading(self) -> _Transaction:
        """Sees one state of the store, and waits for nobody who writes."""
        return _Transaction(self, reading=True)

    def writing(self) -> _Transaction:
        return _Transaction(self, reading=False)

    def alone(self, connection: Connection) -> None:
        """Lets no other transaction that asks for the same go on until this one ends."""
        if self.engine.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))

    @property
    def now(self) -> Any:
        """Seconds since 1970, by the clock of the database: that of several machines may differ."""
        if self.engine.dialect.name == "postgresql":
            return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Float)
        return time.time()

    def time(self, connection: Connection) -> float:
        """What `now` stands for, as a number."""
        now = self.now
        return now if isinstance(now, float) else float(connection.execute(sa.select(now)).scalar_one())


def _check(url: str) -> None:
    """Raises StoreError where runs cannot be kept there; an address may hold a password, and is not said."""
    ways = "sqlite:////folder/runs.sqlite, or postgresql://user@host/database"
    try:
        named = sa.make_url(url)
    except (SQLAlchemyError, ValueError):
        raise StoreError(f"{URL} does not hold the address of a database: such are {ways}") from None
    kind = named.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise StoreError(f"runs are kept in SQLite or PostgreSQL, and {URL} names {kind}: {ways}")
    if kind == "sqlite" and named.database in (None, "", ":memory:"):
        raise StoreError(
            f"{URL} names a database in memory, which no other process can reach: name a file, "
            "sqlite:////folder/runs.sqlite"
        )


def _complete(connection: Connection) -> None:
    """Gives tables that an earlier version has made the columns that have come since, with their defaults."""
    there, dialect = sa.inspect(connection), connection.dialect
    for table in METADATA.sorted_tables:
        names = {column["name"] for column in there.get_columns(table.name)}
        for column in table.columns:
            if column.name in names:
                continue
            declared = CreateColumn(column).compile(dialect=dialect)
            usual = "" if column.default is None else f" DEFAULT {_literal(column, dialect)}"
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {declared}{usual}")


def _literal(column: sa.Column[Any], dialect: sa.Dialect) -> str:
    value: Any = getattr(column.default, "arg", None)
    return str(sa.literal(value).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


class _Transaction:
    def __init__(self, database: Database, *, reading: bool) -> None:
        self.database, self.told = database, _told(database.url)
        self.options = {"reading": reading}

    def __enter__(self) -> Connection:
        with self.told:
            self.connection = self.database.engine.connect().execution_options(**self.options)
            try:
                self.inner = self.connection.begin()
            except BaseException:
                self.connection.close()
                raise
            return self.connection

    def __exit__(self, *error: Any) -> None:
        with self.told:
            try:
                self.inner.__exit__(*error)
            finally:
                self.connection.close()
        self.told.__exit__(*error)


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
            way = ": pip install 'cnnviz[postgres]'" if isinstance(error, ImportError) else ""
            raise StoreError(
                f"the run store {place} does not answer: {line}{way}; {URL} names another"
            ) from None


def _engine(url: str) -> Engine:
    made = sa.create_engine(url, pool_pre_ping=True, connect_args=_connect_args(url))
    if made.dialect.name == "sqlite":
        sa.event.listen(made, "connect", _prepare_sqlite)
        sa.event.listen(made, "begin", _begin_sqlite)
    return made


def _connect_args(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {} if "timeout" in sa.make_url(url).query else {"timeout": WAITS}
    return {"connect_timeout": 5} if url.startswith("postgresql") else {}


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Readers never wait for a writer, and a writer waits for its turn instead of failing."""
    connection.isolation_level = None  # SQLAlchemy begins transactions, see `_begin_sqlite`
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
