"""The page of events: how many, when, and which."""

from typing import Annotated, Any

from fastapi import Query, Request
from psycopg import sql
from starlette.responses import Response

from penstock.api import paging
from penstock.api.between import Range
from penstock.api.routers import events
from penstock.api.services import Provided
from penstock.site import downloads
from penstock.site.ranges import Period
from penstock.site.rendering import render
from penstock.site.routing import pages
from penstock.site.timelines import continuous

router = pages()

File = Annotated[str | None, Query(max_length=1000)]

_BARS = 200
_MOST_FILES = 100
_ROWS = 100
_COLUMNS = ("event_time", "email", "session_id", "file_id", "row")
_FILES = """
SELECT filename, sum(events)::bigint AS events, min(first_time) AS first_time,
    max(last_time) AS last_time
FROM marts.event_files WHERE %(file)s::text IS NULL OR filename = %(file)s
GROUP BY filename ORDER BY max(load_seq) DESC LIMIT %(limit)s
"""
_TOTALS = """
SELECT count(DISTINCT filename) AS files, coalesce(sum(events), 0)::bigint AS events,
    min(first_time) AS first_time, max(last_time) AS last_time
FROM marts.event_files WHERE %(file)s::text IS NULL OR filename = %(file)s
"""
_HISTOGRAM = """
SELECT begins_at, seconds, events FROM marts.event_histogram(%(file)s,
    coalesce(%(since)s, timestamptz '-infinity'), coalesce(%(until)s, timestamptz 'infinity'),
    %(bars)s)
ORDER BY begins_at
"""


@router.get("/events")
async def show(
    request: Request,
    services: Provided,
    period: Period,
    file: File = None,
    cursor: paging.Cursor = None,
) -> Response:
    """Show how many events there are over time; of one file also which."""
    asked: dict[str, Any] = {"file": file, "since": period.since, "until": period.until}
    database = services.database
    totals = await database.row(_TOTALS, asked) or {"files": 0, "events": 0}
    histogram = await database.rows(_HISTOGRAM, asked | {"bars": _BARS})
    filters = {"file": file, "from": period.since, "to": period.until}
    page: dict[str, Any] = {"items": [], "next": None}
    if file:
        page = await _page(services, file, period, cursor)
    return render(
        request,
        "events.html",
        totals=totals,
        files=await database.rows(_FILES, {"file": None, "limit": _MOST_FILES}),
        most_files=_MOST_FILES,
        counted=sum(row["events"] for row in histogram),
        over_time=continuous(histogram, "events"),
        seconds=histogram[0]["seconds"] if histogram else 0,
        page=page,
        file=file,
        period=period,
        filters=filters,
        paged=cursor is not None,
    )


@router.get("/events.csv")
async def download(services: Provided, period: Period, file: File = None) -> Response:
    """Return the events of a file, or the counts of all files over time, as CSV."""
    asked: dict[str, Any] = {"file": file, "since": period.since, "until": period.until}
    if file is None:
        columns = ("begins_at", "seconds", "events")
        asked |= {"bars": _BARS}
        return downloads.csv(services.database, _HISTOGRAM, asked, columns, "event-counts.csv")
    query = sql.SQL(events.RANGE + "ORDER BY event_time, file_id, row").format(
        columns=events.COLUMNS
    )
    name = f"{file}.events.csv"
    return downloads.csv(services.database, query, asked | {"filename": file}, _COLUMNS, name)


async def _page(services: Provided, file: str, period: Range, cursor: str | None) -> dict[str, Any]:
    rows = await services.database.rows(*events.page_query(file, period, cursor, _ROWS + 1))
    return paging.page(rows, _ROWS, "event_time", "file_id", "row")
