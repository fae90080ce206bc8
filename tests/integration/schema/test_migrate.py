"""Migration: repeatable, safe at once, on any Postgres from 15 on, by no superuser."""

import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from penstock import datasets
from penstock.declare.columns import Integer, Text
from penstock.schema import migrate
from penstock.warehouse import embedded
from tests.pipeline import configure, counts, events, exit_code, fork, ingest, land, products
from tests.servers import debian_postgres

OWNER = "CREATE ROLE builder LOGIN CREATEROLE"


@pytest.fixture
def debians() -> Iterator[str]:
    """The URL of a throw-away cluster of Debian's PostgreSQL, as its superuser."""
    with debian_postgres() as url:
        yield url


@pytest.fixture
def embeddeds() -> Iterator[str]:
    """The URL of a server of the embedded kind on which no roles were made yet."""
    with tempfile.TemporaryDirectory(prefix="penstock-migrate-") as place:
        embedded.ensure_running(Path(place))
        url = embedded.url(Path(place), "postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP DATABASE penstock")
            connection.execute("DROP DATABASE airflow")
            made = "SELECT rolname FROM pg_roles WHERE oid >= 16384"
            roles = ", ".join(row[0] for row in connection.execute(made))
            connection.execute(f"DROP ROLE {roles}")
        yield url
        embedded.stop(Path(place))


@pytest.mark.parametrize("server", ["debians", "embeddeds"])
def test_an_external_warehouse_owned_by_no_superuser(
    server: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin = request.getfixturevalue(server)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(OWNER)
        connection.execute("CREATE DATABASE built OWNER builder")
        assert connection.info.server_version >= 150000
    url = admin.replace("/postgres?", "/built?").replace(f"{admin[13:].split('@')[0]}@", "builder@")
    configure(monkeypatch, home=tmp_path / "home", settle_seconds=0.001, warehouse_url=url)
    migrate()
    migrate()
    land("events", "x.txt", events(5, 1))
    land("products", "p.csv", products(3))
    for dataset in ("events", "products"):
        assert [file.state for file in ingest(dataset).files] == ["sealed"]
    with psycopg.connect(url) as connection:
        assert counts(connection, "events") == (5, 5, 1)


def test_two_migrations_at_once(cluster: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(embedded.url(cluster, "postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE at_once")
        configure(monkeypatch, warehouse_url=embedded.url(cluster, "at_once"))
        several = [fork(migrate) for _ in range(3)]
        assert [exit_code(process) for process in several] == [0, 0, 0]
        connection.execute("DROP DATABASE at_once WITH (FORCE)")


def test_a_new_column_of_a_declaration_joins_the_rows_that_are_there(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "x.txt", events(2))
    ingest("events")
    old = datasets.get("events")
    wider = dataclasses.replace(
        old, columns=(*old.columns, Text("device", required=False), Integer("size"))
    )
    with datasets.only(wider):
        migrate()
        migrate()
    found = warehouse.execute("SELECT device, size FROM staging.events").fetchall()
    assert found == [("", None), ("", None)]


def test_the_rows_of_a_file_are_found_in_staging_by_index(warehouse: psycopg.Connection) -> None:
    warehouse.execute("SET enable_seqscan = off")
    for dataset in datasets.all_datasets():
        query = f"EXPLAIN SELECT * FROM staging.{dataset} WHERE _file_id IN (1, 2)"
        plan = "\n".join(row for (row,) in warehouse.execute(query).fetchall())
        assert "Index Cond: (_file_id" in plan, plan
