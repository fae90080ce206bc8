"""Verify: what was changed by hand is found, told in words, and mended by the command it names."""

import json
import shlex

import psycopg
import pytest
from typer.testing import CliRunner

from penstock import datasets, ledger
from penstock.cli.app import app
from penstock.marts import build
from penstock.stations import verify
from penstock.stations.load import load
from penstock.stations.plan import plan
from tests.pipeline import configure, events, ingest, land, land_samples, products


def sealed(dataset: str, path: str, data: bytes) -> None:
    land(dataset, path, data)
    ingest(dataset)
    build.build(dataset)


def found(dataset: str, *, marts: bool = False) -> list[str]:
    return [difference.found for difference in verify.verify(dataset, marts=marts)]


@pytest.mark.usefixtures("home")
def test_all_that_the_samples_become_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, engine="in_process")
    land_samples()
    for name in datasets.all_datasets():
        ingest(name)
    for name in datasets.all_datasets():
        assert verify.verify(name, marts=True) == []


DAMAGES = {
    "a block": (
        "DELETE FROM ingest.block WHERE file_id = 1",
        "a.txt: its blocks have 0 good and 0 bad rows and do not cover it, its file says 5 and 2",
    ),
    "a row of staging": (
        "DELETE FROM staging.events WHERE _row = 1",
        "a.txt: 4 rows in staging, 5 good ones in the ledger",
    ),
    "a refused record": (
        "DELETE FROM ingest.quarantine WHERE line = (SELECT min(line) FROM ingest.quarantine)",
        "a.txt: 1 records in quarantine, 2 bad ones in the ledger",
    ),
    "rows of a mart": (
        "DELETE FROM marts.events WHERE row = 1",
        "a.txt: of 7 rows received 4 stand in the mart, 0 were replaced, 0 deduplicated, "
        "2 quarantined",
    ),
    "a mart": ("DROP TABLE marts.events", "marts.events is missing"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_told_and_the_command_mends_it(
    warehouse: psycopg.Connection, damage: str
) -> None:
    lines = events(5, 2).decode().splitlines(keepends=True)
    sealed("events", "a.txt", "".join(sorted(lines)).encode())  # the good ones first
    assert found("events") == []
    warehouse.execute("SET session_replication_role = replica")
    statement, told = DAMAGES[damage]
    warehouse.execute(statement)
    (difference,) = verify.verify("events")
    assert difference.found == told
    program, *arguments = shlex.split(difference.mend)
    assert program == "penstock"
    CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert found("events") == []
    assert warehouse.execute("SELECT count(*) FROM marts.events").fetchone() == (5,)


CHANGES = {
    "a product is gone": ("DELETE FROM marts.products WHERE sku = 'sku-1'", "has 3 rows, made"),
    "a product is another": (
        "UPDATE marts.products SET name = 'x' WHERE sku = 'sku-1'",
        "has 4 rows as it should, but not the same ones",
    ),
    "a product too many": (
        "INSERT INTO marts.products SELECT 'x', name, '', file_id, 99, load_seq, received_at"
        " FROM marts.products LIMIT 1",
        "has 5 rows, made anew 4",
    ),
    "two names are swapped": (
        "UPDATE marts.products SET name = CASE sku WHEN 'sku-1' THEN 'p 2' ELSE 'p 1' END"
        " WHERE sku IN ('sku-1', 'sku-2')",
        "has 4 rows as it should, but not the same ones",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_of_a_mart_is_found(warehouse: psycopg.Connection, change: str) -> None:
    sealed("products", "p.csv", products(4))
    assert found("products", marts=True) == []
    statement, told = CHANGES[change]
    warehouse.execute(statement)
    ran = CliRunner().invoke(app, ["verify", "products", "--marts", "--json"])
    assert ran.exit_code == 1
    (difference,) = [d for d in json.loads(ran.stdout) if d["kind"] == "marts"]
    assert difference["found"].startswith(f"marts.products {told}")
    assert difference["mend"] == "penstock build products --full-refresh"
    build.full_refresh("products")
    assert CliRunner().invoke(app, ["verify", "products", "--marts"]).exit_code == 0
    left = "SELECT count(*) FROM pg_class WHERE relnamespace = 'scratch'::regnamespace"
    assert warehouse.execute(left).fetchone() == (0,)


def test_open_incidents_are_told(warehouse: psycopg.Connection) -> None:
    ledger.report_incident(warehouse, "events", "late_bytes", "a.txt grew; look at it")
    assert found("events") == ["a.txt grew; look at it"]


def test_what_is_under_way_is_no_difference(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file half loaded, one sealed but not built, and one that is retracted but still shown."""
    configure(monkeypatch, block_bytes=1000, part_bytes=3000)
    sealed("events", "a.txt", events(5, 2))
    land("events", "a.txt", events(6, 2))
    land("events", "b.txt", events(7))
    ingest("events")
    land("events", "c.txt", events(200))
    load("events", plan("events")[0])
    assert found("events") == []
