"""The pool of loading processes: the same result as one process, and no hang when one is killed."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from penstock.errors import HostFault
from penstock.stations import batch, held
from penstock.stations.engines import in_process, pool
from tests.pipeline import (
    configure,
    counts,
    events,
    exit_code,
    fork,
    ingest,
    land,
    products,
    retry_now,
    settle,
    states,
    the_part,
)


def test_pool_and_in_process_load_the_same(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, block_bytes=20_000)
    rows = []
    for engine in (pool, in_process):
        land("products", f"{engine.__name__}.csv", products(1500) + b"no sku,,\nshort\n")
        reports: list[batch.LoadReport] = []
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


def test_a_killed_worker_is_noticed_and_the_next_load_completes(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    configure(monkeypatch, block_bytes=5_000)
    land("events", "a.txt", events(2000, 20))
    part = the_part("events")
    real, once = batch.copy_rows, home / "killed"

    def killed(*arguments: object, **options: bool) -> None:
        if not once.exists():
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "copy_rows", killed)
    with pytest.raises(HostFault, match=r"ended with code -9 \(SIGKILL\): most likely memory"):
        pool.run("events", part, lambda _: None)
    # The other process went on, and has loaded all else.
    left = warehouse.execute("SELECT count(*) FROM ingest.block WHERE loaded_at IS NULL")
    assert left.fetchone() <= (1,)
    settle("events", warehouse)
    assert counts(warehouse, "events") == (2000, 2000, 20)


def test_a_failing_worker_tells_why(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    land("events", "a.txt", events(5))
    part = the_part("events")

    def refuse(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("the disk is full")

    monkeypatch.setattr(batch, "copy_rows", refuse)
    with pytest.raises(HostFault, match="the disk is full"):
        pool.run("events", part, lambda _: None)
    assert warehouse.execute("SELECT state FROM ingest.file").fetchone() == ("loading",)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_kills_whoever_loads_it_waits_and_the_others_load(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    """As one that needs more memory than there is; small files share a batch with it."""
    configure(monkeypatch, workers=workers, block_bytes=400)
    for n in range(30):
        land("events", f"{n:02}.txt", events(3, tag="killer" if n == 7 else f"f{n}"))
    real = batch.parse

    def deadly(dataset: object, path: str, data: bytes, *rest: object) -> object:
        if b"killer" in data:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(dataset, path, data, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(batch, "parse", deadly)
        for _ in range(5):  # as often as Airflow tries
            exit_code(fork(lambda: ingest("events")))
        held.count_deaths()
    others = {path: state for (path, _), state in states(warehouse).items() if state != "sealed"}
    assert others == {"07.txt": "loading"}
    (told,) = warehouse.execute(
        "SELECT waits_for FROM ingest.file WHERE path = '07.txt'"
    ).fetchone()
    assert "most likely memory ran out (dmesg tells); give it more memory" in told
    retry_now(warehouse)
    ingest("events")
    assert counts(warehouse, "events") == (90, 90, 0)


def test_processes_that_end_well_or_on_purpose_leave_no_note(
    warehouse: psycopg.Connection, home: Path
) -> None:
    land("events", "a.txt", events(5))
    part = the_part("events")
    pool.run("events", part, lambda _: None)
    in_process.run("events", part, lambda _: None)
    assert list((home / "run" / "loading").iterdir()) == []
    held.count_deaths()
    assert warehouse.execute("SELECT attempts FROM ingest.file").fetchone() == (0,)
