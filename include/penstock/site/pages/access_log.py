"""The page of access logs: how many requests, from where, for what, and with what outcome."""

from datetime import timedelta
from typing import Any

from fastapi import Request
from iso3166 import countries_by_alpha2
from starlette.responses import Response

from penstock.api.database import Row
from penstock.api.routers import access_log
from penstock.api.services import Provided
from penstock.site import downloads
from penstock.site.ranges import Period
from penstock.site.rendering import render
from penstock.site.routing import pages
from penstock.site.timelines import by_name
from penstock.site.world import codes

router = pages()

_TOP = 15
_BARS = 100
_UNKNOWN = "ZZ"
_CLASSES = {
    2: "2xx, answered", 3: "3xx, elsewhere", 4: "4xx, the client's mistake",
    5: "5xx, the server's mistake", 0: "other",
}  # fmt: skip
_DAYS = 400  # that the chart shows unless a time is asked for
_TOTALS = """
SELECT coalesce(sum(requests), 0)::bigint AS requests,
    coalesce(sum(requests) FILTER (WHERE status BETWEEN 400 AND 599), 0)::bigint AS failed,
    min(hour) AS first, max(hour) AS last
FROM marts.access_log_statuses_hourly
WHERE hour >= date_trunc('hour', coalesce(%(since)s, timestamptz '-infinity'))
    AND hour <= coalesce(%(until)s, timestamptz 'infinity')
"""
_STATUSES = """
WITH counted AS (
    SELECT hour, CASE WHEN status BETWEEN 200 AND 599 THEN status / 100 ELSE 0 END AS class,
        requests
    FROM marts.access_log_statuses_hourly
    WHERE hour >= date_trunc('hour', coalesce(%(since)s, timestamptz '-infinity'))
        AND hour <= coalesce(%(until)s, timestamptz 'infinity')
), bar AS (
    SELECT (
        SELECT 3600 * min(hours) FROM unnest(ARRAY[1, 3, 6, 12, 24, 168, 720, 8760]) AS hours
        WHERE hours = 8760 OR extract(epoch FROM max(hour) - min(hour)) < 3600 * hours * %(bars)s
    ) AS seconds
    FROM counted
)
SELECT to_timestamp(floor(extract(epoch FROM hour) / seconds) * seconds) AS begins_at, seconds,
    class, sum(requests)::bigint AS requests
FROM counted CROSS JOIN bar GROUP BY begins_at, seconds, class ORDER BY begins_at, class
"""
_PATHS = """
SELECT path, requests, errors FROM marts.access_log_top_paths(
    %(top)s, coalesce(%(since)s, timestamptz '-infinity'),
    coalesce(%(until)s, timestamptz 'infinity'))
"""
_FILES = {
    "hosts": (access_log.HOSTS, ("host", "requests"), 1000),
    "paths": (_PATHS, ("path", "requests", "errors"), 1000),
    "countries": (access_log.COUNTRIES, ("country", "requests", "hosts"), None),
    "statuses": (_STATUSES, ("begins_at", "seconds", "class", "requests"), None),
}


@router.get("/access-log")
async def show(request: Request, services: Provided, period: Period) -> Response:
    """Show requests over time, by status, host, path and country."""
    asked: dict[str, Any] = {"since": period.since, "until": period.until, "top": _TOP}
    asked |= {"bars": _BARS}
    database = services.database
    totals = await database.row(_TOTALS, asked) or {"requests": 0, "last": None}
    since = period.since or (totals["last"] and totals["last"] - timedelta(days=_DAYS))
    statuses = await database.rows(_STATUSES, asked | {"since": since})
    countries = await database.rows(access_log.COUNTRIES, asked | {"top": None})
    labels, series = by_name(statuses, "class", "requests", _CLASSES)
    return render(
        request,
        "access_log.html",
        is_empty=not totals["requests"] and not period.since and not period.until,
        totals=totals,
        days=_DAYS if since and not period.since and totals["first"] < since else None,
        labels=labels,
        series={name: values for name, values in series.items() if any(values)},
        seconds=statuses[0]["seconds"] if statuses else 0,
        hosts=await database.rows(access_log.HOSTS, asked),
        paths=await database.rows(_PATHS, asked),
        countries=[_named(row) for row in countries],
        of_country={row["country"]: row["requests"] for row in countries},
        names={code: country.name for code, country in countries_by_alpha2.items()},
        unmapped=[_named(row) for row in countries if row["country"].lower() not in codes()],
        top=_TOP,
        period=period,
        filters={"from": period.since, "to": period.until},
    )


@router.get("/access-log/{what}.csv")
async def download(services: Provided, period: Period, what: downloads.OneOf) -> Response:
    """Return hosts, paths, countries or statuses as CSV."""
    query, columns, top = downloads.find(_FILES, what)
    asked = {"since": period.since, "until": period.until, "top": top, "bars": _BARS}
    return downloads.csv(services.database, query, asked, columns, f"access-log-{what}.csv")


def _named(row: Row) -> Row:
    country = countries_by_alpha2.get(row["country"])
    unknown = "unknown" if row["country"] == _UNKNOWN else row["country"]
    return row | {"name": country.name if country else unknown}
