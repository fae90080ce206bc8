"""Mends a file here: its refused records are corrected in a form, or in a file that is uploaded."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import Form, Query, Request
from starlette.responses import Response

from penstock import ledger
from penstock.api import paging
from penstock.api.auth import caller_name
from penstock.api.database import Row
from penstock.api.errors import ApiError, not_found
from penstock.api.forms import sent_file
from penstock.api.keys import Scope
from penstock.api.receiving import status_of
from penstock.api.routers.actions import possible
from penstock.api.routers.files import FileId
from penstock.api.services import Provided, Services
from penstock.api.storing import storing
from penstock.errors import PenstockError, RejectFile
from penstock.intake import mends
from penstock.intake.uploads import Bytes, Upload
from penstock.site import corrections
from penstock.site.marks import marked
from penstock.site.rendering import render
from penstock.site.routing import pages

router = pages(Scope.OPERATE)

_MOST = 100  # records of a form
_LONGEST = 1000  # characters of a why


@router.get("/files/{file_id}/mend")
async def show(
    request: Request,
    services: Provided,
    file_id: FileId,
    reason: Annotated[str | None, Query(max_length=10_000)] = None,
    cursor: paging.Cursor = None,
) -> Response:
    """Show the refused records of a file in a form, to be corrected."""
    file = await _found(services, file_id)
    which = ledger.Refusals(None, reason, file_id)
    after = paging.after(cursor, int, int)
    ask = services.database.ask
    rows = await ask(ledger.page_of_refusals, which, after, _MOST + 1)
    page = paging.page(rows, _MOST, "file_id", "line")
    records = [_shown(row, row["raw"], None) for row in page["items"]]
    return render(
        request,
        "mend.html",
        file=file,
        is_rejected=file["state"] == ledger.State.REJECTED,
        reason=reason,
        total=(await ask(ledger.count_refused, which))[0],
        records=records,
        marked=marked,
        next=page["next"],
        problem=None,
        **await asyncio.to_thread(_why_not, file_id),
    )


@router.post("/files/{file_id}/mend/records")
async def mend_records(
    request: Request,
    services: Provided,
    file_id: FileId,
    line: Annotated[list[int], Form(max_length=_MOST)],
    text: Annotated[list[str], Form(max_length=_MOST)],
    use: Annotated[list[int], Form(max_length=_MOST)] = [],  # noqa: B006 - FastAPI copies it
    why: Annotated[str, Form(max_length=_LONGEST)] = "",
) -> Response:
    """Check the corrections. Land them if all are good; else show what is still refused."""
    file = await _found(services, file_id)
    rows = {
        row["line"]: row
        for row in await services.database.ask(ledger.refused_on_lines, file_id, line)
    }
    given = dict(zip(line, text, strict=False))
    records = [_shown(rows[n], t, n in use) for n, t in given.items() if n in rows]
    problem = await _check(file, [record for record in records if record["use"]])
    if problem:
        values = {"records": records, "problem": problem, "file": file, "marked": marked}
        return render(request, "mend_records.html", **values)
    texts = [record["text"] for record in records if record["use"]]
    data = await asyncio.to_thread(mends.content_of, file_id, texts)
    with storing():
        who = caller_name(request)
        incoming = await mends.received(_once(data))
        try:
            landed = await possible(lambda: mends.land(file_id, incoming, who, why.strip() or None))
        finally:
            await asyncio.to_thread(incoming.discard)
    return await _follow(request, services, file, landed)


@router.post("/files/{file_id}/mend")
async def mend_with_a_file(request: Request, services: Provided, file_id: FileId) -> Response:
    """Check an uploaded file of corrected records; land it if all of them are good."""
    file = await _found(services, file_id)
    await possible(lambda: mends.check(file_id))
    stream, _ = await sent_file(request)
    with storing():
        who = caller_name(request)
        incoming = await mends.received(stream)
        try:
            await possible(lambda: corrections.check_file(file, incoming.place))
            landed = await possible(lambda: mends.land(file_id, incoming, who))
        finally:
            await asyncio.to_thread(incoming.discard)
    return await _follow(request, services, file, landed)


async def _found(services: Services, file_id: int) -> Row:
    file = await services.database.ask(ledger.find, file_id)
    if file is None:
        raise not_found(f"file {file_id}")
    return dict(file)


def _why_not(file_id: int) -> dict[str, str | None]:
    """Why the file cannot be mended at all, and why not in a form."""
    try:
        mends.check(file_id)
    except PenstockError as error:
        return {"why_not": str(error), "why_no_form": None}
    try:
        mends.content_of(file_id, ["x"])
    except PenstockError as error:
        return {"why_not": None, "why_no_form": str(error)}
    return {"why_not": None, "why_no_form": None}


def _shown(row: Row, text: str, use: bool | None) -> dict[str, Any]:
    """A record of the form: `use` is whether it is chosen, by default if a form can carry it."""
    why = corrections.why_not_in_a_form(row["raw"])
    return {**row, "text": text, "why_not": why, "use": not why if use is None else use, "told": []}


async def _check(file: Row, records: Sequence[dict[str, Any]]) -> str | None:
    """Tell each record its `told` reasons; return what is wrong with all of them, or None."""
    if not records:
        return "No record is chosen."
    for record in records:
        record["text"], wrong = corrections.corrected(record["text"], record["raw"])
        record["told"] = [wrong] if wrong else []
    if not any(record["told"] for record in records):
        texts = [record["text"] for record in records]
        data = await possible(lambda: mends.content_of(file["file_id"], texts))
        try:
            refused = await asyncio.to_thread(corrections.still_refused, file, data, texts)
        except RejectFile as error:
            return f"{error}."
        for place, reasons in refused.items():
            records[place]["told"] = reasons
    wrong_ones = sum(bool(record["told"]) for record in records)
    if not wrong_ones:
        return None
    return f"{wrong_ones:,} of {len(records):,} records would be refused again. Nothing has landed."


async def _once(data: bytes) -> AsyncIterator[Bytes]:
    yield data


async def _follow(request: Request, services: Services, file: Row, landed: Upload) -> Response:
    services.loads.start(landed.dataset)
    status = await status_of(services.database, landed.upload_id)
    if status is None:
        raise ApiError(404, f"no such upload {landed.upload_id}")
    return render(request, "mended.html", file=file, status=status, is_known=False)
