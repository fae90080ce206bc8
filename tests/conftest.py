"""What the tests stand on: one embedded Postgres for all of them, a fresh warehouse for each."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from penstock import datasets
from penstock.declare.dataset import Dataset
from penstock.schema import migrate
from penstock.settings import settings
from penstock.warehouse import embedded
from tests import samples, schedule

Declare = Callable[..., None]
DATABASE = "test"
"""The warehouse of every test: for another database dbt would parse the project again."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the slowest tests first."""
    schedule.slowest_first(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> schedule.Scheduler:
    """Share servers between the tests of a worker."""
    config.option.loadscopereorder = False  # the order is ours
    return schedule.Scheduler(config, log)


def warehouse_url(cluster: Path) -> str:
    """The URL of the warehouse that each test finds empty."""
    return embedded.url(cluster, DATABASE)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """The home of a running embedded Postgres with a migrated database `template`."""
    home = Path(tempfile.mkdtemp(prefix="penstock-test-"))
    embedded.ensure_running(home)
    for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"):
        _execute(home, statement)  # thrown away anyway; what kills a server has one of its own
    _execute(home, "CREATE DATABASE template")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENSTOCK_WAREHOUSE_URL", embedded.url(home, "template"))
        settings.cache_clear()
        migrate()
    settings.cache_clear()
    yield home
    embedded.stop(home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def built(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a home with all samples, and `sample1.txt`, in its marts; to be read."""
    environment = samples.fresh(cluster, tmp_path_factory.mktemp("built"))
    samples.load(environment)
    return environment


@pytest.fixture
def home(cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A PENSTOCK_HOME of this test's own, with an empty, migrated warehouse."""
    _execute(cluster, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    _execute(cluster, f"CREATE DATABASE {DATABASE} TEMPLATE template")
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PENSTOCK_WAREHOUSE_URL", warehouse_url(cluster))
    monkeypatch.setenv("PENSTOCK_SETTLE_SECONDS", "0.001")
    monkeypatch.delenv("AIRFLOW_HOME", raising=False)
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()


@pytest.fixture
def declare(home: Path) -> Iterator[Declare]:
    """Makes datasets the only ones for the rest of a test, with staging tables."""
    with ExitStack() as stack:

        def only(*declared: Dataset) -> None:
            stack.enter_context(datasets.only(*declared))
            migrate()

        yield only


@pytest.fixture
def warehouse(home: Path) -> Iterator[psycopg.Connection]:
    """A connection to this test's warehouse, as its owner."""
    url = os.environ["PENSTOCK_WAREHOUSE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def _execute(home: Path, statement: str) -> None:
    with psycopg.connect(embedded.url(home, "postgres"), autocommit=True) as connection:
        connection.execute(statement)
