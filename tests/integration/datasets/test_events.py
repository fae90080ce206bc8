"""Events: from the sample files to the mart and the quarantine."""

from datetime import UTC, datetime, timedelta

import psycopg

from penstock.marts import build
from tests.integration.marts.ledger import arrive
from tests.pipeline import ask, ingest, land, land_samples

FIRST = datetime(2000, 1, 1, 12, 30, tzinfo=UTC)
HISTOGRAM = "SELECT begins_at, seconds, events FROM marts.event_histogram"


def test_the_samples_reach_the_mart_and_their_broken_lines_the_quarantine(
    warehouse: psycopg.Connection,
) -> None:
    land_samples("events")
    counted = {file.path: (file.rows_good, file.rows_bad) for file in ingest("events").files}
    assert counted == {
        "accounts-2024-05-01.txt": (398, 2),
        "accounts-2024-05-02-bom.txt": (348, 2),
        "accounts-2024-05-03-crlf.txt": (118, 2),
    }
    assert build.build("events").rows["events"] == 864
    by_file = warehouse.execute("SELECT filename, count(*) FROM marts.events GROUP BY 1").fetchall()
    assert dict(by_file) == {path: good for path, (good, _) in counted.items()}
    (told,) = zip(
        *warehouse.execute("SELECT unnest(reasons) FROM ingest.quarantine").fetchall(), strict=True
    )
    assert any(", expected a time as ISO 8601 with a zone" in reason for reason in told)
    assert len(told) == 6


def test_both_ends_of_a_range_of_times_count(warehouse: psycopg.Connection) -> None:
    lines = [f"2000-01-0{day}T00:00:00Z a@example.org s\n" for day in (1, 2, 3, 4)]
    land("events", "a.txt", "".join(lines).encode())
    ingest("events")
    build.build("events")
    found = warehouse.execute(
        "SELECT count(*) FROM marts.events WHERE filename = 'a.txt'"
        " AND event_time BETWEEN '2000-01-02T00:00:00Z' AND '2000-01-03T00:00:00Z'"
    )
    assert found.fetchone() == (2,)


def test_a_histogram_has_all_events_in_bars_of_equal_width(warehouse: psycopg.Connection) -> None:
    minutes = {"a/x.txt": [0, 0, 1, 90], "b/x.txt": [0], "y.txt": [2]}
    for path, late in minutes.items():
        times = [FIRST + timedelta(minutes=minute, seconds=30) for minute in late]
        rows = [{"event_time": time, "email": "a@example.com", "session_id": ""} for time in times]
        arrive(warehouse, "events", path, rows)
    build.build("events")

    def at(minute: int) -> datetime:
        return FIRST + timedelta(minutes=minute)

    named = ask(warehouse, f"{HISTOGRAM}('x.txt')")
    assert named == [(at(0), 60, 3), (at(1), 60, 1), (at(90), 60, 1)]
    assert ask(warehouse, f"{HISTOGRAM}(bars => 2)") == [(at(-2), 2760, 5), (at(90), 2760, 1)]
    assert ask(warehouse, f"{HISTOGRAM}(NULL, %s, %s)", at(1), at(2)) == [
        (at(1), 60, 1),
        (at(2), 60, 1),
    ]
    for nothing in ("'z.txt'", "NULL, '2001-01-01'", "NULL, '2000-01-02', '2000-01-01'"):
        assert ask(warehouse, f"{HISTOGRAM}({nothing})") == []


def test_a_long_histogram_counts_by_hours(warehouse: psycopg.Connection) -> None:
    times = [FIRST + timedelta(days=day) for day in (0, 0, 400)]
    rows = [{"event_time": time, "email": "a@example.com", "session_id": ""} for time in times]
    arrive(warehouse, "events", "x.txt", rows)
    build.build("events")
    found = ask(warehouse, f"{HISTOGRAM}()")
    assert [events for *_, events in found] == [2, 1]
    assert {seconds % 3600 for _, seconds, _ in found} == {0}
    assert ask(
        warehouse, "SELECT filename, events, first_time, last_time FROM marts.event_files"
    ) == [("x.txt", 3, times[0], times[-1])]
