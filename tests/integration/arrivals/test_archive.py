"""What is kept stays as the ledger knows it; late bytes are a new version or an incident."""

import gzip
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from penstock import ledger
from penstock.arrivals.archive import check_archive
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
    products,
    settle,
    states,
)
from tests.writers import Writer, as_a_service


def check() -> list[str]:
    """The kind of each finding."""
    with connect("loader", autocommit=True) as connection:
        return [finding.kind for finding in check_archive(connection)]


def open_incidents() -> list[str]:
    with connect("reader") as connection:
        return [incident["message"] for incident in ledger.open_incidents(connection)]


def kept(warehouse: psycopg.Connection, version: int = 1) -> Path:
    query = "SELECT location FROM ingest.file WHERE version = %s"
    return Path(warehouse.execute(query, [version]).fetchone()[0])


def append(place: Path, data: bytes) -> None:
    with place.open("ab") as file:
        file.write(data)


def test_what_is_appended_after_the_seal_becomes_a_new_version(
    home: Path, warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, settle_unknown_seconds=0.001)
    first, rest = events(1000), events(1000, tag="rest")
    (home / "landing" / "events").mkdir(parents=True)
    with as_a_service(), Writer(home / "landing" / "events" / "a.txt") as writer:
        writer.write(first)
        ingest("events")
        assert counts(warehouse, "events") == (1000, 1000, 0)
        assert check() == []
        writer.write(rest)
        assert check() == ["grown"]
        assert kept(warehouse).read_bytes() == first
        assert check() == []
        writer.end()
        settle("events", warehouse)
    assert counts(warehouse, "events") == (2000, 2000, 0)
    assert states(warehouse) == {("a.txt", 1): "superseded", ("a.txt", 2): "sealed"}
    assert kept(warehouse, 2).read_bytes() == first + rest
    assert check() == []
    assert open_incidents() == []


@pytest.mark.parametrize("dataset", ["products", "events"])
def test_what_is_appended_adds_no_row_twice_and_passes_no_newer_content(
    dataset: str, warehouse: psycopg.Connection
) -> None:
    make = {"products": products, "events": events}[dataset]
    name = {"products": "a.csv", "events": "a.txt"}[dataset]
    land(dataset, name, make(3))
    ingest(dataset)
    land(dataset, name, make(5, tag="new"))
    ingest(dataset)
    append(kept(warehouse), make(4, tag="late").split(b"\n", dataset == "products")[-1])
    found = check()
    settle(dataset, warehouse)
    if dataset == "products":  # versions add up: the first one still counts
        assert found == ["grown"]
        assert [p for p, s in states(warehouse).items() if s == "superseded"] == [(name, 1)]
        assert counts(warehouse, dataset) == (12, 12, 0)
    else:
        assert found == ["differs"]
        assert "and the file no longer counts" in open_incidents()[0]
        assert counts(warehouse, dataset) == (5, 5, 0)


def test_a_zipped_file_that_grows(warehouse: psycopg.Connection) -> None:
    first = gzip.compress(events(3))
    land("events", "a.txt.gz", first)
    ingest("events")
    append(kept(warehouse), gzip.compress(events(2, tag="late")))
    assert check() == ["grown"]
    assert kept(warehouse).read_bytes() == first
    settle("events", warehouse)
    assert counts(warehouse, "events") == (5, 5, 0)


def test_a_file_that_was_rejected_and_grows_is_tried_again(warehouse: psycopg.Connection) -> None:
    land("events", "a.txt", b"")
    ingest("events")
    append(kept(warehouse), events(3))
    assert check() == ["grown"]
    settle("events", warehouse)
    assert states(warehouse) == {("a.txt", 1): "rejected", ("a.txt", 2): "sealed"}


def test_other_bytes_are_an_incident_until_they_are_put_back(
    warehouse: psycopg.Connection,
) -> None:
    data = events(3)
    for n in range(3):
        land("events", f"{n}.txt", data)
        ingest("events")
    places = [Path(p) for (p,) in warehouse.execute("SELECT location FROM ingest.file").fetchall()]
    places[0].write_bytes(data.replace(b"example", b"exomple"))
    places[1].unlink()
    assert check() == ["differs", "missing"]
    assert check() == ["differs", "missing"], "told again, but one incident each"
    differs, missing = open_incidents()
    assert f"at {places[0]}: its SHA-256 is " in differs
    assert hashlib.sha256(data).hexdigest() in differs
    assert f"at {places[1]}: nothing is there" in missing
    places[0].write_bytes(data)
    places[1].write_bytes(data)
    assert check() == []
    assert open_incidents() == []


@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_crash_while_late_bytes_are_taken_in_is_mended(
    step: int, warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the new version is registered, before the file moves, before it is replaced."""
    land("events", "a.txt", events(3))
    ingest("events")
    append(kept(warehouse), events(2, tag="late"))
    place = kept(warehouse)

    def die_before(module: object, name: str, when: Callable[..., bool]) -> None:
        real = getattr(module, name)

        def dying(*arguments: object) -> object:
            if when(*arguments):
                os._exit(9)
            return real(*arguments)

        setattr(module, name, dying)

    def run() -> None:
        if step == 0:
            die_before(ledger, "late_version", lambda *_: True)
        elif step == 1:
            die_before(Path, "rename", lambda source, _: source == place)
        else:
            die_before(Path, "rename", lambda source, _: source.name == ".a.txt.kept")
        check()

    assert exit_code(fork(run)) == 9
    for _ in range(2):
        plan("events")
        check()
        settle("events", warehouse)
    assert counts(warehouse, "events") == (5, 5, 0)
    assert place.read_bytes() == events(3)
    assert check() == []
