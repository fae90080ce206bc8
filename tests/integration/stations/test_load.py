"""Blocks into staging and quarantine: exact whoever loads, however often, and whatever breaks."""

import os
import signal

import psycopg
import pytest

from penstock import datasets, ledger
from penstock.errors import PenstockError
from penstock.stations import batch, batches, load
from penstock.stations.plan import plan
from penstock.warehouse import connect
from tests.pipeline import (
    configure,
    counts,
    events,
    exit_code,
    fork,
    ingest,
    land,
    pending,
    products,
    retry_now,
    settle,
    states,
    the_part,
)

UGLY = {
    1: b"\xef\xbb\xbf2024-05-01T10:00:00Z a@example.org s1\n",
    2: b"null\n",
    3: b"2000-01-01T25:49Z b@example.org s2\n",
    4: b"2024-05-01T10:00:00Z c@example.org\n",
    5: b"2024-05-01T10:00:00Z d@example.org s d\n",
    6: b"2024-05-01T10:00:00Z e\xff@example.org s3\n",
    7: b"2024-05-01T10:00:00Z f\0@example.org s4\n",
    8: b"2024-05-01T10:00:00Z g@example.org \n",
    9: b"1969-05-01T10:00:00Z h@example.org s5\n",
    10: b"2024-05-01T10:00:00Z i@example.org s6\r\n",
    11: b"\n",
    12: b"2024-05-01T10:00:00Z j@example.org s7\n",
    13: b"2024-05-01T10:00:00Z k@example.org s8\n",
    14: b"2024-05-01T10:00:00Z l@example.org s9\n",
    15: b"2024-05-01T10:00:00Z m@example.org s10",
}
BAD = {2, 3, 4, 5, 6, 7, 9}


def test_ugly_lines_are_quarantined_and_good_ones_around_them_load(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "ugly.txt", b"".join(UGLY.values()))
    ingest("events")
    loaded = warehouse.execute("SELECT _row FROM staging.events ORDER BY 1").fetchall()
    assert [row for (row,) in loaded] == sorted(set(UGLY) - BAD - {11})
    refused = warehouse.execute(
        "SELECT path, line, raw, reasons FROM ingest.quarantine JOIN ingest.file USING (file_id)"
        " ORDER BY line"
    ).fetchall()
    assert [line for _, line, _, _ in refused] == sorted(BAD)
    said = {line: (raw, " ".join(reasons)) for _, line, raw, reasons in refused}
    assert {path for path, *_ in refused} == {"ugly.txt"}
    assert said[2] == ("null", "expected 3 fields separated by ' ', found 1")
    assert said[3][0] == "2000-01-01T25:49Z b@example.org s2"
    assert "event_time" in said[3][1]
    assert said[6][0] == r"2024-05-01T10:00:00Z e\xff@example.org s3"
    assert r"f\x00@example.org" in said[7][0]
    assert "not between 1970 and 2100" in said[9][1]
    empty = warehouse.execute("SELECT session_id FROM staging.events WHERE _row = 8").fetchone()
    assert empty == ("",)


@pytest.mark.parametrize("engine", ["pool", "in_process"])
def test_many_blocks_of_multi_line_csv_load_exactly(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    configure(monkeypatch, engine=engine, block_bytes=20_000)
    land("products", "p.csv", products(3000))
    (file,) = ingest("products").files
    assert (file.state, file.rows_good, file.rows_bad) == ("sealed", 3000, 0)
    assert warehouse.execute("SELECT count(*) > 5 FROM ingest.block").fetchone() == (True,)
    query = "SELECT count(DISTINCT _row), max(_row), max(description) FROM staging.products"
    assert warehouse.execute(query).fetchone() == (3000, 6000, 'one, "two"\nthree 999')


def test_hundreds_of_small_files_share_a_transaction_and_a_bad_one_is_held_up_alone(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(500):
        land("events", f"{n:03}.txt", events(3, tag=f"f{n}-"))
    land("events", "binary.txt", b"\x89PNG\r\n\x1a\n" + bytes(1000))
    _break(monkeypatch, b"f250-", RuntimeError("no reason"))
    part = the_part("events")
    load.load("events", part)
    ingest("events")
    assert counts(warehouse, "events") == (499 * 3, 499 * 3, 0)
    others = {path: state for (path, _), state in states(warehouse).items() if state != "sealed"}
    assert others == {"250.txt": "loading", "binary.txt": "rejected"}


def test_small_files_without_a_culprit_take_one_transaction(
    warehouse: psycopg.Connection,
) -> None:
    for n in range(500):
        land("events", f"{n:03}.txt", events(2))
    load.load("events", the_part("events"))
    query = "SELECT count(*), count(DISTINCT xmin::text) FROM ingest.block"
    assert warehouse.execute(query).fetchone() == (500, 1)


def test_a_batch_that_fails_keeps_its_blocks_from_other_workers(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Isolating the culprit must not free the others: a second worker would double their rows."""
    for n in range(8):
        land("events", f"{n}.txt", events(3, tag=f"f{n}-"))
    part = the_part("events")
    real = batch.parse

    def parse(dataset: object, path: str, data: bytes, *rest: object) -> object:
        if b"f7-" in data:
            monkeypatch.setattr(batch, "parse", real)
            batches.drain("events", part, lambda _: None)  # the second worker, just then
            raise RuntimeError("a fault that passes")
        return real(dataset, path, data, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "parse", parse)
    load.load("events", part)
    settle("events", warehouse)
    assert counts(warehouse, "events") == (24, 24, 0)


def test_a_staging_table_that_is_not_migrated_rejects_no_file(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "a.txt", events(5))
    warehouse.execute("ALTER TABLE staging.events RENAME COLUMN email TO mail")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        ingest("events")
    warehouse.execute("ALTER TABLE staging.events RENAME COLUMN mail TO email")
    assert [file.state for file in ingest("events").files] == ["sealed"]


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("two\nlines"), ValueError("")])
def test_an_unexpected_failure_holds_up_only_the_file_it_is_in(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    land("events", "a.txt", events(3, tag="fine"))
    land("events", "b.txt", events(3, tag="poison"))
    with monkeypatch.context() as patch:
        _break(patch, b"poison", error)
        ingest("events")
    assert states(warehouse) == {("a.txt", 1): "sealed", ("b.txt", 1): "loading"}
    (told,) = warehouse.execute("SELECT waits_for FROM ingest.file WHERE path = 'b.txt'").fetchone()
    incident = warehouse.execute("SELECT kind, message, resolved_at FROM ingest.incident")
    if isinstance(error, MemoryError):
        assert "out of memory; give it more" in told
        assert incident.fetchone() is None
    else:
        assert f"a bug in Penstock: {type(error).__name__}" in told
        assert incident.fetchone() == ("bug", f"{told}; the file is kept and tried again", None)
    retry_now(warehouse)
    ingest("events")
    assert set(states(warehouse).values()) == {"sealed"}
    assert counts(warehouse, "events") == (6, 6, 0)
    still = "SELECT count(*) FROM ingest.incident WHERE resolved_at IS NULL"
    assert warehouse.execute(still).fetchone() == (0,)


def test_two_processes_on_one_file(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, block_bytes=10_000)
    land("events", "a.txt", events(4000, 40))
    part = the_part("events")
    both = [fork(lambda: batches.drain("events", part, lambda _: None)) for _ in range(2)]
    assert [exit_code(process) for process in both] == [0, 0]
    ingest("events")
    assert counts(warehouse, "events") == (4000, 4000, 40)


def test_a_retry_while_the_first_attempt_still_holds_a_block(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, block_bytes=10_000, engine="in_process")
    land("events", "a.txt", events(1000, 10))
    part = the_part("events")
    with connect("loader") as first:
        (held,) = ledger.claim_blocks(first, "events", part["first"], part["last"], 1)
        load.load("events", part)
        assert ingest("events").files == []  # not complete: the first attempt has one block
        declared = datasets.get("events")
        suite_id = ledger.keep_suite(first, declared)
        batches._load_or_isolate(first, declared, suite_id, [held])
    (file,) = ingest("events").files
    assert (file.rows_good, file.rows_bad) == (1000, 10)
    assert counts(warehouse, "events") == (1000, 1000, 10)


def test_a_worker_that_dies_holding_a_block_frees_it(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, block_bytes=10_000, engine="in_process")
    land("events", "a.txt", events(1000, 10))
    part = the_part("events")

    def die_before_commit() -> None:
        commit = ledger.mark_loaded

        def killed(*arguments: object) -> None:
            commit(*arguments)  # type: ignore[arg-type]
            os.kill(os.getpid(), signal.SIGKILL)

        ledger.mark_loaded = killed  # type: ignore[assignment]
        batches.drain("events", part, lambda _: None)

    assert exit_code(fork(die_before_commit)) == -signal.SIGKILL
    settle("events", warehouse)
    assert counts(warehouse, "events") == (1000, 1000, 10)


def test_a_warehouse_that_goes_away_rejects_no_file(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, engine="in_process")
    land("events", "a.txt", events(5))
    part = the_part("events")
    real = batch.copy_rows

    def cut_off(*arguments: object, **options: bool) -> None:
        warehouse.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'penstock loader' AND datname = current_database()"
        )
        real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "copy_rows", cut_off)
    with pytest.raises((PenstockError, psycopg.Error)):
        load.load("events", part)
    monkeypatch.setattr(batch, "copy_rows", real)
    assert pending("events")
    assert len(plan("events")) == 1
    settle("events", warehouse)
    assert counts(warehouse, "events") == (5, 5, 0)


def _break(monkeypatch: pytest.MonkeyPatch, poison: bytes, error: Exception) -> None:
    """Let the parser fail on a block that holds `poison`."""
    real = batch.parse

    def parse(dataset: object, path: str, data: bytes, *rest: object) -> object:
        if poison in data:
            raise error
        return real(dataset, path, data, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "parse", parse)
