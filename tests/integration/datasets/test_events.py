"""Events: from the sample files to the mart and the quarantine."""

import psycopg

from penstock.marts import build
from tests.pipeline import ingest, land, land_samples


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
    assert build.build("events").rows == {"events": 864}
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
