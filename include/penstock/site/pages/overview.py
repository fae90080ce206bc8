"""The first page: how each dataset is, what runs now, and what a person must look at."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from functools import partial
from typing import Any

from fastapi import Request
from starlette.responses import Response

from penstock import datasets, ledger
from penstock.api.routers.files import find_waiting
from penstock.api.services import Provided, Services
from penstock.arrivals.untaken import Kind
from penstock.site import strips
from penstock.site.rendering import is_partial, render, url
from penstock.site.routing import pages
from penstock.site.text import plural, with_query

router = pages()

_RECENT = 50  # files
_FRESH_SECONDS = 5.0  # while nothing moves


@router.get("/")
async def overview(request: Request, services: Provided, seen: str = "") -> Response:
    """Show how each dataset is. `seen`: what the page knows, when it asks what runs now."""
    in_flight = await services.database.ask(ledger.files_in_flight)
    mark = await _mark(services, in_flight)
    values: dict[str, Any] = {"in_flight": in_flight, "mark": mark}
    if not (is_partial(request) and request.headers.get("hx-target") == "running"):
        values |= await services.cache.keep(
            ("overview", mark), _FRESH_SECONDS, partial(_all, services, url(request, "/files"))
        )
    answer = render(request, "overview.html", **values)
    if seen not in ("", mark):
        answer.headers["HX-Trigger"] = "files-changed"
    return answer


async def _all(services: Services, files: str) -> dict[str, Any]:
    """Return all but what runs now; `files` is the address of the list of files."""
    overviews = await services.database.ask(ledger.overview_of, datasets.all_datasets().values())
    waiting = await find_waiting(services, None)
    return {
        "overviews": overviews,
        "strips": {each.dataset.name: _strip(each, files) for each in overviews},
        "problems": [problem for each in overviews for problem in each.problems],
        # What the ledger holds back is among the problems already.
        "untaken": [f for f in waiting if f.needs_person and f.kind is not Kind.HELD],
        "today": _sum(each.today for each in overviews),
        "is_empty": all(each.last_arrival is None for each in overviews),
        "recent": await services.database.ask(ledger.recent_files, limit=_RECENT),
        "recent_limit": _RECENT,
    }


async def _mark(services: Services, in_flight: Mapping[str, ledger.InFlight]) -> str:
    """Return a text that changes when a file arrives, moves on, or reaches a mart."""
    moving = [(file.file_id, file.state) for of in in_flight.values() for file in of.files]
    newest = await services.database.ask(ledger.newest_file)
    built = await services.cache.version(tuple(datasets.all_datasets()))
    return hashlib.blake2s(repr((moving, newest, built)).encode(), digest_size=8).hexdigest()


def _sum(counts: Iterable[ledger.Counts]) -> ledger.Counts:
    every = [astuple(one) for one in counts]
    return ledger.Counts(*map(sum, zip(*every, strict=True)))


def _strip(overview: ledger.Overview, files: str) -> str:
    """Draw the last 30 days of a dataset, each with the address of its files."""
    return strips.days(
        f"{overview.dataset.name}: records that arrived in the last 30 days",
        [
            strips.Day(
                name := day.isoformat(),
                counts.rows_good,
                counts.rows_bad,
                counts.rejected,
                _told(counts),
                with_query(files, {"dataset": overview.dataset.name, "since": name, "until": name})
                if counts.files
                else None,
            )
            for day, counts in overview.days.items()
        ],
    )


def _told(counts: ledger.Counts) -> str:
    if not counts.files:
        return "no file"
    parts = (
        plural(counts.files, "file"),
        plural(counts.rows_good, "row"),
        f"{counts.rows_bad:,} refused" if counts.rows_bad else "",
        f"{plural(counts.rejected, 'file')} rejected" if counts.rejected else "",
    )
    return ", ".join(filter(None, parts))
