"""The pool of loading processes: the same result as one process, and no hang when one is killed."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from penstock import load
from penstock.engines import in_process, pool
from penstock.errors import PenstockError
from tests.pipeline import configure, counts, events, ingest, land, products, settle, the_part


def test_pool_and_in_process_load_the_same(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, block_bytes=20_000)
    rows = []
    for engine in (pool, in_process):
        land("products", f"{engine.__name__}.csv", products(1500) + b"no sku,,\nshort\n")
        reports: list[load.LoadReport] = []
        engine.run("products", the_part("products"), reports.append)
        assert sum(r.rows_good for r in reports) == 1500
        assert sum(r.rows_bad for r in reports) == 2
        assert [(f.state, f.rows_good, f.rows_bad) for f in ingest("products").files] == [
            ("sealed", 1500, 2)
        ]
        rows.append(
            warehouse.execute(
                "SELECT _row, name, sku, description FROM staging.products WHERE _file_id ="
                " (SELECT max(file_id) FROM ingest.file) ORDER BY 1"
            ).fetchall()
        )
    assert rows[0] == rows[1]


@pytest.mark.timeout(120)
def test_a_killed_worker_is_noticed_and_the_next_load_completes(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    configure(monkeypatch, block_bytes=5_000)
    land("events", "a.txt", events(2000, 20))
    part = the_part("events")
    real, once = load.copy_rows, home / "killed"

    def killed(*arguments: object, **options: bool) -> None:
        if not once.exists():
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(load, "copy_rows", killed)
    with pytest.raises(PenstockError, match="ended with code -9"):
        pool.run("events", part, lambda _: None)
    settle("events", warehouse)
    assert counts(warehouse, "events") == (2000, 2000, 20)


def test_a_failing_worker_tells_why(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    land("events", "a.txt", events(5))
    part = the_part("events")

    def refuse(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("the disk is full")

    monkeypatch.setattr(load, "copy_rows", refuse)
    with pytest.raises(PenstockError, match="the disk is full"):
        pool.run("events", part, lambda _: None)
    assert warehouse.execute("SELECT state FROM ingest.file").fetchone() == ("loading",)
