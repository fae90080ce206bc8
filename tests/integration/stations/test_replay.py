"""Replay: a kept file again, under today's rules, in the place of what it gave before."""

import dataclasses
from pathlib import Path

import psycopg
import pytest

from penstock import datasets
from penstock.errors import PenstockError
from penstock.stations import seal
from penstock.stations.load import load
from penstock.stations.plan import plan
from tests.pipeline import counts, events, ingest, land, products, replay, states


def test_a_replay_takes_the_place_of_what_it_replays(warehouse: psycopg.Connection) -> None:
    for tag in ("old", "new"):
        land("products", "p.csv", products(3, tag))
        ingest("products")
    replay(1)
    ingest("products")
    found = warehouse.execute(
        "SELECT version, state, position FROM ingest.file ORDER BY version"
    ).fetchall()
    assert found == [(1, "superseded", 1), (2, "sealed", 2), (3, "sealed", 1)]
    assert counts(warehouse, "products") == (6, 6, 0)
    places = warehouse.execute("SELECT DISTINCT location FROM ingest.file").fetchall()
    assert all(Path(place).is_file() for (place,) in places)


def test_a_rejected_file_is_replayed_under_todays_rules(warehouse: psycopg.Connection) -> None:
    land("events", "x.txt", events(2, 3))
    ingest("events")
    lenient = dataclasses.replace(datasets.get("events"), reject_when_bad=0.9)
    with datasets.only(lenient):
        replay(1)
        ingest("events")
    assert states(warehouse) == {("x.txt", 1): "rejected", ("x.txt", 2): "sealed"}
    assert counts(warehouse, "events") == (2, 2, 3)


def test_a_replay_never_takes_the_place_of_newer_content(warehouse: psycopg.Connection) -> None:
    land("events", "x.txt", events(2, tag="old"))
    ingest("events")
    land("events", "x.txt", events(3, tag="new"))
    plan("events")
    with pytest.raises(PenstockError, match="newer"):
        replay(1)
    ingest("events")
    assert counts(warehouse, "events") == (3, 3, 0)


def test_a_file_is_replayed_once_at_a_time(warehouse: psycopg.Connection) -> None:
    land("products", "p.csv", products(3))
    ingest("products")
    replay(1)
    with pytest.raises(PenstockError, match="newer"):
        replay(1)
    ingest("products")
    assert counts(warehouse, "products") == (3, 3, 0)


def test_what_cannot_be_replayed_says_why(warehouse: psycopg.Connection) -> None:
    with pytest.raises(PenstockError, match="no file 7"):
        replay(7)
    for tag in ("old", "new"):
        land("events", "x.txt", events(2, tag=tag))
        ingest("events")
    with pytest.raises(PenstockError, match="is superseded"):
        replay(1)
    (place,) = warehouse.execute("SELECT location FROM ingest.file WHERE version = 2").fetchone()
    Path(place).unlink()
    with pytest.raises(PenstockError, match="no longer at"):
        replay(2)


@pytest.mark.parametrize("change", ["other bytes", "more bytes"])
def test_a_replay_of_other_bytes_than_those_that_were_loaded_is_refused(
    change: str, warehouse: psycopg.Connection
) -> None:
    land("events", "x.txt", events(3))
    ingest("events")
    (place,) = warehouse.execute("SELECT location FROM ingest.file").fetchone()
    data = events(3).replace(b"example", b"exomple")
    Path(place).write_bytes(data if change == "other bytes" else events(3) + events(1, tag="b"))
    told = "its SHA-256 is" if change == "other bytes" else "it loads anew, as a new version"
    with pytest.raises(PenstockError, match=told):
        replay(1)
    opened = warehouse.execute("SELECT kind, file_id FROM ingest.incident").fetchall()
    assert opened == ([("archive_differs", 1)] if change == "other bytes" else [])
    ingest("events")
    rows = 3 if change == "other bytes" else 4
    assert counts(warehouse, "events") == (rows, rows, 0)


def test_a_file_whose_bytes_change_while_it_is_replayed_takes_no_place(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "x.txt", events(3))
    ingest("events")
    (place,) = warehouse.execute("SELECT location FROM ingest.file").fetchone()
    replay(1)
    (part,) = plan("events")
    load("events", part)
    Path(place).write_bytes(events(3).replace(b"example", b"exomple"))
    assert seal.seal("events").files == []
    assert plan("events") == []
    assert states(warehouse) == {("x.txt", 1): "sealed", ("x.txt", 2): "superseded"}
    assert Path(place).is_file()
