"""What a person does to a file: replay, reject, retract. Asked for here, done by the next load."""

import asyncio
from typing import Annotated, Literal

from fastapi import Form, Request
from starlette.responses import Response

from penstock import ledger
from penstock.api.auth import caller_name
from penstock.api.errors import ApiError
from penstock.api.keys import Scope
from penstock.api.routers.files import FileId
from penstock.api.services import Provided
from penstock.errors import HostFault, PenstockError
from penstock.site.pages.file import progress_of
from penstock.site.routing import pages
from penstock.stations import actions

router = pages(Scope.OPERATE)


@router.post("/files/{file_id}/actions")
async def act(
    request: Request,
    services: Provided,
    file_id: FileId,
    kind: Annotated[Literal[ledger.Act.REPLAY, ledger.Act.REJECT, ledger.Act.RETRACT], Form()],
    why: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Ask for an action on a file, and show its progress."""
    try:
        asked = await asyncio.to_thread(_ask, kind, file_id, caller_name(request), why.strip())
    except HostFault:
        raise
    except PenstockError as error:
        raise ApiError(409, str(error)) from None
    services.loads.start(asked.dataset)
    return await progress_of(request, services, file_id, asked.action_id)


def _ask(kind: ledger.Act, file_id: int, who: str, why: str) -> ledger.Action:
    if kind is ledger.Act.REPLAY:
        return actions.replay(file_id, who, why or None)
    return (actions.reject if kind is ledger.Act.REJECT else actions.retract)(file_id, who, why)
