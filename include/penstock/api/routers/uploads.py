"""Routes of uploads: stream a file to the landing zone, return its status."""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

import psycopg
from fastapi import Header, Path, Query, Request, Response
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, Field

from penstock import datasets, ledger
from penstock.api import metrics
from penstock.api.auth import needs
from penstock.api.database import Database, Row
from penstock.api.errors import ApiError, invalid, not_found, responses
from penstock.api.forms import FormFile, is_form
from penstock.api.keys import Scope
from penstock.api.routers.files import rows_of
from penstock.api.routing import Router
from penstock.api.services import Provided
from penstock.api.storing import storing
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError
from penstock.intake import uploads
from penstock.intake.uploads import Bytes, Incoming, Upload, UploadTooLarge
from penstock.settings import settings

router = Router(tags=["uploads"], dependencies=[needs(Scope.UPLOAD)])

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


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


@router.post(
    "/uploads/{dataset}",
    status_code=202,
    openapi_extra=_BODY,
    responses={
        200: {"model": Status, "description": "The same content is there already."},
        **responses(404, 408, 409, 507),
    },
)
async def upload(
    request: Request,
    response: Response,
    services: Provided,
    dataset: Annotated[str, Path(examples=["events"])],
    filename: Annotated[
        str | None,
        Query(
            max_length=1000,
            description="The name of the landed file; a form can name its file itself.",
            examples=["accounts.txt"],
        ),
    ] = None,
    content_digest: Annotated[
        str | None, Header(description="RFC 9530: `sha-256=:<base64>:`", max_length=1000)
    ] = None,
    x_checksum_sha256: Annotated[
        str | None, Header(description="SHA-256 in hexadecimal.", pattern="^[0-9a-fA-F]{64}$")
    ] = None,
) -> Status:
    """Land a file. Repeating it is safe: it is the same upload. `Location` names its status."""
    declared = _declared(dataset)
    expected = _expected(content_digest, x_checksum_sha256)
    stream: AsyncIterator[Bytes] = request.stream()
    if is_form(request):
        part = FormFile(request)
        await part.open()
        stream, filename = part.stream(), filename or part.filename
    path = _checked(declared, filename)
    with storing():
        incoming = Incoming(checked=expected is not None)
        try:
            await _receive(incoming, stream, request)
            if incoming.sha256 != expected:
                raise invalid("body", f"its SHA-256 is {incoming.sha256}, expected {expected}")
            status = await _known(services.database, declared, path, incoming.blake3)
            if status is None:
                landed = await asyncio.to_thread(incoming.land, declared, path)
                metrics.uploaded_bytes.labels(dataset).inc(incoming.size)
                status = _status(landed, None, [])
            else:
                response.status_code = 200
        finally:
            await asyncio.to_thread(incoming.discard)
    response.headers["Location"] = f"{request.scope['root_path']}/uploads/{status.upload_id}"
    return status


@router.get("/uploads/{upload_id}", responses=responses(404))
async def upload_status(
    services: Provided,
    upload_id: Annotated[str, Path(examples=["0f3b6c1e9d2a4b5c8e7f60718293a4b5"])],
) -> Status:
    """Return the status of an upload: landed, loading, loaded or rejected. Kept for 30 days."""
    found = await asyncio.to_thread(uploads.find, upload_id)
    if found is None:
        raise not_found(f"upload {upload_id!r}")
    file = await _file(services.database, found)
    reasons = await _reasons(services.database, file)
    return _status(found, file, reasons)


def _declared(name: str) -> Dataset:
    try:
        return datasets.get(name)
    except PenstockError as error:
        raise ApiError(404, str(error)) from None


def _checked(dataset: Dataset, filename: str | None) -> str:
    if not filename:
        raise invalid("query.filename", "expected the name to land the file under")
    try:
        uploads.check_path(dataset, filename)
    except PenstockError as error:
        raise invalid("query.filename", str(error)) from None
    return filename


def _expected(content_digest: str | None, hexadecimal: str | None) -> str | None:
    """Return the SHA-256 that the caller declares, in hexadecimal; None without one."""
    if hexadecimal or content_digest is None:
        return hexadecimal and hexadecimal.lower()
    for digest in content_digest.split(","):
        algorithm, _, value = digest.strip().partition("=")
        if algorithm == "sha-256" and value.startswith(":") and value.endswith(":"):
            try:
                return base64.b64decode(value[1:-1], validate=True).hex()
            except binascii.Error:
                break
    raise invalid("header.content-digest", "expected sha-256=:<base64>:")


async def _receive(incoming: Incoming, stream: AsyncIterator[Bytes], request: Request) -> None:
    limit = settings().max_file_bytes
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > limit:
        raise UploadTooLarge(f"larger than {limit:,} bytes")
    await incoming.write(stream)


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
