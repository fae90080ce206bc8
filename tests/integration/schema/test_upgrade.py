"""An upgrade from the version before: its warehouse is migrated, and work goes on in it.

`0.1.0.sql.gz` is `pg_dump --inserts` of a warehouse that 0.1.0 filled with samples. It holds a file
that was sealed and not built, and one that was claimed and not loaded. `{home}` is its home.
"""

import gzip
import os
from pathlib import Path

import psycopg
import pytest

from penstock import datasets
from penstock.marts import build
from penstock.schema import migrate
from penstock.stations import verify
from tests.pipeline import configure, ingest, land

OLD = Path(__file__).with_name("0.1.0.sql.gz")
FILLED = ("events", "products", "votes", "articles")


@pytest.fixture
def old(cluster: Path, home: Path, warehouse: psycopg.Connection) -> psycopg.Connection:
    """This test's warehouse as 0.1.0 left it."""
    for schema in ("ingest", "staging", "stg", "marts", "locks", "api", "scratch", "seeds"):
        warehouse.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    dump = gzip.decompress(OLD.read_bytes()).decode().replace("{home}", str(home))
    warehouse.execute(dump)
    warehouse.execute("RESET ALL")
    claimed = home / "claimed/products/10/late.csv"
    claimed.parent.mkdir(parents=True)
    claimed.write_bytes(b"name,sku,description\nLate,late-1,x\n")
    os.utime(claimed, (1, 1))
    return warehouse


def test_the_warehouse_of_the_version_before(
    old: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, engine="in_process")
    before = old.execute("SELECT count(*) FROM marts.events").fetchone()
    assert before == (864,)

    migrate()
    newest = old.execute("SELECT count(*) FROM marts.events").fetchone()
    assert newest == before, "marts can be read before anything is built"

    land(
        "events",
        "new.txt",
        b"2024-06-01T00:00:00Z a@example.net 00000000-0000-0000-0000-000000000001\n",
    )
    for name in FILLED:
        ingest(name)
        build.build(name)
    assert old.execute("SELECT count(*) FROM marts.events").fetchone() == (864 - 398 + 98 + 1,)
    late = old.execute("SELECT name FROM marts.products WHERE sku = 'late-1'").fetchall()
    assert late == [("Late",)]
    for name in datasets.all_datasets():
        assert verify.verify(name, archive=False, marts=name == "products") == []
