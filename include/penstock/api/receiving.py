"""Receives uploads and tells what became of them, for the API and for the pages."""

import asyncio
from datetime import datetime
from typing import Any, Literal

import psycopg
from fastapi import Request
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, Field

from penstock import datasets, ledger
from penstock.api import metrics
from penstock.api.database import Database, Row
from penstock.api.errors import invalid
from penstock.api.forms import sent_file
from penstock.api.routers.files import rows_of
from penstock.api.storing import storing
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError
from penstock.intake import uploads
from penstock.intake.uploads import Incoming, Upload, UploadTooLarge
from penstock.settings import settings

State = Literal["landed", "loading", "loaded", "rejected"]

_STATES: dict[str, State] = {
    ledger.State.REGISTERED: "landed",
    ledger.State.CLAIMED: "loading",
    ledger.State.LOADING: "loading",
    ledger.State.SEALED: "loaded",
    ledger.State.SUPERSEDED: "loaded",
    ledger.State.DUPLICATE: "loaded",
    ledger.State.REJECTED: "rejected",
}


class Reason(BaseModel):
    """A reason and the number of rows refused for it."""

    reason: str = Field(examples=["event_time: null, expected a time as ISO 8601 with a zone"])
    rows: int = Field(examples=[3])


class Status(BaseModel):
    """The status of an upload. `loaded`: the marts show it."""

    upload_id: str = Field(examples=["0f3b6c1e9d2a4b5c8e7f60718293a4b5"])
    dataset: str = Field(examples=["events"])
    path: str = Field(examples=["accounts.txt"])
    blake3: str = Field(description="The content's hash; the same content is the same upload.")
    size_bytes: int
    state: State
    reason: str | None = Field(None, description="Why the whole file was rejected, or not needed.")
    file_id: int | None = Field(None, description="The file in the ledger: `/files/{file_id}`.")
    rows_good: int | None = None
    rows_bad: int | None = None
    rows_standing: int | None = Field(None, description="Good rows that are in the mart.")
    rows_replaced: int | None = Field(None, description="Good rows that later ones replaced.")
    rows_deduplicated: int | None = Field(None, description="Good rows that repeat an earlier one.")
    reasons: list[Reason] = Field([], description="Of refused rows; the most frequent 20.")
    received_at: datetime
    claimed_at: datetime | None = None
    loaded_at: datetime | None = None
    sealed_at: datetime | None = None
    built_at: datetime | None = None


async def receive(
    request: Request,
    database: Database,
    dataset: Dataset,
    filename: str | None,
    sha256: str | None = None,
) -> tuple[Status, bool]:
    """Land the body of a request, or the first file of a form, as a file of `dataset`.

    Returns its status, and whether it is new: the same content may be there already.

    Raises:
        ApiError: 409, 413 or 507, as `storing` says; 422, the name is not allowed, the form is
            invalid, or the content has another SHA-256.
    """
    stream, own_name = await sent_file(request)
    path = _checked(dataset, filename or own_name)
    with storing():
        incoming = Incoming(checked=sha256 is not None)
        try:
            _check_length(request)
            await incoming.write(stream)
            if incoming.sha256 != sha256:
                raise invalid("body", f"its SHA-256 is {incoming.sha256}, expected {sha256}")
            known = await _known(database, dataset, path, incoming.blake3)
            if known is not None:
                return known, False
            landed = await asyncio.to_thread(incoming.land, dataset, path)
            metrics.uploaded_bytes.labels(dataset.name).inc(incoming.size)
            return _status(landed, None, []), True
        finally:
            await asyncio.to_thread(incoming.discard)


async def status_of(database: Database, upload_id: str) -> Status | None:
    """Tell what became of an upload; None if it is unknown or older than 30 days."""
    found = await asyncio.to_thread(uploads.find, upload_id)
    if found is None:
        return None
    file = await _file(database, found)
    return _status(found, file, await _reasons(database, file))


def _checked(dataset: Dataset, filename: str | None) -> str:
    if not filename:
        raise invalid("query.filename", "expected the name to land the file under")
    try:
        uploads.check_path(dataset, filename)
    except PenstockError as error:
        raise invalid("query.filename", str(error)) from None
    return filename


def _check_length(request: Request) -> None:
    limit = settings().max_file_bytes
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > limit:
        raise UploadTooLarge(f"larger than {limit:,} bytes")


async def _known(database: Database, dataset: Dataset, path: str, content: str) -> Status | None:
    """Return the status of an earlier identical upload; None if it is no longer current."""
    earlier = await asyncio.to_thread(uploads.find, uploads.identify(dataset, path, content))
    if earlier is None:
        return None
    try:
        file = await _file(database, earlier)
    except (psycopg.OperationalError, PoolTimeout):  # the ledger deduplicates it later
        file = None
    gone = (ledger.State.REJECTED, ledger.State.SUPERSEDED)
    counts = file and file["is_newest"] and file["state"] not in gone
    if counts or (file is None and uploads.waits(dataset, earlier)):
        return _status(earlier, file, await _reasons(database, file))
    return None


async def _reasons(database: Database, file: Row | None) -> list[Row]:
    return await database.rows(*ledger.frequent_reasons(file["file_id"])) if file else []


async def _file(database: Database, upload: Upload) -> Row | None:
    file = await database.row(*ledger.uploaded_file(upload.dataset, upload.path, upload.etag))
    return file and file | await rows_of(database, file["file_id"])


def _status(upload: Upload, file: Row | None, reasons: list[Row]) -> Status:
    known: dict[str, Any] = {**vars(upload), "reasons": reasons}
    if file is None:
        taken = not uploads.waits(datasets.get(upload.dataset), upload)
        gone = "the file was taken out of the landing zone before it was loaded"
        state, why = ("rejected", gone) if taken else ("landed", None)
        return Status(state=state, reason=why, **known)
    state = _STATES[file["state"]]
    if state == "loaded" and file["state"] != ledger.State.DUPLICATE and file["built_at"] is None:
        state = "loading"
    names = set(Status.model_fields) & set(file) - set(known) - {"state"}
    return Status(state=state, **known, **{name: file[name] for name in names})
