"""Stores to test with: SQLite always, PostgreSQL where the machine has it. A data folder of one's own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlalchemy as sa

from cnnviz.training import data
from cnnviz.training.store import Store
from tests.training.postgres import Cluster, program


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of the test's own, empty."""
    monkeypatch.setenv("CNNVIZ_DATA", str(tmp_path))
    data._published.cache_clear()
    yield tmp_path
    data._published.cache_clear()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server, skipped where there is none."""
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed: pip install 'cnnviz[postgres]'")
    if not (program("initdb") and program("pg_ctl")):
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # Not in pytest's own folder, which only the user of the tests may enter.
    with tempfile.TemporaryDirectory(prefix="cnnviz-postgres-") as folder:
        made = Cluster(Path(folder))
        yield made
        made.stop()


@pytest.fixture
def postgres(cluster: Cluster) -> str:
    """The address of an empty database."""
    with sa.create_engine(cluster.url, isolation_level="AUTOCOMMIT").connect() as connection:
        number = connection.execute(sa.text("select count(*) from pg_database")).scalar_one()
        connection.execute(sa.text(f"create database test{number}"))
    return cluster.url.removesuffix("postgres") + f"test{number}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store, once in each database."""
    if request.param == "sqlite":
        return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    return Store(request.getfixturevalue("postgres"))
