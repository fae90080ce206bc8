"""The seal: all of a file or nothing, and what a new version does to the one before."""

from pathlib import Path

import psycopg
import pytest

from penstock import ledger
from penstock.errors import PenstockError
from penstock.files import content
from penstock.stations import load, seal
from penstock.stations.engines import in_process
from penstock.stations.plan import plan
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
    replay,
    retry_now,
    settle,
    states,
)

A, B = events(3, tag="a"), events(5, tag="b")


def test_the_same_content_again_is_a_duplicate(warehouse: psycopg.Connection) -> None:
    for _ in range(2):
        land("events", "x.txt", A)
        ingest("events")
    assert states(warehouse) == {("x.txt", 1): "sealed", ("x.txt", 2): "duplicate"}
    assert warehouse.execute("SELECT count(*) FROM staging.events").fetchone() == (3,)


def test_new_content_supersedes_and_waits_for_the_marts(warehouse: psycopg.Connection) -> None:
    land("events", "x.txt", A)
    ingest("events")
    warehouse.execute("UPDATE ingest.file SET built_at = now()")
    assert not pending("events")
    land("events", "x.txt", B)
    ingest("events")
    assert states(warehouse) == {("x.txt", 1): "superseded", ("x.txt", 2): "sealed"}
    unbuilt = "SELECT count(*) FROM ingest.file WHERE built_at IS NULL"
    assert warehouse.execute(unbuilt).fetchone() == (2,)
    assert counts(warehouse, "events") == (5, 5, 0)
    assert pending("events")


def test_the_same_content_under_another_name_is_another_file(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "x.txt", A)
    land("events", "sub/x.txt", A)
    ingest("events")
    assert states(warehouse) == {("x.txt", 1): "sealed", ("sub/x.txt", 1): "sealed"}
    assert counts(warehouse, "events") == (6, 6, 0)


def test_a_version_waits_for_an_older_one_that_a_fault_holds(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    land("products", "x.csv", b"name,sku,description\nold,s,\n")
    with monkeypatch.context() as patch:
        patch.setattr(content, "open_plain", _no_memory)
        ingest("products")
    land("products", "x.csv", b"name,sku,description\nnew,s,\n")
    ingest("products")
    assert states(warehouse) == {("x.csv", 1): "claimed", ("x.csv", 2): "loading"}
    retry_now(warehouse)
    ingest("products")
    in_order = "SELECT version FROM ingest.file WHERE state = 'sealed' ORDER BY position"
    assert warehouse.execute(in_order).fetchall() == [(1,), (2,)]


def _no_memory(path: Path, file_id: int) -> object:
    raise MemoryError


def test_there_and_back_again(warehouse: psycopg.Connection) -> None:
    for data in (A, B, A):
        land("events", "x.txt", data)
        ingest("events")
    assert [state for _, state in sorted(states(warehouse).items())] == [
        "superseded",
        "superseded",
        "sealed",
    ]
    assert counts(warehouse, "events") == (3, 3, 0)


def test_versions_that_add_are_both_kept(warehouse: psycopg.Connection) -> None:
    for tag in ("old", "new"):
        land("products", "p.csv", products(4, tag))
        ingest("products")
    assert set(states(warehouse).values()) == {"sealed"}
    assert counts(warehouse, "products") == (8, 8, 0)


@pytest.mark.parametrize("newer_first", [True, False])
def test_two_versions_of_a_path_in_flight_at_once(
    warehouse: psycopg.Connection, newer_first: bool
) -> None:
    land("events", "x.txt", A)
    (one,) = plan("events")
    land("events", "x.txt", B)
    both = plan("events")
    newer = both[0] | {"first": both[-1]["last"]}
    for part in (newer, one) if newer_first else (one, newer):
        load.load("events", part)
        seal.seal("events")
    assert states(warehouse) == {("x.txt", 1): "superseded", ("x.txt", 2): "sealed"}
    assert counts(warehouse, "events") == (5, 5, 0)


@pytest.mark.usefixtures("home")
def test_nothing_is_sealed_before_all_blocks_are_in(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, block_bytes=1000, part_bytes=3000)
    land("events", "x.txt", events(200))
    parts = plan("events")
    for part in parts[:-1]:
        load.load("events", part)
        assert seal.seal("events").files == []
    load.load("events", parts[-1])
    (file,) = seal.seal("events").files
    assert file.line() == "file 1 x.txt (version 1): sealed; 200 rows loaded, 0 quarantined"


def test_a_file_of_mostly_bad_rows_is_rejected_and_supersedes_nothing(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "x.txt", A)
    ingest("events")
    land("events", "x.txt", events(2, 3))
    (file,) = ingest("events").files
    fault = "line 3: expected 3 fields separated by ' ', found 4 (and 2 more records)"
    told = f"{fault}; 3 of 5 records are bad, more than 50%"
    assert (file.state, file.reason) == ("rejected", told)
    assert states(warehouse)["x.txt", 1] == "sealed"


LOST = {
    "the only block": "DELETE FROM ingest.block",
    "the first block": "DELETE FROM ingest.block WHERE block_no = 0",
    "a block between": "DELETE FROM ingest.block WHERE block_no = 1",
    "the last block": "DELETE FROM ingest.block"
    " WHERE block_no = (SELECT max(block_no) FROM ingest.block)",
    "a part of the last block": "UPDATE ingest.block SET last_byte = last_byte - 1"
    " WHERE block_no = (SELECT max(block_no) FROM ingest.block)",
    "a record of a block": "UPDATE ingest.block SET rows_good = rows_good - 1 WHERE block_no = 0",
    "records that balance in sum": "UPDATE ingest.block SET records = records + 1 - 2 * block_no"
    " WHERE block_no < 2",
}


@pytest.mark.parametrize("lost", LOST)
def test_a_file_that_its_blocks_do_not_cover_is_loaded_again(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    if lost != "the only block":
        configure(monkeypatch, block_bytes=1000)
    land("events", "x.txt", events(97, 3))
    (part,) = plan("events")
    load.load("events", part)
    warehouse.execute("SET session_replication_role = replica")  # past the foreign keys
    warehouse.execute(LOST[lost])
    assert seal.seal("events").files == []
    assert counts(warehouse, "events") == (0, 0, 0)
    assert pending("events")
    ingest("events")
    assert states(warehouse) == {("x.txt", 1): "superseded", ("x.txt", 2): "sealed"}
    assert counts(warehouse, "events") == (97, 97, 3)
    kept = warehouse.execute("SELECT location FROM ingest.file").fetchall()
    assert [Path(place).read_bytes() == events(97, 3) for (place,) in kept] == [True, True]


def test_what_does_not_cover_its_file_never_takes_the_place_of_newer_content(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "x.txt", A)
    (older,) = plan("events")
    land("events", "x.txt", B)
    plan("events")
    load.load("events", older)
    warehouse.execute("DELETE FROM ingest.block WHERE file_id = 1")
    assert seal.seal("events").files == []
    settle("events", warehouse)
    assert states(warehouse) == {("x.txt", 1): "superseded", ("x.txt", 2): "sealed"}
    assert counts(warehouse, "events") == (5, 5, 0)


def test_a_replay_that_its_blocks_do_not_cover_still_replaces_what_it_replays(
    warehouse: psycopg.Connection,
) -> None:
    land("products", "p.csv", products(4))
    ingest("products")
    replay(1)
    (part,) = plan("products")
    load.load("products", part)
    warehouse.execute("DELETE FROM ingest.block WHERE file_id = 2")
    assert seal.seal("products").files == []
    assert counts(warehouse, "products") == (4, 4, 0)
    settle("products", warehouse)
    assert [state for _, state in sorted(states(warehouse).items())] == [
        "superseded",
        "superseded",
        "sealed",
    ]
    assert counts(warehouse, "products") == (4, 4, 0)
    places = "SELECT position FROM ingest.file ORDER BY version"
    assert warehouse.execute(places).fetchall() == [(1,), (None,), (1,)]


def test_a_file_that_is_never_covered_is_held_and_told(warehouse: psycopg.Connection) -> None:
    land("events", "x.txt", A)
    for _ in range(4):
        for part in plan("events"):
            load.load("events", part)
        warehouse.execute("DELETE FROM ingest.block")
        outcome = seal.seal("events").files
    assert outcome == []
    assert states(warehouse)["x.txt", 4] == "rejected"
    (incident,) = ledger.open_incidents(warehouse, "events")
    assert "`penstock replay 4` loads it again" in incident["message"]
    replay(4)
    ingest("events")
    assert ledger.open_incidents(warehouse, "events") == []
    assert counts(warehouse, "events") == (3, 3, 0)


@pytest.mark.usefixtures("home")
def test_a_part_of_which_blocks_are_passed_over_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, block_bytes=1000, engine="in_process")
    land("events", "x.txt", events(200))
    (part,) = plan("events")
    monkeypatch.setattr(in_process, "run", lambda *_: None)
    with pytest.raises(PenstockError, match="block 0 of file 1 was not"):
        load.load("events", part)


@pytest.mark.usefixtures("home")
def test_a_header_without_rows_is_sealed_empty() -> None:
    land("products", "p.csv", b"name,sku,description\n")
    (file,) = ingest("products").files
    assert (file.state, file.rows_good, file.rows_bad) == ("sealed", 0, 0)


def test_seals_at_once_give_each_file_one_place(warehouse: psycopg.Connection) -> None:
    for n in range(40):
        land("events", f"{n}.txt", A)
    (part,) = plan("events")
    load.load("events", part)
    all_of_them = [fork(lambda: seal.seal("events")) for _ in range(3)]
    assert [exit_code(process) for process in all_of_them] == [0, 0, 0]
    query = "SELECT count(DISTINCT load_seq), count(load_seq) FROM ingest.file"
    assert warehouse.execute(query).fetchone() == (40, 40)
    settle("events", warehouse)
