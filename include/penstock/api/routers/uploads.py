"""Routes of uploads: stream a file to the landing zone, return its status."""

import base64
import binascii
from typing import Annotated

from fastapi import Header, Path, Query, Request, Response

from penstock import datasets
from penstock.api.auth import needs
from penstock.api.errors import ApiError, invalid, not_found, responses
from penstock.api.forms import FILE_BODY
from penstock.api.keys import Scope
from penstock.api.receiving import Status, receive, status_of
from penstock.api.routing import Router
from penstock.api.services import Provided
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError

router = Router(tags=["uploads"], dependencies=[needs(Scope.UPLOAD)])


@router.post(
    "/uploads/{dataset}",
    status_code=202,
    openapi_extra=FILE_BODY,
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
    status, is_new = await receive(request, services.database, declared, filename, expected)
    if not is_new:
        response.status_code = 200
    response.headers["Location"] = f"{request.scope['root_path']}/uploads/{status.upload_id}"
    return status


@router.get("/uploads/{upload_id}", responses=responses(404))
async def upload_status(
    services: Provided,
    upload_id: Annotated[str, Path(examples=["0f3b6c1e9d2a4b5c8e7f60718293a4b5"])],
) -> Status:
    """Return the status of an upload: landed, loading, loaded or rejected. Kept for 30 days."""
    status = await status_of(services.database, upload_id)
    if status is None:
        raise not_found(f"upload {upload_id!r}")
    return status


def _declared(name: str) -> Dataset:
    try:
        return datasets.get(name)
    except PenstockError as error:
        raise ApiError(404, str(error)) from None


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
