"""Route that approves the loss of many files of a mirror, whose rows are kept until then."""

import asyncio
from typing import Annotated

from fastapi import Path, Request
from pydantic import BaseModel, Field

from penstock import datasets
from penstock.api.auth import caller_name, needs
from penstock.api.errors import ApiError, responses
from penstock.api.keys import Scope
from penstock.api.routing import Router
from penstock.arrivals import mirror
from penstock.errors import HostFault, PenstockError

router = Router(tags=["approvals"], dependencies=[needs(Scope.UPLOAD)])


class Approval(BaseModel):
    """An approved loss: the next load removes the rows of this many files."""

    dataset: str = Field(examples=["people"])
    files: int = Field(examples=[37])


@router.post("/approvals/{dataset}", responses=responses(404, 409))
async def approve(request: Request, dataset: Annotated[str, Path(examples=["people"])]) -> Approval:
    """Approve the loss of files of a mirror: the next load removes the rows that it held back."""
    try:
        declared = datasets.get(dataset)
    except PenstockError as error:
        raise ApiError(404, str(error)) from None
    try:
        files = await asyncio.to_thread(mirror.approve, declared, caller_name(request))
    except HostFault:
        raise
    except PenstockError as error:
        raise ApiError(409, str(error)) from None
    return Approval(dataset=declared.name, files=files)
