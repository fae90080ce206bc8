"""Restored from a backup, or built anew from the archive alone, the marts are equal."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from penstock import datasets
from penstock.errors import PenstockError
from penstock.marts import build, contracts, lineage
from penstock.schema import migrate
from penstock.settings import settings
from penstock.stations import actions, perform, restore
from penstock.stations.verify import verify
from penstock.warehouse import embedded
from tests.pipeline import configure, events, ingest, land, land_samples, products, replay

# What tells where a row came from, and numbers given by arrival, are new in a new warehouse.
ORIGIN = {"file_id", "load_seq", "received_at", "replaced_by_file_id", "replaced_at"}
KEPT = sorted(name for name, dataset in datasets.all_datasets().items() if not dataset.mirror)
PROGRAMS = embedded.binaries()


def marts(warehouse: psycopg.Connection, without: set[str]) -> dict[str, list[str]]:
    """Every row of every mart of files that are kept, as text, in one order."""
    found = {}
    for path in {path for name in KEPT for path in lineage.mart_models(name)}:
        columns = [name for name in contracts.lasting(path) if name not in without]
        query = sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier("marts", path.stem)
        )
        found[path.stem] = sorted(map(repr, warehouse.execute(query).fetchall()))
    return found


@contextmanager
def fresh(cluster: Path, home: Path, patch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """Another home and warehouse from here on; a connection to it as its owner."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(embedded.url(cluster, "postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        url = embedded.url(cluster, name)
        configure(patch, home=home, warehouse_url=url)
        migrate()
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def a_life() -> None:
    """Samples, new versions, rejected files, a file that comes again, and replays."""
    land_samples()
    for name in KEPT:
        ingest(name)
    for data in (events(5, 1, "old"), events(1, 9), events(7, 2, "new"), events(7, 2, "new")):
        land("events", "x.txt", data)
        ingest("events")
    for tag in ("old", "new"):
        land("products", "p.csv", products(6, tag))
        ingest("products")
    with psycopg.connect(os.environ["PENSTOCK_WAREHOUSE_URL"]) as connection:
        query = "SELECT min(file_id) FROM ingest.file WHERE path = 'p.csv'"
        replay(connection.execute(query).fetchone()[0])
    ingest("products")
    for tag in ("first", "second"):
        land("events", "y.txt", events(4, tag=tag))
        ingest("events")
    for path in ("x.txt", "y.txt", "p.csv"):
        retract_newest(path)
    replay_first("y.txt")
    land("events", "accounts-2024-05-01.txt", events(3))
    ingest("events")
    retract_newest("accounts-2024-05-01.txt")
    land("events", "accounts-2024-05-01.txt", events(3))
    ingest("events")
    for name in KEPT:
        build.build(name)


def retract_newest(path: str) -> None:
    """Take the rows of the newest version of a path back."""
    with psycopg.connect(os.environ["PENSTOCK_WAREHOUSE_URL"]) as connection:
        query = "SELECT max(file_id) FROM ingest.file WHERE path = %s AND state = 'sealed'"
        (newest,) = connection.execute(query, [path]).fetchone()
    perform.now(actions.retract(newest, "mia", "wrong"))


def replay_first(path: str) -> None:
    """Bring the rows of the first version of a path back."""
    with psycopg.connect(os.environ["PENSTOCK_WAREHOUSE_URL"]) as connection:
        query = "SELECT dataset, min(file_id) FROM ingest.file WHERE path = %s GROUP BY dataset"
        dataset, first = connection.execute(query, [path]).fetchone()
    replay(first)
    ingest(dataset)


def test_the_archive_alone_gives_the_same_marts(
    warehouse: psycopg.Connection, home: Path, cluster: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    configure(monkeypatch, engine="in_process")
    a_life()
    before = marts(warehouse, ORIGIN)
    kept = tmp_path / "backup" / "archive"
    shutil.copytree(home / "archive", kept)
    with fresh(cluster, tmp_path / "other", monkeypatch) as other:
        restore.rebuild(kept)
        after = marts(other, ORIGIN)
        assert {mart for mart, rows in before.items() if rows != after[mart]} == set()
        with pytest.raises(PenstockError, match="has files already"):
            restore.rebuild(kept)


def test_a_backup_gives_the_same_marts_and_goes_on(
    warehouse: psycopg.Connection, home: Path, cluster: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    configure(monkeypatch, engine="in_process")
    a_life()
    before = marts(warehouse, set())
    dump = tmp_path / "penstock.sql"
    url = str(settings().warehouse_url)
    run(PROGRAMS / "pg_dump", "--clean", "--if-exists", f"--file={dump}", url)
    kept = tmp_path / "archive"
    shutil.copytree(home / "archive", kept)
    with fresh(cluster, tmp_path / "other", monkeypatch) as other:
        options = ("--quiet", "--set=ON_ERROR_STOP=1", f"--file={dump}")
        run(PROGRAMS / "psql", *options, str(settings().warehouse_url))
        shutil.copytree(kept, tmp_path / "other" / "archive")
        migrate()
        assert marts(other, set()) == before
        land("events", "later.txt", events(4))
        ingest("events")
        build.build("events")
        count = other.execute("SELECT count(*) FROM marts.events WHERE filename = 'later.txt'")
        assert count.fetchone() == (4,)
        assert verify("events", archive=False) == []


def run(program: Path, *arguments: str) -> None:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
