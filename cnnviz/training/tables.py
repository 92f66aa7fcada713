"""The tables of the run store, the same in SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()
LONGEST_PRESET, LONGEST_LABEL = 60, 120  # letters

RUNS = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", String(16), nullable=False, index=True),  # of the settings: identical requests share a run
    Column("settings", Text, nullable=False),  # JSON
    Column("preset", String(LONGEST_PRESET), nullable=False, default=""),
    Column("label", String(LONGEST_LABEL), nullable=False, default=""),  # of its curve
    Column("note", Text, nullable=False, default=""),
    Column("owner", String(60), nullable=False, default=""),  # who asked first
    Column("status", String(12), nullable=False, index=True),
    Column("message", Text, nullable=False, default=""),
    Column("wish", String(8), nullable=False, default=""),  # "cancel", seen by whoever trains it
    Column("worker", String(120), nullable=False, default=""),
    Column("heartbeat", Float, nullable=False, default=0.0),  # seconds since 1970, of the worker's last sign
    Column("estimate", Float, nullable=False, default=0.0),  # seconds on one core
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("ended", Float),
    Column("versions", Text, nullable=False, default="{}"),  # JSON: of Python, torch, cnnviz, and the machine
    sqlite_autoincrement=True,  # the number of a deleted run is nobody else's: links name runs by it
)

RECORDS = Table(
    "records",
    METADATA,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # 0, 1, ... in the order they came
    Column("kind", String(8), nullable=False),
    Column("step", Integer, nullable=False),
    Column("content", Text, nullable=False),  # JSON
    UniqueConstraint("run", "number"),
    Index("records_in_order", "run", "number"),
)

CHECKPOINTS = Table(
    "checkpoints",
    METADATA,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("records", Integer, nullable=False),  # how many records the run had then
    Column("content", LargeBinary, nullable=False),
)
