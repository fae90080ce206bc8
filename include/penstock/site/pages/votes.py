"""The page of votes: who leads, now and over time, and at which kiosks."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from penstock.api.routers.votes import names, results
from penstock.api.services import Provided
from penstock.site import downloads
from penstock.site.ranges import Period
from penstock.site.rendering import render
from penstock.site.routing import pages
from penstock.site.timelines import by_name

router = pages()

_POINTS = 120
_MOST_KIOSKS = 50
_OVER_TIME = """
SELECT begins_at, seconds, candidate, votes FROM marts.vote_histogram(
    coalesce(%(since)s, timestamptz '-infinity'), coalesce(%(until)s, timestamptz 'infinity'),
    %(points)s)
ORDER BY begins_at, candidate
"""
_KIOSKS = """
SELECT kiosk_id, sum(votes)::bigint AS votes, jsonb_object_agg(candidate, votes) AS of_candidate
FROM (
    SELECT kiosk_id, candidate, sum(votes)::bigint AS votes FROM marts.vote_counts_by_kiosk
    WHERE hour >= coalesce(%(since)s, timestamptz '-infinity') - interval '1 hour'
        AND hour <= coalesce(%(until)s, timestamptz 'infinity')
    GROUP BY kiosk_id, candidate
) AS of_kiosk
GROUP BY kiosk_id ORDER BY votes DESC, kiosk_id LIMIT %(limit)s
"""
_CSV = ("begins_at", "seconds", "candidate", "votes")


@router.get("/votes")
async def show(request: Request, services: Provided, period: Period) -> Response:
    """Show who leads, the votes over time, and those of each kiosk."""
    asked: dict[str, Any] = {"since": period.since, "until": period.until}
    database = services.database
    rows = await database.rows(_OVER_TIME, asked | {"points": _POINTS})
    labels, series = by_name(rows, "candidate", "votes", names())
    return render(
        request,
        "votes.html",
        results=_ranked((await results(database))["candidates"]),
        names=names(),
        labels=labels,
        series=series,
        seconds=rows[0]["seconds"] if rows else 0,
        kiosks=await database.rows(_KIOSKS, asked | {"limit": _MOST_KIOSKS}),
        most_kiosks=_MOST_KIOSKS,
        period=period,
        filters={"from": period.since, "to": period.until},
    )


@router.get("/votes/live")
async def live(request: Request, services: Provided) -> Response:
    """Return the part of the page that changes with each vote."""
    found = (await results(services.database))["candidates"]
    return render(request, "votes_live.html", results=_ranked(found))


@router.get("/votes.csv")
async def download(services: Provided, period: Period) -> Response:
    """Return the votes over time by candidate as CSV."""
    asked = {"since": period.since, "until": period.until, "points": _POINTS}
    return downloads.csv(services.database, _OVER_TIME, asked, _CSV, "votes.csv")


def _ranked(candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(candidates, key=lambda of: (-of["total_votes"], of["candidate"]))
