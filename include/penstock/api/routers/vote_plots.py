"""Routes that plot votes over time by candidate."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request, Response

from penstock.api import charts, plots
from penstock.api.auth import needs
from penstock.api.between import Between, Range
from penstock.api.database import Database
from penstock.api.keys import Scope
from penstock.api.routers.votes import names
from penstock.api.routing import Router
from penstock.api.services import Provided, Services

router = Router(prefix="/votes", tags=["votes"], dependencies=[needs(Scope.READ)])

_POINTS = 300  # at most, of a line
_BY_DAY_FROM = timedelta(days=3)
_FIRST_AND_LAST = """
SELECT min(second) AS since, max(second) AS until FROM marts.vote_counts_by_second
"""
_COUNTED = """
SELECT candidate, floor(extract(epoch FROM time - %(since)s) / %(width)s)::integer AS point,
    sum(votes)::bigint AS votes
FROM ({}) AS counted WHERE time >= %(since)s AND time <= %(until)s
GROUP BY candidate, point
"""
_BY_SECOND = _COUNTED.format(
    "SELECT second AS time, candidate, votes FROM marts.vote_counts_by_second"
)
_BY_DAY = _COUNTED.format(
    "SELECT day::timestamp AT TIME ZONE 'UTC' AS time, candidate, votes"
    " FROM marts.vote_counts_by_day"
)


@dataclass(frozen=True)
class _Window:
    """A time range in intervals of whole seconds, or of whole days if it is long."""

    since: datetime
    until: datetime
    by_day: bool

    @property
    def width(self) -> int:
        """Return the seconds of an interval."""
        unit = 86400 if self.by_day else 1
        seconds = (self.until - self.since).total_seconds()
        return unit * (int(seconds / unit / _POINTS) + 1)

    def times(self) -> list[datetime]:
        """Return the start of each interval."""
        count = int((self.until - self.since).total_seconds() / self.width) + 1
        return [self.since + timedelta(seconds=n * self.width) for n in range(count)]

    def __str__(self) -> str:
        form = "%Y-%m-%d" if self.by_day else "%Y-%m-%d %H:%M:%S"
        return f"{self.since:{form}} to {self.until:{form}} UTC"


@router.get("/plot.svg", response_class=Response, responses=plots.documented("svg"))
async def plot_svg(request: Request, services: Provided, between: Between) -> Response:
    """Plot votes over time by candidate, as SVG; by whole days beyond three days."""
    return await _plot(request, services, between, "svg")


@router.get("/plot.png", response_class=Response, responses=plots.documented("png"))
async def plot_png(request: Request, services: Provided, between: Between) -> Response:
    """Plot votes over time by candidate, as PNG; by whole days beyond three days."""
    return await _plot(request, services, between, "png")


async def _plot(
    request: Request, services: Services, between: Range, form: charts.Format
) -> Response:
    async def draw() -> bytes:
        window = await _window(services.database, between)
        if window is None:
            return await asyncio.to_thread(charts.votes, {}, "Votes", "", form)
        series = await _series(services.database, window)
        width = timedelta(seconds=window.width)
        return await asyncio.to_thread(charts.votes, series, f"Votes, {window}", f"{width}", form)

    return await plots.answer(request, services, "votes", "votes", form, draw)


async def _window(database: Database, between: Range) -> _Window | None:
    """Return the requested range; a missing bound becomes the first or the last vote."""
    known: dict[str, Any] = {}
    if between.since is None or between.until is None:
        known = await database.row(_FIRST_AND_LAST) or {}
    since, until = between.since or known.get("since"), between.until or known.get("until")
    if since is None or until is None or since > until:
        return None
    since, until = since.astimezone(UTC).replace(microsecond=0), until.astimezone(UTC)
    by_day = until - since > _BY_DAY_FROM
    return _Window(since.replace(hour=0, minute=0, second=0) if by_day else since, until, by_day)


async def _series(database: Database, window: _Window) -> charts.Series:
    asked = {"since": window.since, "until": window.until, "width": window.width}
    rows = await database.rows(_BY_DAY if window.by_day else _BY_SECOND, asked)
    votes = {(row["candidate"], row["point"]): row["votes"] for row in rows}
    if not votes:
        return {}
    times = window.times()
    return {
        name: [(time, votes.get((candidate, n), 0)) for n, time in enumerate(times)]
        for candidate, name in names().items()
    }
