"""The page of articles: likes over time, the most liked, and how many new users stay."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from fastapi import Request
from starlette.responses import Response

from penstock.api.database import Row
from penstock.api.services import Provided
from penstock.site import downloads
from penstock.site.ranges import Period
from penstock.site.rendering import render
from penstock.site.routing import pages

router = pages()

_TOP = 15
_COHORTS = 31
_DAYS = """
WHERE day >= coalesce(%(since)s, timestamptz '-infinity')::date
    AND day <= coalesce(%(until)s, timestamptz 'infinity')::date
"""
_BY_DAY = f"""
WITH counted AS (
    SELECT day, sum(likes)::bigint AS likes FROM marts.article_likes_daily {_DAYS} GROUP BY day
), every AS (
    SELECT generate_series(greatest(min(day), max(day) - 400), max(day), '1 day')::date AS day
    FROM counted
)
SELECT day, coalesce(likes, 0) AS likes, (SELECT sum(likes)::bigint FROM counted) AS of_all
FROM every LEFT JOIN counted USING (day) ORDER BY day
"""  # noqa: S608 - both texts are ours, here and below
_LIKED = f"""
SELECT article_id, max(title) AS title, sum(likes)::bigint AS likes FROM marts.article_likes_daily
{_DAYS} GROUP BY article_id ORDER BY likes DESC, article_id LIMIT %(top)s
"""  # noqa: S608
_RETENTION = f"""
SELECT day, days_after, installed, active FROM marts.install_retention_by_day
{_DAYS} ORDER BY day DESC, days_after LIMIT 7 * %(cohorts)s
"""  # noqa: S608
_FILES = {
    "likes": (_LIKED, ("article_id", "title", "likes")),
    "retention": (_RETENTION, ("day", "days_after", "installed", "active")),
}


@router.get("/articles")
async def show(request: Request, services: Provided, period: Period) -> Response:
    """Show likes over time, the most liked articles, and the retention of new users."""
    asked: dict[str, Any] = {"since": period.since, "until": period.until}
    database = services.database
    by_day = await database.rows(_BY_DAY, asked)
    retention = await database.rows(_RETENTION, asked | {"cohorts": _COHORTS})
    return render(
        request,
        "articles.html",
        is_empty=not by_day and not retention and not period.since and not period.until,
        days=[row["day"] for row in by_day],
        likes=[row["likes"] for row in by_day],
        of_all=by_day[0]["of_all"] if by_day else 0,
        articles=[_named(row) for row in await database.rows(_LIKED, asked | {"top": _TOP})],
        cohorts=_cohorts(retention),
        period=period,
        filters={"from": period.since, "to": period.until},
    )


@router.get("/articles/{what}.csv")
async def download(services: Provided, period: Period, what: downloads.OneOf) -> Response:
    """Return the likes of articles, or the retention of new users, as CSV."""
    query, columns = downloads.find(_FILES, what)
    asked = {"since": period.since, "until": period.until, "top": None, "cohorts": None}
    return downloads.csv(services.database, query, asked, columns, f"{what}.csv")


def _named(row: Row) -> Row:
    return row | {"name": row["title"] or f"article {row['article_id']}"}


def _cohorts(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return a row for each day of installs, with `cells` for the days after it.

    A cell has the active users, and a tint from 0 to 5: 5 for the largest share on the page.
    """
    largest = max((row["active"] / row["installed"] for row in rows), default=0) or 1
    found: dict[Any, dict[str, Any]] = {}
    for row in rows:
        cohort = found.setdefault(row["day"], {**row, "cells": []})
        share = row["active"] / row["installed"]
        cohort["cells"].append({"active": row["active"], "tint": ceil(5 * share / largest)})
    return list(found.values())
