"""The files: search, filters and order are in the address; also what waits in the landing zone."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response

from penstock import datasets, ledger
from penstock.api import paging
from penstock.api.errors import invalid
from penstock.api.routers.files import find_waiting
from penstock.api.services import Provided, Services
from penstock.arrivals.untaken import Kind, Untaken
from penstock.site.rendering import render
from penstock.site.routing import pages

router = pages()

_LIMIT = 50
_MOST_WAITING = 50
_COLUMNS = (
    (ledger.Sort.ARRIVAL, "Arrived"),
    (None, "Dataset"),
    (ledger.Sort.PATH, "File"),
    (None, "State"),
    (ledger.Sort.SIZE, "Size"),
    (ledger.Sort.ROWS, "Rows"),
    (ledger.Sort.REFUSED, "Refused"),
    (ledger.Sort.SECONDS, "Until in the mart"),
)

Name = Annotated[str, Query(max_length=48)]
Day = Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="A day in UTC.")]


@router.get("/files")
async def files(
    request: Request,
    services: Provided,
    path: Annotated[str, Query(max_length=500)] = "",
    dataset: Name = "",
    state: Annotated[str, Query(pattern=f"^({'|'.join(ledger.State)})?$")] = "",
    since: Day = "",
    until: Day = "",
    sort: ledger.Sort = ledger.Sort.ARRIVAL,
    order: Annotated[str, Query(pattern="^(asc|desc)?$")] = "",
    cursor: paging.Cursor = None,
) -> Response:
    """Show the files that landed; `path` is a part of the path, `until` is the last day."""
    if dataset and dataset not in datasets.all_datasets():
        raise invalid("dataset", f"expected one of {', '.join(datasets.all_datasets())}")
    last = _day("until", until)
    wanted = ledger.Wanted(
        path.strip() or None,
        dataset or None,
        state or None,
        _day("since", since),
        last and last + timedelta(days=1),
    )
    chosen = {"path": path, "dataset": dataset, "state": state, "since": since, "until": until}
    return render(
        request,
        "files.html",
        chosen=chosen,
        filtered=any(chosen.values()),
        states=list(ledger.State),
        datasets=list(datasets.all_datasets()),
        columns=_COLUMNS,
        sort=sort,
        order=order or _usual(sort),
        usual=_usual,
        query=partial(_query, chosen),
        cursor=cursor,
        page=await _page(services, wanted, sort, order or _usual(sort), cursor),
        waiting=[] if state or cursor else await _waiting(services, wanted),
        most_waiting=_MOST_WAITING,
    )


def _usual(sort: ledger.Sort | None) -> str:
    """Return the direction that a list is sorted in at first: names up, numbers down."""
    return "asc" if sort is ledger.Sort.PATH else "desc"


def _query(
    chosen: dict[str, str], sort: ledger.Sort, order: str, cursor: str = ""
) -> dict[str, str]:
    """Return the query of an address of this list, without what is so anyway."""
    usual = "" if order == _usual(sort) else order
    return chosen | {
        "sort": "" if sort is ledger.Sort.ARRIVAL else sort.value,
        "order": usual,
        "cursor": cursor,
    }


def _day(name: str, text: str) -> datetime | None:
    """Return the begin of a day in UTC."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) if text else None
    except ValueError:
        raise invalid(name, "expected a day such as 2026-01-31") from None


async def _page(
    services: Services, wanted: ledger.Wanted, sort: ledger.Sort, order: str, cursor: str | None
) -> dict[str, Any]:
    after = paging.after(cursor, ledger.SORT_KEYS[sort][1], int)
    rows = await services.database.ask(
        ledger.search_files,
        wanted,
        sort,
        descending=order == "desc",
        after=after,
        limit=_LIMIT + 1,
    )
    return paging.page(rows, _LIMIT, "key", "file_id")


async def _waiting(services: Services, wanted: ledger.Wanted) -> list[Untaken]:
    """Return what waits in the landing zone and is as `wanted`; a time does not apply to it.

    Files that the ledger holds back are in the list of files.
    """
    of = datasets.get(wanted.dataset) if wanted.dataset else None
    part = (wanted.path or "").lower()
    found = await find_waiting(services, of)
    return [f for f in found if f.kind is not Kind.HELD and part in f.path.lower()]
