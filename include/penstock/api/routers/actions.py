"""Routes of what people do to files: replay, reject, retract, mend."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Query, Request
from pydantic import BaseModel, Field

from penstock import datasets, ledger
from penstock.api import metrics
from penstock.api.auth import caller_name, needs
from penstock.api.errors import ApiError, not_found, responses
from penstock.api.forms import FILE_BODY, sent_file
from penstock.api.keys import Scope
from penstock.api.routers.files import FileId
from penstock.api.routing import Router
from penstock.api.services import Provided, Services
from penstock.api.storing import storing
from penstock.errors import HostFault, PenstockError
from penstock.intake import mends
from penstock.intake.uploads import Bytes, Upload
from penstock.stations import actions
from penstock.warehouse import connect

router = Router(tags=["actions"])
_may_read, _may_operate = [needs(Scope.READ)], [needs(Scope.OPERATE)]

T = TypeVar("T")
_LONGEST = 1000
Reason = Annotated[str, Field(min_length=1, max_length=_LONGEST, examples=["sent by mistake"])]


class Action(BaseModel):
    """What somebody asked for. It is done when `done_at` is set, by the next load at the latest."""

    action_id: int = Field(examples=[1])
    kind: ledger.Act = Field(examples=["retract"])
    dataset: str = Field(examples=["events"])
    file_id: int | None = Field(examples=[7])
    who: str = Field(examples=["ann"])
    why: str | None = Field(examples=["sent by mistake"])
    path: str | None = Field(description="Of a mend, where the corrected file lands.")
    asked_at: datetime
    done_at: datetime | None
    refused: str | None = Field(description="Why it could not be done.")
    result_file_id: int | None = Field(description="The new version, or the corrected file.")


class Why(BaseModel):
    """Why it is done."""

    why: Reason


class MaybeWhy(BaseModel):
    """Why it is done, if that is to be kept."""

    why: Reason | None = None


class Refused(BaseModel):
    """Which files to replay: those with records that were refused for a reason."""

    dataset: str = Field(examples=["events"])
    reason: Annotated[
        str,
        Field(
            min_length=1,
            max_length=10_000,
            description="As the quarantine has it, with or without the value that was found.",
            examples=["expected 3 fields separated by ' '"],
        ),
    ]
    why: Reason | None = None


class Mend(BaseModel):
    """A corrected file that has landed. `GET /uploads/{upload_id}` tells when the marts show it."""

    upload_id: str = Field(examples=["0f3b6c1e9d2a4b5c8e7f60718293a4b5"])
    dataset: str = Field(examples=["events"])
    path: str = Field(examples=["mends/7-3f9a2c1b/accounts.txt"])
    size_bytes: int


@router.get("/files/{file_id}/actions", dependencies=_may_read, responses=responses(404))
async def actions_of(file_id: FileId) -> list[Action]:
    """List what was asked to be done to a file, or gave it, the newest first."""
    return await asyncio.to_thread(_actions_of, file_id)


@router.post("/replays", status_code=202, dependencies=_may_operate, responses=responses(404, 409))
async def replay_refused(request: Request, services: Provided, which: Refused) -> list[Action]:
    """Replay all files that count and have records that were refused for a reason."""
    if which.dataset not in datasets.all_datasets():
        raise not_found(f"dataset {which.dataset!r}")
    who, why = caller_name(request), which.why
    found = await possible(
        lambda: actions.replay_refused_for(which.dataset, which.reason, who, why)
    )
    services.loads.start(which.dataset)
    return [Action(**vars(action)) for action in found]


@router.post(
    "/files/{file_id}/replay",
    status_code=202,
    dependencies=_may_operate,
    responses=responses(404, 409),
)
async def replay(request: Request, services: Provided, file_id: FileId, reason: MaybeWhy) -> Action:
    """Load a kept file again under today's rules; its rows replace those it gave before.

    The replay of a retracted file undoes the retraction.
    """
    who = caller_name(request)
    return await _act(services, file_id, lambda: actions.replay(file_id, who, reason.why))


@router.post(
    "/files/{file_id}/reject",
    status_code=202,
    dependencies=_may_operate,
    responses=responses(404, 409),
)
async def reject(request: Request, services: Provided, file_id: FileId, reason: Why) -> Action:
    """Reject a file that is in flight, or that waits after a fault."""
    who = caller_name(request)
    return await _act(services, file_id, lambda: actions.reject(file_id, who, reason.why))


@router.post(
    "/files/{file_id}/retract",
    status_code=202,
    dependencies=_may_operate,
    responses=responses(404, 409),
)
async def retract(request: Request, services: Provided, file_id: FileId, reason: Why) -> Action:
    """Take the rows of a sealed file out of the marts; its bytes stay in the archive."""
    who = caller_name(request)
    return await _act(services, file_id, lambda: actions.retract(file_id, who, reason.why))


@router.post(
    "/files/{file_id}/mend",
    status_code=202,
    openapi_extra=FILE_BODY,
    dependencies=_may_operate,
    responses=responses(404, 408, 409, 507),
)
async def mend(
    request: Request,
    services: Provided,
    file_id: FileId,
    why: Annotated[str | None, Query(max_length=_LONGEST)] = None,
) -> Mend:
    """Land a corrected file: the body, or a file in a form. It stays linked to the file it mends.

    It holds the corrected records alone, below the header of the file.
    """
    await _exists(file_id)
    await possible(lambda: mends.check(file_id))
    stream, _ = await sent_file(request)
    landed = await receive_mend(file_id, stream, caller_name(request), why)
    services.loads.start(landed.dataset)
    return Mend(**{name: getattr(landed, name) for name in Mend.model_fields})


async def receive_mend(
    file_id: int, stream: AsyncIterator[Bytes], who: str, why: str | None
) -> Upload:
    """Land a corrected file from a stream.

    Raises:
        ApiError: 409, the file cannot be mended in this way, or the corrections are there already;
            413 and 507, see `storing`.
    """
    with storing():
        incoming = await mends.received(stream)
        try:
            landed = await possible(lambda: mends.land(file_id, incoming, who, why))
        finally:
            await asyncio.to_thread(incoming.discard)
    metrics.uploaded_bytes.labels(landed.dataset).inc(landed.size_bytes)
    return landed


async def _act(services: Services, file_id: int, asking: Callable[[], ledger.Action]) -> Action:
    await _exists(file_id)
    asked = await possible(asking)
    services.loads.start(asked.dataset)
    return Action(**vars(asked))


async def possible(work: Callable[[], T]) -> T:
    """The outcome of `work` in a thread.

    Raises:
        ApiError: 409, it is not possible.
    """
    try:
        return await asyncio.to_thread(work)
    except HostFault:
        raise
    except PenstockError as error:
        raise ApiError(409, str(error)) from None


async def _exists(file_id: int) -> None:
    if not await asyncio.to_thread(_is_known, file_id):
        raise not_found(f"file {file_id}")


def _is_known(file_id: int) -> bool:
    with connect("api") as connection:
        return ledger.find(connection, file_id) is not None


def _actions_of(file_id: int) -> list[Action]:
    with connect("api") as connection:
        if ledger.find(connection, file_id) is None:
            raise not_found(f"file {file_id}")
        return [Action(**vars(action)) for action in ledger.actions_of(connection, file_id)]
