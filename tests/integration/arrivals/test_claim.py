"""Files that somebody still writes to: every row that comes before the seal is loaded, once."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from penstock import ledger
from penstock.arrivals import claim
from penstock.datasets import get
from penstock.files import landing
from penstock.files.writers import Look, Writers
from penstock.stations import seal
from penstock.stations.load import load
from penstock.stations.plan import plan
from tests.pipeline import configure, counts, events, land, pending, settle, states
from tests.writers import FOREIGN, Writer, as_a_service

FIRST, REST = events(1000, tag="first"), events(1000, 5, tag="rest")
ALL = (2000, 2000, 5)


@pytest.fixture(autouse=True)
def service(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A service that may not ask who writes to the files of others, and does not wait long."""
    configure(monkeypatch, settle_unknown_seconds=0.001, engine="in_process")
    landing.folder(get("events"))
    with as_a_service():
        yield


@pytest.fixture
def place(home: Path) -> Path:
    return landing.root() / "events" / "a.txt"


def take_all(warehouse: psycopg.Connection) -> None:
    settle("events", warehouse)
    assert counts(warehouse, "events") == ALL
    found = states(warehouse)
    assert sorted(found.values()) == ["sealed", *["superseded"] * (len(found) - 1)]
    assert not any(path.is_file() for path in landing.area_folder("copies").rglob("*"))


STATIONS = [plan, lambda name: [load(name, part) for part in plan(name)]]


@pytest.mark.parametrize("by_link", [False, True])
@pytest.mark.parametrize("until", STATIONS, ids=["planned", "loaded"])
def test_a_writer_who_pauses_until_the_file_is(
    until: Callable[[str], object], by_link: bool, warehouse: psycopg.Connection, place: Path
) -> None:
    with Writer(place, by_link=by_link) as writer:
        writer.write(FIRST)
        until("events")
        assert states(warehouse) == {("a.txt", 1): "loading"}
        writer.write(REST)
        writer.end()
    take_all(warehouse)


@pytest.mark.parametrize("by_link", [False, True])
def test_a_writer_who_pauses_until_the_seal_is_being_made(
    by_link: bool,
    warehouse: psycopg.Connection,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = ledger.files_to_archive
    with Writer(place, by_link=by_link) as writer:
        writer.write(FIRST)
        parts = plan("events")
        for part in parts:
            load("events", part)

        def write_first(*arguments: object) -> object:
            writer.write(REST)
            return real(*arguments)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(ledger, "files_to_archive", write_first)
            assert [file.state for file in seal.seal("events").files] == ["sealed"]
    take_all(warehouse)


def test_a_writer_of_our_own_comes_between_the_check_and_the_claim(
    warehouse: psycopg.Connection, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land("events", "a.txt", FIRST)
    real = landing.move

    def open_first(source: Path, target: Path) -> bool:
        opened.append(source.open("ab"))
        return real(source, target)

    opened: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(landing, "move", open_first)
        assert plan("events") == []
    assert states(warehouse) == {("a.txt", 1): "registered"}
    assert pending("events")
    [file] = opened
    file.write(REST)
    file.close()
    take_all(warehouse)
    assert states(warehouse) == {("a.txt", 1): "sealed"}


def test_a_file_that_changes_between_the_check_and_the_claim_is_registered_anew(
    warehouse: psycopg.Connection, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land("events", "a.txt", FIRST)
    real = ledger.register

    def append_after(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
        with place.open("ab") as file:
            file.write(REST)

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "register", append_after)
        assert plan("events") == []
    assert place.exists()
    take_all(warehouse)


def test_a_file_is_copied_only_where_others_can_reach_it(
    warehouse: psycopg.Connection, home: Path
) -> None:
    land("events", "ours.txt", events(3))
    kept = home / "kept.txt"
    kept.hardlink_to(land("events", "linked.txt", events(4)))
    inode = kept.stat().st_ino
    parts = plan("events")
    copied = warehouse.execute("SELECT path, copied FROM ingest.file ORDER BY path").fetchall()
    assert copied == [("linked.txt", True), ("ours.txt", False)]
    for part in parts:
        load("events", part)
    seal.seal("events")
    (archived,) = (home / "archive").rglob("linked.txt")
    assert archived.stat().st_ino == inode, "what is kept is what others may write to"
    assert not any((home / "copies").rglob("*.txt"))


def test_bytes_that_change_under_the_same_size_and_time_are_found_where_others_can_reach_them(
    warehouse: psycopg.Connection, home: Path
) -> None:
    kept = home / "kept.txt"
    kept.hardlink_to(land("events", "a.txt", events(3, tag="old")))
    for part in plan("events"):
        load("events", part)
    info = kept.stat()
    kept.write_bytes(events(3, tag="new"))
    os.utime(kept, ns=(info.st_atime_ns, info.st_mtime_ns))
    assert seal.seal("events").files == []
    settle("events", warehouse)
    query = (
        "SELECT DISTINCT left(email, 3) FROM staging.events JOIN ingest.file ON _file_id = file_id"
    )
    found = warehouse.execute(f"{query} WHERE state = 'sealed'").fetchall()
    assert found == [("new",)]


def test_a_copy_that_is_lost_is_made_anew(warehouse: psycopg.Connection, home: Path) -> None:
    (home / "kept.txt").hardlink_to(land("events", "a.txt", events(3)))
    plan("events")
    (copy,) = (home / "copies").rglob("a.txt")
    copy.unlink()
    settle("events", warehouse)
    assert counts(warehouse, "events") == (3, 3, 0)


def test_no_way_to_tell_is_no_answer(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land("events", "a.txt", FIRST)
    if os.geteuid() == 0:
        os.chown(place, FOREIGN, FOREIGN)
    else:  # nobody's file but ours: one that cannot be opened gives no answer either
        place.chmod(0)
    os.utime(place)
    assert Look().at(place) is Writers.UNKNOWN
    configure(monkeypatch, settle_unknown_seconds=3600)
    assert plan("events") == []
    os.utime(place, (1, 1))
    if os.geteuid() == 0:
        with place.open("ab"):
            os.utime(place, (1, 1))
            assert Look().at(place) is Writers.SOMEBODY, "/proc shows our own processes"
            assert not pending("events")
    assert pending("events")


def test_the_copy_is_whole(home: Path) -> None:
    source = land("events", "a.txt", FIRST)
    claim.copy(source, home / "copies" / "a.txt")
    claim.copy(source, home / "copies" / "head.txt", 10)
    assert (home / "copies" / "a.txt").read_bytes() == FIRST
    assert (home / "copies" / "head.txt").read_bytes() == FIRST[:10]
    assert (home / "copies" / "a.txt").stat().st_mtime == 1
    assert len(list((home / "copies").iterdir())) == 2
