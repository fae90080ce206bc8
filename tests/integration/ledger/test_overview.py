"""The overview: counts by day, the last load, progress, and what is wrong, in words."""

from datetime import UTC, datetime, timedelta

import psycopg

from penstock import datasets, ledger
from penstock.ledger import Counts, Overview
from penstock.marts import build
from penstock.stations.plan import plan
from penstock.warehouse import connect
from tests.pipeline import events, ingest, land, replay


def of(dataset: str) -> Overview:
    """The overview of one dataset, as a reader gets it."""
    with connect("reader") as connection:
        (found,) = ledger.overview_of(connection, [datasets.get(dataset)])
    return found


def age(warehouse: psycopg.Connection, path: str, days: int) -> None:
    warehouse.execute(
        "UPDATE ingest.file SET registered_at = registered_at - %s WHERE path = %s",
        [timedelta(days=days), path],
    )


def test_a_dataset_without_files(warehouse: psycopg.Connection) -> None:
    empty = of("access_log")
    assert (empty.last_arrival, empty.last_load, empty.problems) == (None, None, [])
    assert (empty.total, empty.today, empty.in_flight.count) == (Counts(), Counts(), 0)
    assert empty.total.share_bad == 0
    assert not empty.is_late
    assert list(empty.days) == sorted(empty.days)
    assert len(empty.days) == 30


def test_counts_by_day_and_in_all(warehouse: psycopg.Connection) -> None:
    land("events", "old.txt", events(50, 1))
    land("events", "week.txt", events(20, 0, "b"))
    land("events", "today.txt", events(8, 2, "c"))
    land("events", "wrong.txt", events(0, 4))
    ingest("events")
    age(warehouse, "old.txt", 40)
    age(warehouse, "week.txt", 7)
    found = of("events")
    today = datetime.now(UTC).date()
    assert found.total == Counts(files=4, rejected=1, rows_good=78, rows_bad=3)
    assert found.today == Counts(files=2, rejected=1, rows_good=8, rows_bad=2)
    assert found.today.share_bad == 0.2
    assert found.days[today - timedelta(days=7)] == Counts(files=1, rows_good=20)
    assert sum(day.files for day in found.days.values()) == 3


def test_a_replay_does_not_count_rows_twice_in_all(warehouse: psycopg.Connection) -> None:
    land("events", "a.txt", events(9, 1))
    ingest("events")
    with connect("reader") as connection:
        (file,) = ledger.list_files(connection)
    replay(file["file_id"])
    ingest("events")
    assert of("events").total == Counts(files=2, rows_good=9, rows_bad=1)
    assert of("events").today.rows_good == 18


def test_the_last_load(warehouse: psycopg.Connection) -> None:
    land("events", "a.txt", events(10))
    ingest("events")
    land("events", "b.txt", events(30, 1, "b"))
    ingest("events")
    last = of("events").last_load
    assert last
    assert (last.path, last.rows) == ("b.txt", 31)
    assert last.size_bytes > 0 < last.seconds
    assert last.rows_per_second == last.rows / last.seconds


def test_progress_of_files_in_flight(warehouse: psycopg.Connection) -> None:
    land("events", "a.txt", events(10))
    plan("events")
    (file,) = of("events").in_flight.files
    assert (file.state, file.blocks, file.blocks_loaded, file.share) == ("loading", 1, 0, 0)
    warehouse.execute(
        "UPDATE ingest.block SET loaded_at = now(), records = 10, rows_good = 10, rows_bad = 0"
    )
    (file,) = of("events").in_flight.files
    assert (file.share, file.rows_loaded, file.bytes_loaded) == (1, 10, file.content_bytes)
    warehouse.execute(
        "INSERT INTO ingest.file (dataset, path, version, size_bytes, state)"
        " SELECT 'events', n::text, 1, 1, 'registered' FROM generate_series(1, 30) n"
    )
    assert of("events").in_flight.count == 31
    assert of("events").in_flight.files[0].state == "loading"


def test_late_is_a_problem_with_a_remedy(warehouse: psycopg.Connection) -> None:
    line = '127.0.0.1 - - [20/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5\n'
    land("access_log", "a.log", line.encode())
    ingest("access_log")
    assert not of("access_log").is_late
    age(warehouse, "a.log", 9)
    found = of("access_log")
    (late,) = found.problems
    assert found.is_late
    assert late.message == "no file arrived for 9 days; one is expected every 7 days"
    assert "landing/access_log" in late.remedy


def test_problems_name_the_file_and_what_to_do(warehouse: psycopg.Connection) -> None:
    land("events", "wrong.txt", events(0, 4))
    land("events", "mended.txt", events(0, 5))
    ingest("events")
    land("events", "mended.txt", events(5))
    ingest("events")
    with connect("loader") as loader:
        ledger.report_incident(loader, "events", "bug", "it broke: run this")
        loader.execute(
            "INSERT INTO ingest.file (dataset, path, version, size_bytes, state, waits_for)"
            " VALUES ('events', 'held.txt', 1, 1, 'claimed', 'the disk is full')"
        )
        loader.execute(
            "WITH rejected AS ("
            "  INSERT INTO ingest.file (dataset, path, version, size_bytes, state)"
            "  VALUES ('events', 'on purpose.txt', 1, 1, 'rejected') RETURNING file_id"
            ") INSERT INTO ingest.action (kind, dataset, file_id, who)"
            " SELECT 'reject', 'events', file_id, 'ann' FROM rejected"
        )
        loader.execute("UPDATE ingest.action SET done_at = now()")
    found = {problem.kind: problem for problem in of("events").problems}
    assert set(found) == {"incident", "waiting", "rejected"}
    assert found["incident"].message == "it broke: run this"
    assert found["waiting"].message == "held.txt: the disk is full"
    assert found["rejected"].message.startswith("wrong.txt: ")
    assert (found["rejected"].path, found["rejected"].files) == ("wrong.txt", 1)
    assert all(p.remedy for p in found.values() if p.kind != "incident")


def test_recent_files_come_newest_first_with_their_time(warehouse: psycopg.Connection) -> None:
    for name in ("old", "first", "second"):
        land("events", f"{name}.txt", events(3, tag=name))
        ingest("events")
    age(warehouse, "old.txt", 2)
    build.build("events")
    with connect("reader") as connection:
        found = ledger.recent_files(connection)
        assert [file["path"] for file in found] == ["second.txt", "first.txt"]
        assert all(file["seconds"] > 0 for file in found)
        assert len(ledger.recent_files(connection, limit=1)) == 1
