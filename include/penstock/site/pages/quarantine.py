"""The page of refused records: why, in which files, when, and the records themselves."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Form, Query, Request
from starlette.responses import Response, StreamingResponse

from penstock import datasets, ledger
from penstock.api import paging
from penstock.api.answers import named
from penstock.api.auth import caller_name
from penstock.api.database import Row
from penstock.api.errors import invalid
from penstock.api.keys import Scope
from penstock.api.routers.actions import possible
from penstock.api.services import Provided
from penstock.site import downloads
from penstock.site.marks import marked
from penstock.site.rendering import render
from penstock.site.routing import pages
from penstock.stations import actions

router, operators = pages(), pages(Scope.OPERATE)

_RECORDS = 50  # of a page
_DAYS = 90  # of the chart
_SERIES = 7  # of the chart; all others are one more
_COLUMNS = ("dataset", "path", "file_id", "line", "reasons", "raw")

Dataset = Annotated[str | None, Query(max_length=48)]
Reason = Annotated[str | None, Query(max_length=10_000)]
File = Annotated[int | None, Query(ge=1, lt=2**63)]


async def _which(
    dataset: Dataset = None, reason: Reason = None, file: File = None
) -> ledger.Refusals:
    if reason and "\0" in reason:
        raise invalid("query.reason", "expected text")
    return ledger.Refusals(dataset, reason, file)


Which = Annotated[ledger.Refusals, Depends(_which)]


@router.get("/quarantine")
async def show(
    request: Request, services: Provided, which: Which, cursor: paging.Cursor = None
) -> Response:
    """Show the refused records: counts by reason, file and day, and page by page."""
    ask = services.database.ask
    after = paging.after(cursor, int, int)
    records, files = await ask(ledger.count_refused, which)
    found = await ask(ledger.page_of_refusals, which, after, _RECORDS + 1)
    page = paging.page(found, _RECORDS, "file_id", "line")
    return render(
        request,
        "quarantine.html",
        which=which,
        filters={"dataset": which.dataset, "reason": which.rule, "file": which.file_id},
        datasets=list(datasets.all_datasets()),
        records=records,
        files=files,
        days=_days(await ask(ledger.refusals_by_day, which)),
        by_rule=await ask(ledger.refusals_by_rule, which),
        by_file=await ask(ledger.refusals_by_file, which),
        page=page,
        marked=marked,
        paged=cursor is not None,
    )


@router.get("/quarantine.csv")
async def download(services: Provided, which: Which) -> Response:
    """Return the refused records with their reasons as CSV."""
    asked = ledger.all_refusals(which)
    return downloads.csv(services.database, *asked, _COLUMNS, "refused.csv")


@router.get("/quarantine.txt")
async def download_as_it_came(services: Provided, which: Which) -> Response:
    """Return the text of the refused records, one after the other, and nothing else."""
    batches = services.database.stream(*ledger.all_refusals(which))
    headers = {"Content-Disposition": named("attachment", "refused.txt")}
    lines = ("".join(f"{row['raw']}\n" for row in rows) async for rows in batches)
    return StreamingResponse(lines, media_type="text/plain", headers=headers)


@operators.post("/quarantine/replay")
async def replay(
    request: Request,
    services: Provided,
    dataset: Annotated[str, Form(max_length=48)],
    reason: Annotated[str, Form(min_length=1, max_length=10_000)],
    why: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Ask to replay all files that have records refused for a reason."""
    who = caller_name(request)
    asked = await possible(
        lambda: actions.replay_refused_for(dataset, reason, who, why.strip() or None)
    )
    services.loads.start(dataset)
    return render(request, "replayed.html", asked=asked, dataset=dataset)


def _days(rows: Sequence[Row]) -> dict[str, Any]:
    """The days of the chart, and the series of the most frequent names."""
    last = datetime.now(UTC).date()
    first = max(last - timedelta(days=_DAYS - 1), min((row["day"] for row in rows), default=last))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    totals: Counter[str] = Counter()
    counts: Counter[tuple[str, date]] = Counter()
    shown = [row for row in rows if row["day"] >= first]
    for row in shown:
        totals[row["name"]] += row["records"]
    names = {name: name for name, _ in totals.most_common(_SERIES)}
    for row in shown:
        counts[names.get(row["name"], "others"), row["day"]] += row["records"]
    series = [*names, *(["others"] if len(totals) > _SERIES else [])]
    return {"labels": days, "series": {name: [counts[name, d] for d in days] for name in series}}
