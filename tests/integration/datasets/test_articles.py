"""Articles and clickstream: who liked what, and who came back."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from penstock.marts import build
from tests import pipeline
from tests.integration.datasets.arrivals import random_arrivals, received, rows_of
from tests.integration.marts.ledger import Row
from tests.pipeline import ask

TOP_10 = """
    SELECT title, article_id, likes FROM marts.article_likes_daily
    WHERE day = %s ORDER BY likes DESC, article_id LIMIT 10
"""
RETENTION = "SELECT installed, retained FROM marts.install_retention WHERE day = %s"
WRITTEN = "a time as ISO 8601, such as 2026-11-20T10:00:00Z or 2026-11-20 10:00:00"
FIRST = datetime(2017, 4, 1, tzinfo=UTC)


def test_the_samples_and_what_is_asked_of_them(
    warehouse: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline.land_samples("clickstream")
    pipeline.ingest("clickstream")
    build.build("clickstream")
    assert "articles_that_are_liked_but_unknown: Got 6 results" in caplog.text
    assert ask(warehouse, TOP_10, "2017-04-01") == [(None, "111111", 2), (None, "111112", 1)]

    pipeline.land_samples("articles")
    pipeline.ingest("articles")
    build.build("articles")
    top = [("How a sluice works", "111111", 2), ("Weirs, locks and gates", "111112", 1)]
    assert ask(warehouse, TOP_10, "2017-04-01") == top
    assert ask(warehouse, TOP_10, "2017-04-03") == [
        ("A mill in winter", "111113", 1),
        (None, "999999", 1),
    ]
    assert ask(warehouse, RETENTION, "2017-04-01") == [(6, 4)]
    assert ask(warehouse, RETENTION, "2017-04-03") == [(1, 0)]
    assert pipeline.counts(warehouse, "articles") == (4, 4, 3)
    assert pipeline.counts(warehouse, "clickstream") == (20, 20, 3)
    reasons = "SELECT dataset, line, reasons FROM ingest.quarantine ORDER BY dataset, line"
    long = "A title that is longer than thirty-two characters can be"
    actions = "not one of FIRST_INSTALL, LIKE_ARTICLE, LOG_IN"
    assert ask(warehouse, reasons) == [
        ("articles", 5, ["title: is empty", "title: is blank"]),
        ("articles", 6, [f"title: longer than 32 characters, found {long}"]),
        ("articles", 7, ["created_by: 2017-02-30 10:00:00, expected a day of the calendar"]),
        ("clickstream", 14, [f"action: {actions}, found SHARE_ARTICLE"]),
        ("clickstream", 15, ["user_id: is empty", "user_id: is blank"]),
        ("clickstream", 16, [f"time: 2017-04-01 25:00:00, expected {WRITTEN}"]),
    ]


def an_article(luck: random.Random) -> Row:
    return {
        "id": luck.choice("abcd"),
        "title": f"title {luck.random()}",
        "created_by": FIRST,
        "updated_by": luck.choice([None, FIRST]),
    }


def an_action(luck: random.Random) -> Row:
    """Near the edges of days as often as not, and often one that was received before."""
    edge = luck.choice([timedelta(0), timedelta(microseconds=-1), timedelta(hours=12)])
    return {
        "user_id": luck.choice("uvw"),
        "time": FIRST + timedelta(days=luck.randint(0, 10)) + edge,
        "action": luck.choice(["FIRST_INSTALL", "LIKE_ARTICLE", "LIKE_ARTICLE", "LOG_IN"]),
        "object_id": luck.choice(["", "a", "b", "unknown"]),
    }


MAKE = {"articles": an_article, "clickstream": an_action}


def check(warehouse: psycopg.Connection) -> None:
    """Of an article the last row stands, of an action the first; likes and users are counted."""
    titles = {row["id"]: row["title"] for row in received(warehouse, "articles")}
    assert dict(ask(warehouse, "SELECT id, title FROM marts.articles")) == titles
    actions: dict[Any, Any] = {}
    for row in received(warehouse, "clickstream"):
        actions.setdefault((row["user_id"], row["time"]), row)
    stand = "SELECT user_id, time, action, object_id, file_id, row FROM marts.clickstream"
    assert sorted(ask(warehouse, stand)) == [
        (*key, row["action"], row["object_id"], row["file_id"], row["_row"])
        for key, row in sorted(actions.items())
    ]
    done = [(user, at.astimezone(UTC).date(), row) for (user, at), row in actions.items()]
    check_likes(warehouse, done, titles)
    check_retention(warehouse, done)


def check_likes(warehouse: psycopg.Connection, done: list[Any], titles: dict[str, str]) -> None:
    liked = [(day, row["object_id"]) for _, day, row in done if row["action"] == "LIKE_ARTICLE"]
    expected = [(*key, titles.get(key[1]), n) for key, n in sorted(Counter(liked).items())]
    found = ask(warehouse, "SELECT day, article_id, title, likes FROM marts.article_likes_daily")
    assert sorted(found) == expected


def check_retention(warehouse: psycopg.Connection, done: list[Any]) -> None:
    installed = {(day, user) for user, day, row in done if row["action"] == "FIRST_INSTALL"}
    came = {(user, day) for user, day, _ in done}
    retained = {
        (day, user)
        for day, user in installed
        if any((user, day + timedelta(days=n)) in came for n in range(1, 8))
    }
    installs, returns = (Counter(day for day, _ in users) for users in (installed, retained))
    expected = [(day, installs[day], returns[day]) for day in sorted(installs)]
    assert sorted(ask(warehouse, "SELECT * FROM marts.install_retention")) == expected
    check_cohorts(warehouse, installed, came)


def check_cohorts(
    warehouse: psycopg.Connection, installed: set[tuple[date, str]], came: set[tuple[str, date]]
) -> None:
    installs = Counter(day for day, _ in installed)
    active = Counter(
        (day, n)
        for day, user in installed
        for n in range(1, 8)
        if (user, day + timedelta(days=n)) in came
    )
    found = ask(warehouse, "SELECT * FROM marts.install_retention_by_day")
    assert sorted(found) == [
        (day, n, installs[day], active[day, n]) for day in sorted(installs) for n in range(1, 8)
    ]


@pytest.mark.parametrize("seed", range(2))
def test_increments_equal_a_full_refresh(warehouse: psycopg.Connection, seed: int) -> None:
    luck = random.Random(seed)
    for dataset in random_arrivals(warehouse, luck, MAKE, steps=16):
        if luck.random() < 0.5:
            build.build(dataset)
            check(warehouse)
    build.build("clickstream")
    check(warehouse)
    incremental = rows_of(warehouse, "articles")
    build.full_refresh("articles")
    assert rows_of(warehouse, "articles") == incremental
