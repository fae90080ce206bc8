"""Reads a time range from two parameters, `from` and `to`, both inclusive."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query

from penstock.api.errors import invalid
from penstock.api.times import Instant


@dataclass(frozen=True)
class Range:
    """A time range with inclusive bounds; None is unbounded."""

    since: datetime | None
    until: datetime | None


def ordered(since: datetime | None, until: datetime | None, where: str) -> Range:
    """Return the range from `since` to `until`.

    Raises:
        ApiError: 422, the range ends before it begins; `where` is its part of the request.
    """
    if since and until and since > until:
        raise invalid(f"{where}.from", "expected a time not after `to`")
    return Range(since, until)


async def _between(
    since: Annotated[
        Instant | None,
        Query(alias="from", description="The first instant.", examples=["1995-08-18T00:00:00Z"]),
    ] = None,
    until: Annotated[
        Instant | None,
        Query(alias="to", description="The last instant.", examples=["2026-12-31T23:59:59Z"]),
    ] = None,
) -> Range:
    return ordered(since, until, "query")


Between = Annotated[Range, Depends(_between)]
"""A route's parameter `between: Between` takes `from` and `to`."""
