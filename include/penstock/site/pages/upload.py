"""The page of uploads: choose files, follow them from the browser into the marts."""

from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import Form, Path, Query, Request
from starlette.responses import Response

from penstock import datasets
from penstock.api.errors import ApiError, not_found
from penstock.api.keys import Scope
from penstock.api.receiving import receive, status_of
from penstock.api.services import Provided
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError
from penstock.intake import uploads
from penstock.settings import settings
from penstock.site.rendering import render
from penstock.site.routing import pages

router, operators = pages(), pages(Scope.UPLOAD)

_MOST_FILES = 200  # at once


@operators.get("/upload")
async def show(
    request: Request, dataset: Annotated[str | None, Query(max_length=48)] = None
) -> Response:
    """Show where to drop files."""
    return render(
        request,
        "upload.html",
        takes={name: each.takes for name, each in datasets.all_datasets().items()},
        dataset=dataset,
        max_bytes=settings().max_file_bytes,
        max_files=_MOST_FILES,
    )


@operators.post("/uploads/rows")
async def rows(
    request: Request,
    name: Annotated[list[str], Form(max_length=_MOST_FILES)],
    size: Annotated[list[int], Form(max_length=_MOST_FILES)],
    dataset: Annotated[str, Form(max_length=48)] = "",
) -> Response:
    """Return a row for each chosen file: the dataset guessed from its name, or why it cannot be."""
    files = [_row(each, bytes_, dataset) for each, bytes_ in zip(name, size, strict=False)]
    return render(request, "upload_rows.html", files=files)


@operators.post("/upload/{dataset}")
async def upload(
    request: Request,
    services: Provided,
    dataset: Annotated[str, Path(max_length=48)],
    filename: Annotated[str, Query(max_length=1000)],
) -> Response:
    """Receive a file; return how far it is."""
    try:
        declared = datasets.get(dataset)
    except PenstockError as error:
        raise ApiError(404, str(error)) from None
    status, is_new = await receive(request, services.database, declared, filename)
    services.loads.start(dataset)
    return render(request, "upload_status.html", status=status, is_known=not is_new)


@router.get("/uploads/{upload_id}")
async def progress(
    request: Request, services: Provided, upload_id: Annotated[str, Path(max_length=32)]
) -> Response:
    """Return how far an upload is, which asks again by itself until it is in the mart."""
    status = await status_of(services.database, upload_id)
    if status is None:
        raise not_found(f"upload {upload_id!r}")
    return render(request, "upload_status.html", status=status, is_known=False)


def _row(name: str, size: int, wanted: str) -> dict[str, Any]:
    """What a row shows: the `datasets` that take the file, and what is `wrong` with it."""
    taking = [each.name for each in datasets.all_datasets().values() if _takes(each, name)]
    if wanted in taking:
        taking = [wanted]
    wrong = None
    if size > settings().max_file_bytes:
        wrong = f"larger than {settings().max_file_bytes:,} bytes"
    elif not taking:
        wrong = "no dataset takes files of this name"
        if wanted in datasets.all_datasets():
            wrong = datasets.get(wanted).takes
    return {"name": PurePosixPath(name).name, "size": size, "datasets": taking, "wrong": wrong}


def _takes(dataset: Dataset, name: str) -> bool:
    try:
        uploads.check_path(dataset, name)
    except PenstockError:
        return False
    return True
