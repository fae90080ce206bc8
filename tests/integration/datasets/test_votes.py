"""Votes: each once, whatever comes twice or late, and the distribution to the microsecond."""

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from penstock.datasets.votes import candidates
from penstock.marts import build, dbt
from tests import pipeline
from tests.integration.datasets.arrivals import Received, random_arrivals, received, rows_of
from tests.integration.marts.ledger import Row, arrive
from tests.pipeline import ask

WRITTEN = "a time as ISO 8601, such as 2026-11-20T10:00:00Z or 2026-11-20 10:00:00"
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MICROSECOND, SECOND = timedelta(microseconds=1), timedelta(seconds=1)
TEN_MINUTES = timedelta(minutes=10)
DISTRIBUTION = """
    SELECT name, total_votes, last_10_minutes_votes, last_vote_time
    FROM marts.vote_distribution ORDER BY candidate
"""


def distribution_at(warehouse: psycopg.Connection, *instants: datetime) -> list[Any]:
    """The answers of the analysis, as dbt compiles it."""
    given = ["--select", "vote_distribution_at", "--vars", json.dumps({"instant": "THEN"})]
    (result,) = dbt.run("compile", ["compile", *given])
    query = result.node.compiled_code
    return [ask(warehouse, query.replace("THEN", instant.isoformat())) for instant in instants]


def test_json_lines_and_csv_with_repeats_and_strangers(warehouse: psycopg.Connection) -> None:
    pipeline.land_samples("votes")
    pipeline.ingest("votes")
    build.build("votes")
    assert pipeline.counts(warehouse, "votes") == (62, 62, 5)
    assert ask(warehouse, "SELECT count(*) FROM marts.votes") == [(60,)]
    assert ask(warehouse, DISTRIBUTION) == [
        ("chips", 35, 0, datetime(2024, 5, 1, 12, 11, 59, 977703, UTC)),
        ("lam lam", 18, 0, datetime(2024, 5, 1, 12, 12, 23, 324502, UTC)),
        ("justice", 7, 0, datetime(2024, 5, 1, 12, 10, 2, 926872, UTC)),
    ]
    reasons = "SELECT path, line, reasons FROM ingest.quarantine JOIN ingest.file USING (file_id)"
    assert sorted(ask(warehouse, reasons)) == [
        ("kiosks-2024-05-01.jsonl", 21, ["candidate: not a candidate, found 9"]),
        ("kiosks-2024-05-01.jsonl", 31, [f"vote_time: yesterday, expected {WRITTEN}"]),
        ("kiosks-2024-05-01.jsonl", 39, ["not JSON: Expecting ':' delimiter at character 29"]),
        ("kiosks-late.csv", 7, ["candidate: not a candidate, found 7"]),
        ("kiosks-late.csv", 12, ["kiosk_id: not between 0 and 2147483647, found -1"]),
    ]


def test_the_ten_minutes_roll_with_the_clock(warehouse: psycopg.Connection) -> None:
    ((now,),) = ask(warehouse, "SELECT now()")
    minutes_old = {"1": (1, 8, 11, 60), "2": (-60, 9)}
    rows = [
        {"candidate": candidate, "vote_time": now - timedelta(minutes=old), "kiosk_id": 1}
        for candidate, all_old in minutes_old.items()
        for old in all_old
    ]
    arrive(warehouse, "votes", "a.jsonl", rows)
    build.build("votes")
    assert ask(warehouse, DISTRIBUTION) == [
        ("chips", 4, 2, now - timedelta(minutes=1)),
        ("lam lam", 2, 1, now + timedelta(minutes=60)),
        ("justice", 0, 0, None),
    ]


@pytest.mark.parametrize(("last", "unit"), [(3600, 1), (86400, 60), (40 * 86400, 86400)])
def test_a_histogram_has_all_votes_whatever_its_range(
    warehouse: psycopg.Connection, last: int, unit: int
) -> None:
    rows = [
        {"candidate": "1", "vote_time": NOON + timedelta(seconds=second), "kiosk_id": 1}
        for second in (0, 1, last)
    ]
    arrive(warehouse, "votes", "a.jsonl", rows)
    build.build("votes")
    histogram = "SELECT begins_at, seconds, candidate, votes FROM marts.vote_histogram"
    found = ask(warehouse, f"{histogram}(bars => 2)")
    assert [(candidate, votes) for *_, candidate, votes in found] == [("1", 2), ("1", 1)]
    assert {seconds % unit for _, seconds, *_ in found} == {0}
    only_last = ask(warehouse, f"{histogram}(%s, bars => 2)", NOON + timedelta(seconds=last))
    assert [votes for *_, votes in only_last] == [1]
    assert ask(warehouse, f"{histogram}('2030-01-01')") == []


def a_vote(luck: random.Random) -> Row:
    """At the edges of seconds and of ten minutes, and often one that was received before."""
    near = luck.choice([-MICROSECOND, timedelta(0), MICROSECOND, SECOND, SECOND / 2])
    return {
        "candidate": luck.choice("123"),
        "vote_time": NOON + luck.choice([0, 1, 2, 72]) * TEN_MINUTES + near,  # 72: midnight
        "kiosk_id": luck.choice([1, 2]),
    }


def counted(warehouse: psycopg.Connection) -> Received:
    """Of the rows of a time and kiosk, the first that was received."""
    votes: dict[Any, Any] = {}
    for row in received(warehouse, "votes"):
        votes.setdefault((row["vote_time"], row["kiosk_id"]), row)
    return [*votes.values()]


def check(warehouse: psycopg.Connection) -> None:
    votes = counted(warehouse)
    columns = ("candidate", "vote_time", "kiosk_id", "file_id", "_row", "load_seq")
    found = ask(warehouse, "SELECT * FROM marts.votes")
    assert sorted(found) == sorted(tuple(vote[c] for c in columns) for vote in votes)
    check_counts(warehouse, votes, "second", lambda time: time.replace(microsecond=0))
    check_counts(warehouse, votes, "minute", lambda time: time.replace(second=0, microsecond=0))
    check_counts(warehouse, votes, "day", lambda time: time.astimezone(UTC).date())
    check_kiosks(warehouse, votes)


def check_counts(
    warehouse: psycopg.Connection,
    votes: Received,
    unit: str,
    of: Callable[[datetime], date],
) -> None:
    expected = Counter((of(vote["vote_time"]), vote["candidate"]) for vote in votes)
    found = ask(warehouse, f"SELECT {unit}, candidate, votes FROM marts.vote_counts_by_{unit}")
    assert sorted(found) == [(*key, n) for key, n in sorted(expected.items())]


def check_kiosks(warehouse: psycopg.Connection, votes: Received) -> None:
    expected = Counter(
        (
            vote["vote_time"].replace(minute=0, second=0, microsecond=0),
            vote["kiosk_id"],
            vote["candidate"],
        )
        for vote in votes
    )
    query = "SELECT hour, kiosk_id, candidate, votes FROM marts.vote_counts_by_kiosk"
    assert sorted(ask(warehouse, query)) == [(*key, n) for key, n in sorted(expected.items())]


def expected_distribution(votes: Received, at: datetime) -> list[tuple[Any, ...]]:
    rows = []
    for candidate, name in candidates().items():
        times = [vote["vote_time"] for vote in votes if vote["candidate"] == candidate]
        recent = sum(at - TEN_MINUTES < time <= at for time in times)
        rows.append((candidate, name, len(times), recent, max(times, default=None)))
    return rows


@pytest.mark.parametrize("seed", range(2))
def test_increments_equal_a_full_refresh(warehouse: psycopg.Connection, seed: int) -> None:
    luck = random.Random(seed)
    for _ in random_arrivals(warehouse, luck, {"votes": a_vote}, steps=16):
        if luck.random() < 0.5:
            build.build("votes")
            check(warehouse)
    build.build("votes")
    check(warehouse)
    incremental = rows_of(warehouse, "votes")
    votes = counted(warehouse)
    instants = [a_vote(luck)["vote_time"] + luck.choice([-SECOND / 2, 0 * SECOND]) for _ in "12345"]
    expected = [expected_distribution(votes, instant) for instant in instants]
    assert [sorted(rows) for rows in distribution_at(warehouse, *instants)] == expected
    build.full_refresh("votes")
    assert rows_of(warehouse, "votes") == incremental


def test_a_build_that_broke_off_is_taken_up_where_it_stopped(
    warehouse: psycopg.Connection,
) -> None:
    luck = random.Random(7)
    arrive(warehouse, "votes", "a.jsonl", [a_vote(luck) for _ in range(20)])
    build.build("votes")
    replayed = arrive(warehouse, "votes", "b.jsonl", [a_vote(luck) for _ in range(20)])
    dbt.run("votes", ["run", "--select", "votes"])
    arrive(warehouse, "votes", "b.jsonl", [a_vote(luck) for _ in range(20)], replay_of=replayed)
    build.build("votes")
    check(warehouse)


def test_a_window_is_found_by_index(warehouse: psycopg.Connection) -> None:
    build.full_refresh("votes")
    warehouse.execute("SET enable_seqscan = off")
    plan = "\n".join(row for (row,) in ask(warehouse, f"EXPLAIN {DISTRIBUTION}"))
    assert plan.count("Index Cond: ((vote_time") == 2, plan
    assert plan.count("Index Cond: ((second") == 1, plan
