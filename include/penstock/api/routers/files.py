"""Routes of files: their state, waiting files, and refused records."""

import asyncio
from collections import Counter
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from penstock import datasets, ledger
from penstock.api import paging
from penstock.api.answers import Json, csv_file
from penstock.api.auth import needs
from penstock.api.database import Database, Row
from penstock.api.errors import invalid, not_found, responses
from penstock.api.keys import Scope
from penstock.api.routing import Router
from penstock.api.services import Provided, Services
from penstock.arrivals import untaken
from penstock.declare.dataset import Dataset
from penstock.warehouse import connect

router = Router(tags=["files"], dependencies=[needs(Scope.READ)])

FileId = Annotated[int, Path(ge=1, lt=2**63, examples=[1])]

_STATES = f"^({'|'.join(ledger.State)})$"


class File(BaseModel):
    """One version of a file, from the ledger."""

    file_id: int = Field(examples=[1])
    dataset: str = Field(examples=["events"])
    path: str = Field(examples=["accounts.txt"])
    version: int = Field(examples=[1])
    state: str = Field(pattern=_STATES, examples=[ledger.State.SEALED.value])
    reason: str | None = None
    notes: list[str] = []
    dialect: dict[str, Any] | None = Field(
        None,
        description="How a CSV is written, declared or detected; null for other formats.",
        examples=[{"separator": ";", "quote": '"', "skip": 0}],
    )
    size_bytes: int
    content_hash: str | None
    rows_good: int | None
    rows_bad: int | None
    load_seq: int | None
    replay_of: int | None
    registered_at: datetime
    claimed_at: datetime | None
    loaded_at: datetime | None
    sealed_at: datetime | None
    built_at: datetime | None
    archived_at: datetime | None
    attempts: int = Field(description="How often a fault that was not its own stopped it.")
    retry_at: datetime | None = Field(description="When a file that waits is tried again.")
    waits_for: str | None = Field(description="The fault that it waits for.")


class FileWithRows(File):
    """A file and what became of its rows; null while no mart shows them."""

    rows_standing: int | None = Field(description="Good rows that are in the mart.")
    rows_replaced: int | None = Field(description="Good rows that later rows replaced.")
    rows_deduplicated: int | None = Field(description="Good rows that repeat an earlier one.")


class Files(BaseModel):
    """A page of files, the newest first."""

    items: list[File]
    next: str | None = Field(description="The next page's cursor; null on the last page.")


class WaitingFile(BaseModel):
    """A file that waits in the landing zone."""

    dataset: str | None = Field(description="Null where no dataset lands.", examples=["products"])
    path: str = Field(description="Below the landing zone.", examples=["products/a.xls"])
    kind: untaken.Kind = Field(examples=["name"])
    reason: str = Field(examples=["products takes files named *.csv; rename it, or move it away"])
    modified_at: datetime | None
    needs_person: bool = Field(description="Whether a person has to act.")


class WaitingFiles(BaseModel):
    """The first waiting files by path, and the number of each kind."""

    items: list[WaitingFile]
    counts: dict[untaken.Kind, int]


class Refused(BaseModel):
    """A refused record, with all its reasons."""

    line: int = Field(examples=[41])
    raw: str = Field(examples=["null"])
    reasons: list[str] = Field(examples=[["expected 3 fields separated by ' ', found 1"]])
    quarantined_at: datetime


class Quarantine(BaseModel):
    """A page of refused records, by line."""

    items: list[Refused]
    next: str | None = Field(description="The next page's cursor; null on the last page.")


_WAITING_SECONDS = 2.0  # between two scans of the landing zone
_COLUMNS = tuple(File.model_fields)


@router.get("/files", response_model=Files)
async def list_files(
    services: Provided,
    dataset: Annotated[str | None, Query(max_length=48, examples=["events"])] = None,
    state: Annotated[
        str | None, Query(pattern=_STATES, examples=[ledger.State.SEALED.value])
    ] = None,
    limit: paging.Limit = 100,
    cursor: paging.Cursor = None,
) -> Json:
    """List the files that landed, the newest first, and what became of them."""
    _declared(dataset)
    before = paging.after(cursor, int)
    asked = ledger.page_of_files(_COLUMNS, dataset, state, before[0] if before else None, limit + 1)
    return Json(paging.page(await services.database.rows(*asked), limit, "file_id"))


@router.get("/files/waiting")
async def waiting_files(
    services: Provided,
    dataset: Annotated[str | None, Query(max_length=48, examples=["events"])] = None,
    limit: paging.Limit = 100,
) -> WaitingFiles:
    """List what waits in the landing zone and is not taken: why, and what to do."""
    found = await find_waiting(services, _declared(dataset))
    counts = Counter(one.kind for one in found)
    return WaitingFiles(items=[WaitingFile(**vars(one)) for one in found[:limit]], counts=counts)


@router.get("/files/{file_id}", response_model=FileWithRows, responses=responses(404))
async def one_file(services: Provided, file_id: FileId) -> Json:
    """Return a file: its state, counts, times, and the reason if it was rejected."""
    file = await _find(services.database, file_id)
    return Json(file | await rows_of(services.database, file_id))


@router.get("/files/{file_id}/quarantine", response_model=Quarantine, responses=responses(404))
async def quarantine(
    services: Provided,
    file_id: FileId,
    limit: paging.Limit = 100,
    cursor: paging.Cursor = None,
) -> Json:
    """List the refused records of a file, with all reasons."""
    await _find(services.database, file_id)
    after = paging.after(cursor, int)
    asked = ledger.page_of_refused(file_id, after[0] if after else -1, limit + 1)
    rows = await services.database.rows(*asked)
    return Json(paging.page(rows, limit, "line"))


@router.get(
    "/files/{file_id}/quarantine.csv",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "All."},
        **responses(404),
    },
)
async def quarantine_csv(
    services: Provided, file_id: FileId, raw: bool = False
) -> StreamingResponse:
    """Download all refused records of a file as CSV: line, reasons, raw.

    A field that a spreadsheet could take for a formula begins with a `'`, and so does one that
    began with a `'`: take one off. With `raw=true` each is as it is.
    """
    file = await _find(services.database, file_id)
    batches = services.database.stream(*ledger.all_refused(file_id))
    name = f"{PurePosixPath(file['path']).name}.refused.csv"
    return csv_file(batches, ("line", "reasons", "raw"), name, raw=raw)


async def find_waiting(services: Services, dataset: Dataset | None) -> list[untaken.Untaken]:
    """Return what waits in the landing zone for `dataset` or for all, at most 2 s old."""
    name = dataset.name if dataset else None
    return await services.cache.keep(
        ("untaken", name), _WAITING_SECONDS, partial(asyncio.to_thread, _find_waiting, dataset)
    )


async def rows_of(database: Database, file_id: int) -> Row:
    """Count a file's rows by what became of them; None for each while no mart shows them."""
    names = ("rows_standing", "rows_replaced", "rows_deduplicated")
    return await database.row(*ledger.rows_of_file(names, file_id)) or dict.fromkeys(names)


async def _find(database: Database, file_id: int) -> Row:
    row = await database.row(*ledger.one_file(_COLUMNS, file_id))
    if row is None:
        raise not_found(f"file {file_id}")
    return row


def _declared(dataset: str | None) -> Dataset | None:
    known = datasets.all_datasets()
    if dataset is not None and dataset not in known:
        raise invalid("query.dataset", f"expected one of {', '.join(known)}")
    return known[dataset] if dataset is not None else None


def _find_waiting(dataset: Dataset | None) -> list[untaken.Untaken]:
    with connect("api") as connection:
        return untaken.find(dataset, connection)
