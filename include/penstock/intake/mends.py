"""Mends: a corrected file lands as a file of its own, linked to the file that it mends.

The link is the action in the ledger, which names the path of the corrected file: it holds before
the file is registered, and for every version and replay of it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from psycopg import Connection

from penstock import datasets, ledger
from penstock.declare.dataset import Dataset
from penstock.declare.suffixes import plain_name
from penstock.errors import PenstockError
from penstock.formats.corrected import corrected
from penstock.formats.dialect import from_json
from penstock.intake import uploads
from penstock.intake.uploads import Bytes, Incoming, Upload
from penstock.warehouse.connect import connect

_CHUNK = 1 << 20


def land(file_id: int, incoming: Incoming, who: str, why: str | None = None) -> Upload:
    """Land a received file, which mends the file `file_id`.

    Raises:
        PenstockError: there is no such file, it cannot be mended in this way, or the same
            corrections are there already.
        Waiting: the same corrections wait in the landing zone.
    """
    with connect("api") as connection:
        file, dataset = _mendable(connection, file_id)
        path = _path(dataset, file, incoming.blake3[:8])
        _check_is_new(connection, dataset, path)
        ledger.ask(
            connection, ledger.Act.MEND, dataset.name, who, why=why, file_id=file_id, path=path
        )
        return incoming.land(dataset, path)  # committed with its link, or not at all


def check(file_id: int) -> None:
    """Check that a corrected file for this one can land.

    Raises:
        PenstockError: it cannot, as of a mirror; or there is no such file.
    """
    with connect("api") as connection:
        _mendable(connection, file_id)


def content_of(file_id: int, records: Sequence[str]) -> bytes:
    """A corrected file with these records, each the edited text of a refused one.

    Raises:
        PenstockError: there is no such file, or its format is binary; see `corrected`.
    """
    with connect("api") as connection:
        file, dataset = _mendable(connection, file_id)
    dialect = from_json(file["dialect"]) if file["dialect"] else None
    return corrected(dataset, file["path"], file["columns"], dialect, records)


async def received(stream: AsyncIterator[Bytes]) -> Incoming:
    """A file with all bytes of `stream`, to be landed or discarded.

    Raises:
        UploadTooLarge: it is larger than PENSTOCK_MAX_FILE_BYTES.
        OSError: the bytes cannot be written.
    """
    incoming = await asyncio.to_thread(Incoming, checked=False)
    try:
        await incoming.write(stream)
    except BaseException:
        await asyncio.to_thread(incoming.discard)
        raise
    return incoming


async def land_file(file_id: int, place: Path, who: str, why: str | None = None) -> Upload:
    """Land a copy of the file at `place`, which mends the file `file_id`.

    Raises:
        PenstockError: see `land`.
        OSError: it cannot be read.
    """
    incoming = await received(_read(place))
    try:
        return await asyncio.to_thread(land, file_id, incoming, who, why)
    finally:
        await asyncio.to_thread(incoming.discard)


async def land_bytes(file_id: int, data: bytes, who: str, why: str | None = None) -> Upload:
    """Land a file with these bytes, which mends the file `file_id`.

    Raises:
        PenstockError: see `land`.
        OSError: it cannot be written.
    """

    async def stream() -> AsyncIterator[Bytes]:
        yield data

    incoming = await received(stream())
    try:
        return await asyncio.to_thread(land, file_id, incoming, who, why)
    finally:
        await asyncio.to_thread(incoming.discard)


async def _read(place: Path) -> AsyncIterator[Bytes]:
    with place.open("rb") as file:
        while data := await asyncio.to_thread(file.read, _CHUNK):
            yield data


def _mendable(connection: Connection, file_id: int) -> tuple[dict[str, Any], Dataset]:
    file = ledger.find(connection, file_id)
    if file is None:
        raise PenstockError(f"no file {file_id}; `penstock files` lists those there are")
    dataset = datasets.get(file["dataset"])
    if dataset.mirror:
        raise PenstockError(f"{dataset.name} mirrors its folder: correct {file['path']} there")
    if dataset.unpacks(file["path"]):
        raise PenstockError(f"file {file_id} has no rows: mend the files that came out of it")
    if dataset.done_marker:
        raise PenstockError(
            f"files of {dataset.name} land with the marker {dataset.done_marker}: land the "
            "corrected file with its own"
        )
    return file, dataset


def _path(dataset: Dataset, file: dict[str, Any], tag: str) -> str:
    """A path of its own for the corrected file, with the name and suffix of the file.

    Raises:
        PenstockError: the dataset takes no file there, or would read other columns from the path.
    """
    parent, _, name = file["path"].rpartition("/")
    for folder in ("", f"{parent}/"):
        for named in (plain_name(name), name):
            path = f"{folder}mends/{file['file_id']}-{tag}/{named}"
            if dataset.path_values(path) != dataset.path_values(file["path"]):
                continue
            if dataset.accepts(path):
                uploads.check_path(dataset, path)
                return path
    raise PenstockError(
        f"columns of {dataset.name} come from the path: land the corrected file under a new name"
    )


def _check_is_new(connection: Connection, dataset: Dataset, path: str) -> None:
    newest = ledger.list_files(connection, dataset.name, 1, [path])
    if newest and newest[0]["state"] in (*ledger.IN_FLIGHT, ledger.State.SEALED):
        raise PenstockError(f"file {newest[0]['file_id']} holds the same corrections already")
