"""Access logs: every line accounted for, and the three questions answered to the second."""

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from penstock.datasets import countries
from penstock.marts import build
from tests import pipeline
from tests.integration.datasets.arrivals import random_arrivals, received, rows_of
from tests.integration.marts.ledger import Row, arrive
from tests.pipeline import ask, replay

SECOND = timedelta(seconds=1)
SINCE, UNTIL = datetime(1995, 8, 18, tzinfo=UTC), datetime(1995, 8, 20, 23, 59, 59, tzinfo=UTC)
TOP_HOSTS = "SELECT * FROM marts.access_log_top_hosts(%s, %s, %s)"
COUNTRIES = "SELECT * FROM marts.access_log_countries(%s)"
COUNTRY = {"a.uk": "GB", "b.uk": "GB", "c.uk": "GB", "d.jp": "JP", "e": "ZZ"}


def request(host: str, at: datetime = SINCE, size: int | None = 1) -> Row:
    return {
        **{"host": host, "country": COUNTRY[host], "requested_at": at, "size_bytes": size},
        **{"method": "GET", "path": "/", "status": 200},
    }


def test_the_samples_from_landing_to_the_answers(warehouse: psycopg.Connection) -> None:
    pipeline.land_samples("access_log")
    pipeline.ingest("access_log")
    build.build("access_log")
    assert pipeline.counts(warehouse, "access_log") == (516, 516, 4)
    late = "31/Aug/1995:25:10:00 -0400"
    written = "a time such as 20/Nov/2026:10:00:00 +0000"
    misfit, tail = "does not have the form of a record: character ", "other fields or the end"
    refused = "SELECT path, line, reasons FROM ingest.quarantine JOIN ingest.file USING (file_id)"
    assert sorted(ask(warehouse, refused)) == [
        ("access_log_1995-08", 289, ["status: OK, expected a whole number"]),
        ("access_log_1995-08", 302, [f"requested_at: {late}, expected {written}"]),
        ("access_log_1995-08", 380, [f"{misfit}33: expected a time and `]`, found 21/Aug/19"]),
        (
            "web-2024-05-03.log.gz",
            121,
            [f'{misfit}86: expected a referrer in `"`, {tail}, found " "https://www.exam"'],
        ),
    ]
    not_text = "SELECT path, size_bytes FROM marts.access_log_requests WHERE path LIKE '%page.html'"
    assert ask(warehouse, not_text) == [(r"/a \xa5\xa2 page.html", None)]
    assert ask(warehouse, "SELECT sum(requests) FROM marts.access_log_countries_daily") == [(516,)]
    assert ask(warehouse, TOP_HOSTS, 2, SINCE, UNTIL) == [
        ("cache1.example.com", 64),
        ("gate.example.jp", 48),
    ]
    assert ask(warehouse, COUNTRIES, None)[:3] == [("ZZ", 199, 7), ("JP", 135, 5), ("GB", 60, 2)]


def test_a_window_holds_both_its_ends_and_no_second_more(warehouse: psycopg.Connection) -> None:
    instants = (SINCE - SECOND, SINCE, UNTIL, UNTIL + SECOND)
    arrive(warehouse, "access_log", "a.log", [request("d.jp", at) for at in instants])
    build.build("access_log")
    assert ask(warehouse, TOP_HOSTS, 10, SINCE, UNTIL) == [("d.jp", 2)]
    within = "SELECT * FROM marts.access_log_countries(since => %s, until => %s)"
    assert ask(warehouse, within, SINCE, UNTIL) == [("JP", 2, 1)]
    days = "SELECT day::text, requests FROM marts.access_log_countries_daily ORDER BY day"
    expected = [("1995-08-17", 1), ("1995-08-18", 1), ("1995-08-20", 1), ("1995-08-21", 1)]
    assert ask(warehouse, days) == expected


def test_the_first_country_is_that_of_the_largest_sum(warehouse: psycopg.Connection) -> None:
    """And not that of the busiest host; of how many hosts is said, or till it is certain."""
    busy = {"d.jp": 5, "a.uk": 4, "b.uk": 4, "c.uk": 4, "e": 1}
    rows = [request(host) for host, n in busy.items() for _ in range(n)]
    arrive(warehouse, "access_log", "a.log", rows)
    build.build("access_log")
    assert ask(warehouse, "SELECT * FROM marts.access_log_top_hosts(2)") == [
        ("d.jp", 5),
        ("a.uk", 4),
    ]
    assert len(ask(warehouse, "SELECT * FROM marts.access_log_top_hosts(NULL)")) == 5
    assert ask(warehouse, COUNTRIES, None) == [("GB", 12, 3), ("JP", 5, 1), ("ZZ", 1, 1)]
    assert ask(warehouse, COUNTRIES, 2) == [("JP", 5, 1), ("GB", 4, 1)]
    early = "SELECT * FROM marts.access_log_countries(%s, stop_early => true)"
    assert ask(warehouse, early, None) == [("GB", 12, 3), ("JP", 5, 1)]  # the 12 of 18 suffice
    assert ask(warehouse, early, 3) == [("GB", 8, 2), ("JP", 5, 1)]
    assert ask(warehouse, early, 1) == [("JP", 5, 1)]


def test_paths_are_those_of_whole_days_without_their_query_string(
    warehouse: psycopg.Connection,
) -> None:
    day = timedelta(days=1)
    asked = [("/a?x=1", 0, 200), ("/a?x=2", 1, 404), ("/b", 1, 200), ("/b", 2, 200), ("/b", 2, 500)]
    rows = [
        {**request("e", SINCE + days * day), "path": path, "status": status}
        for path, days, status in asked
    ]
    long = {**request("e"), "path": "/" + "long" * 2000}
    arrive(warehouse, "access_log", "a.log", [*rows, long])
    build.build("access_log")
    top = "SELECT * FROM marts.access_log_top_paths"
    assert ask(warehouse, f"{top}(2)") == [("/b", 3, 1), ("/a", 2, 1)]
    assert ask(warehouse, f"{top}(1, %s, %s)", SINCE, SINCE + day) == [("/a", 2, 1)]
    assert [len(path) for path, *_ in ask(warehouse, f"{top}(NULL)")] == [2, 2, 500]


def test_newer_address_data_counts_for_what_is_loaded_or_replayed_since(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = '133.11.0.7 - - [18/Aug/1995:00:00:00 +0000] "GET /{} HTTP/1.0" 200 1\n'
    by_country = "SELECT country, requests FROM marts.access_log_hosts_daily ORDER BY country"
    pipeline.land("access_log", "1.log", line.format(1).encode())
    pipeline.ingest("access_log")
    monkeypatch.setattr(countries, "country_code", lambda _: "KR")
    pipeline.land("access_log", "2.log", line.format(2).encode())
    pipeline.ingest("access_log")
    build.build("access_log")
    assert ask(warehouse, by_country) == [("JP", 1), ("KR", 1)]
    assert ask(warehouse, COUNTRIES, 1) == [("JP", 1, 1), ("KR", 1, 1)]
    replay(1)
    pipeline.ingest("access_log")
    build.build("access_log")
    assert ask(warehouse, by_country) == [("KR", 2)]


def test_the_questions_are_answered_by_index(warehouse: psycopg.Connection) -> None:
    build.full_refresh("access_log")
    warehouse.execute("SET enable_seqscan = off")
    for question in (
        "SELECT * FROM marts.access_log_top_hosts(10, '1995-08-18Z', '1995-08-20Z')",
        "SELECT * FROM marts.access_log_countries(10, '1995-08-18Z', '1995-08-20Z')",
        "SELECT FROM marts.access_log_requests WHERE host = 'a' AND requested_at > '1995-08-18Z'",
        "SELECT * FROM marts.access_log_hosts_daily WHERE day = '1995-08-18'",
        "SELECT * FROM marts.access_log_statuses_hourly WHERE hour > '1995-08-18Z'",
        "SELECT * FROM marts.access_log_top_paths(10, '1995-08-18', '1995-08-20')",
    ):
        plan = "\n".join(line for (line,) in ask(warehouse, f"EXPLAIN {question}"))
        assert "Index Cond" in plan, plan


def a_request(luck: random.Random) -> Row:
    """At the edges of days, often the same as another."""
    edge = SINCE + luck.randint(0, 3) * timedelta(days=1)
    at = edge + luck.choice([-SECOND, 0 * SECOND, SECOND])
    return request(luck.choice(sorted(COUNTRY)), at, luck.choice([None, 0, 7]))


def check(warehouse: psycopg.Connection) -> None:
    """The days are those of the rows that count."""
    requests: dict[Any, int] = defaultdict(int)
    sizes: dict[Any, int] = defaultdict(int)
    for row in received(warehouse, "access_log"):
        key = (row["requested_at"].astimezone(UTC).date(), row["host"], row["country"])
        requests[key] += 1
        sizes[key] += row["size_bytes"] or 0
    expected = sorted((*key, n, sizes[key]) for key, n in requests.items())
    hosts = "SELECT day, host, country, requests, size_bytes FROM marts.access_log_hosts_daily"
    assert sorted(ask(warehouse, hosts)) == expected
    by_country: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for (day, _, country), n in requests.items():
        by_country[day, country][0] += n
        by_country[day, country][1] += 1
    countries = "SELECT day, country, requests, hosts FROM marts.access_log_countries_daily"
    assert sorted(ask(warehouse, countries)) == sorted((*k, *v) for k, v in by_country.items())
    check_statuses_and_paths(warehouse)


def check_statuses_and_paths(warehouse: psycopg.Connection) -> None:
    rows = received(warehouse, "access_log")
    at = [row["requested_at"].astimezone(UTC) for row in rows]
    hours = Counter(time.replace(minute=0, second=0, microsecond=0) for time in at)
    statuses = "SELECT hour, status, requests FROM marts.access_log_statuses_hourly"
    assert sorted(ask(warehouse, statuses)) == [(h, 200, n) for h, n in sorted(hours.items())]
    days = Counter(time.date() for time in at)
    paths = "SELECT day, path, requests, errors FROM marts.access_log_paths_daily"
    assert sorted(ask(warehouse, paths)) == [(day, "/", n, 0) for day, n in sorted(days.items())]


def test_increments_equal_a_full_refresh(warehouse: psycopg.Connection) -> None:
    luck = random.Random(3)
    for _ in random_arrivals(warehouse, luck, {"access_log": a_request}):
        if luck.random() < 0.6:
            build.build("access_log")
            check(warehouse)
    build.build("access_log")
    check(warehouse)
    incremental = rows_of(warehouse, "access_log")
    build.full_refresh("access_log")
    assert rows_of(warehouse, "access_log") == incremental
