"""Reads the range of a page from its address: `from` and `to`, in UTC where no zone is given."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AfterValidator

from penstock.api.between import Range, ordered


def _in_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time as a form sends it, `2024-05-01T12:00`, or with a zone."""


async def _period(
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
) -> Range:
    return ordered(since, until, "query")


Period = Annotated[Range, Depends(_period)]
"""A page's parameter `period: Period` takes `from` and `to`."""
