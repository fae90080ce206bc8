"""Routes of events: those of a file between two instants, by time."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse
from psycopg import sql
from pydantic import BaseModel, Field

from penstock import ledger
from penstock.api import paging
from penstock.api.answers import Json, json_array
from penstock.api.auth import needs
from penstock.api.between import Between, Range, ordered
from penstock.api.database import Database, Row
from penstock.api.errors import not_found, responses
from penstock.api.keys import Scope
from penstock.api.routing import Router
from penstock.api.services import Provided
from penstock.api.times import Instant

router = Router(tags=["events"], dependencies=[needs(Scope.READ)])


class Question(BaseModel):
    """Which events: those of a file, by its base name, between two instants, both included."""

    filename: str = Field(examples=["accounts-2024-05-01.txt"])
    since: Instant = Field(alias="from", examples=["2000-01-01T00:00:00Z"])
    until: Instant = Field(alias="to", examples=["2026-12-31T23:59:59Z"])


class Event(BaseModel):
    """An event. `file_id` and `row` are the file that held it, and its line there."""

    event_time: datetime = Field(examples=["2024-05-01T17:25:49Z"])
    email: str = Field(examples=["dana@example.com"])
    session_id: str = Field(description="Empty where the file has none.")
    file_id: int = Field(examples=[1])
    row: int = Field(examples=[41])


class Events(BaseModel):
    """A page of events, by time."""

    items: list[Event]
    next: str | None = Field(description="The next page's cursor; null on the last page.")


COLUMNS = sql.SQL("event_time, email, session_id, file_id, row")
RANGE = """
SELECT {columns} FROM marts.events
WHERE filename = %(filename)s
  AND event_time >= coalesce(%(since)s, timestamptz '-infinity')
  AND event_time <= coalesce(%(until)s, timestamptz 'infinity')
"""
# The first condition narrows the index scan; the second is exact among events of one instant.
_PAGE = sql.SQL(
    RANGE
    + """
  AND event_time >= coalesce(%(after)s, timestamptz '-infinity')
  AND (event_time, file_id, row)
      > (coalesce(%(after)s, timestamptz '-infinity'), %(after_file)s, %(after_row)s)
ORDER BY event_time, file_id, row LIMIT %(limit)s
"""
).format(columns=COLUMNS)


@router.get("/events", response_model=Events, responses=responses(404))
async def list_events(
    services: Provided,
    filename: Annotated[
        str,
        Query(
            max_length=1000,
            examples=["accounts-2024-05-01.txt"],
            description="Base name of the file.",
        ),
    ],
    between: Between,
    limit: paging.Limit = 100,
    cursor: paging.Cursor = None,
) -> Json:
    """List the events of a file between two instants, by time, in pages."""
    rows = await services.database.rows(*page_query(filename, between, cursor, limit + 1))
    if not rows:
        await _must_be_known(services.database, filename)
    return Json(paging.page(rows, limit, "event_time", "file_id", "row"))


@router.post("/events/query", response_model=list[Event], responses=responses(404))
async def query_events(services: Provided, asked: Question) -> StreamingResponse:
    """Stream all events of a file between two instants, by time."""
    return await stream(services.database, asked, COLUMNS)


def page_query(
    filename: str, between: Range, cursor: str | None, limit: int
) -> tuple[sql.Composed, dict[str, object]]:
    """Return the query of a page, with its parameters.

    Raises:
        ApiError: 422, the cursor is invalid.
    """
    after = paging.after(cursor, datetime, int, int) or (None, 0, 0)
    keys = dict(zip(("after", "after_file", "after_row"), after, strict=True))
    return _PAGE, {**_asked(filename, between), **keys, "limit": limit}


async def stream(database: Database, asked: Question, columns: sql.SQL) -> StreamingResponse:
    """Stream the events that match, by time, as an array of any length.

    Raises:
        ApiError: 404 for an unknown file, 422 when the range ends before it begins.
    """
    query = sql.SQL(RANGE + "ORDER BY event_time, file_id, row").format(columns=columns)
    between = ordered(asked.since, asked.until, "body")

    async def batches() -> AsyncIterator[list[Row]]:
        empty = True
        async for rows in database.stream(query, _asked(asked.filename, between)):
            empty = False
            yield rows
        if empty:
            await _must_be_known(database, asked.filename)

    return await json_array(batches())


def _asked(filename: str, between: Range) -> dict[str, object]:
    return {"filename": filename, "since": between.since, "until": between.until}


async def _must_be_known(database: Database, filename: str) -> None:
    if await database.row(*ledger.known_file_name("events", filename)) is None:
        raise not_found(f"file {filename!r}")
