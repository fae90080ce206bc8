"""A range of time as two parameters, `from` and `to`, both included."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query

from penstock.api.errors import invalid
from penstock.api.times import Instant


@dataclass(frozen=True)
class Range:
    """From the first to the last instant that counts; None is without a bound."""

    since: datetime | None
    until: datetime | None


def ordered(since: datetime | None, until: datetime | None, where: str) -> Range:
    """The range from `since` to `until`.

    Raises:
        ApiError: 422, it ends before it begins; `where` says which part of the request it is in.
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
