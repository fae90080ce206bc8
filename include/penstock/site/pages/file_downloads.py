"""Downloads of a file: as it came, and the records of it that were refused."""

import asyncio
from contextlib import suppress
from pathlib import Path, PurePosixPath

from fastapi.responses import FileResponse
from starlette.responses import Response

from penstock import ledger
from penstock.api.answers import named
from penstock.api.errors import ApiError, not_found
from penstock.api.keys import Scope
from penstock.api.routers.files import FileId, quarantine_csv
from penstock.api.services import Provided
from penstock.files import landing
from penstock.files.landing import Area
from penstock.site.routing import pages

router = pages()
operators = pages(Scope.OPERATE)
"""The file as it came holds what no mart shows, so to read is not enough."""

_AREAS: tuple[Area, ...] = ("archive", "rejected", "claimed", "copies")


@operators.get("/files/{file_id}/download")
async def download(services: Provided, file_id: FileId) -> Response:
    """Return the bytes of a file, as it landed."""
    found = await services.database.ask(ledger.files_by_id, [file_id])
    if not found:
        raise not_found(f"file {file_id}")
    place = await asyncio.to_thread(_kept, found[0])
    name = PurePosixPath(found[0].path).name
    headers = {"Content-Disposition": named("attachment", name), "Cache-Control": "no-store"}
    return FileResponse(place, headers=headers, media_type="application/octet-stream")


@router.get("/files/{file_id}/refused.csv")
async def refused(services: Provided, file_id: FileId, raw: bool = False) -> Response:
    """Return all refused records of a file as CSV; with `raw`, formulas are not escaped."""
    return await quarantine_csv(services, file_id, raw)


def _kept(file: ledger.File) -> Path:
    """Return where the bytes of a file are, which is below one of our own folders.

    Raises:
        ApiError: 404, they are not there any more, or this process may not see them.
    """
    ours = [landing.root().resolve(), *(landing.area_folder(area).resolve() for area in _AREAS)]
    with suppress(PermissionError):
        place = file.source.resolve()
        if place.is_file() and any(place.is_relative_to(folder) for folder in ours):
            return place
    raise ApiError(
        404,
        f"The bytes of file {file.file_id} are not kept any more, or this server cannot read the"
        " archive, as in containers: take them from the place that the file's page names",
    )
