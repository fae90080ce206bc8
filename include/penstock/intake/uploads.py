"""Receives uploads: writes the bytes to disk, then lands them atomically as one file.

`.uploads/<upload_id>.json` in the landing zone records each upload; the ledger has its state under
the file's path and etag. The id is a hash of dataset, path and content, so uploads are idempotent.
"""

import asyncio
import hashlib
import json
import os
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from blake3 import blake3

from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError
from penstock.files import landing
from penstock.files.atomic import atomic_write, sync_folder
from penstock.settings import settings

Bytes = bytes | memoryview

_BATCH = 1024 * 1024  # bytes that are written and hashed at once
_BATCH_PIECES = 512  # below IOV_MAX
_PART_DAYS, _RECORD_DAYS = 1, 30


class UploadTooLarge(PenstockError):
    """The upload is larger than PENSTOCK_MAX_FILE_BYTES."""


class Waiting(PenstockError):
    """A file with other content waits at the path and has not been claimed yet."""


@dataclass(frozen=True)
class Upload:
    """A received upload. `etag` is the landed file's, as in the ledger."""

    upload_id: str
    dataset: str
    path: str
    blake3: str
    size_bytes: int
    etag: str
    received_at: str


class Incoming:
    """An upload in progress: written, hashed and synced in threads, below `.uploads`."""

    def __init__(self, *, checked: bool) -> None:
        """`checked`: also compute its SHA-256, which takes longer than all other work."""
        self._path = _folder() / f"{uuid.uuid4().hex}.part"
        self._file = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        self._name = blake3()
        self._sha256 = hashlib.sha256() if checked else None
        self.size = 0

    @property
    def place(self) -> Path:
        """Return where its bytes are until it lands."""
        return self._path

    @property
    def blake3(self) -> str:
        """Return the BLAKE3 hash of all bytes so far, in hexadecimal."""
        return self._name.hexdigest()

    @property
    def sha256(self) -> str | None:
        """Return the SHA-256 in hexadecimal; None unless `checked`."""
        return self._sha256.hexdigest() if self._sha256 else None

    async def write(self, stream: AsyncIterator[Bytes]) -> None:
        """Write all of `stream`. The bytes are synced to disk when this returns.

        Raises:
            UploadTooLarge: the stream is larger than PENSTOCK_MAX_FILE_BYTES.
            OSError: the bytes cannot be written, for example because the disk is full.
        """
        busy: list[asyncio.Task[None]] = []
        try:
            async for batch in self._batches(stream):
                await _finished(busy)
                busy = [asyncio.create_task(asyncio.to_thread(w, batch)) for w in self._workers()]
            await _finished(busy)
            busy = [asyncio.create_task(asyncio.to_thread(self._sync))]
            await _finished(busy)
        finally:
            if busy:  # no thread may use the file after it is closed
                await asyncio.wait(busy)

    def _workers(self) -> Iterator[Callable[[list[Bytes]], None]]:
        yield partial(_write_all, self._file)
        yield partial(_update, self._name)
        if self._sha256:
            yield partial(_update, self._sha256)

    async def _batches(self, stream: AsyncIterator[Bytes]) -> AsyncIterator[list[Bytes]]:
        batch: list[Bytes] = []
        waiting = 0
        async for data in stream:
            self.size += len(data)
            if self.size > settings().max_file_bytes:
                raise UploadTooLarge(f"larger than {settings().max_file_bytes:,} bytes")
            batch.append(data)
            waiting += len(data)
            if waiting >= _BATCH or len(batch) >= _BATCH_PIECES:
                yield batch
                batch, waiting = [], 0
        yield batch

    def _sync(self) -> None:
        os.fsync(self._file)

    def land(self, dataset: Dataset, path: str) -> Upload:
        """Move the upload into the landing zone under `path`, which `check_path` has accepted.

        Raises:
            Waiting: a file with other content waits at `path` and must not be overwritten.
            MirrorLost: the folder of a mirror is missing.
        """
        landing.settle(dataset, self._file)
        upload = Upload(
            upload_id=identify(dataset, path, self.blake3),
            dataset=dataset.name,
            path=path,
            blake3=self.blake3,
            size_bytes=self.size,
            etag=landing.etag(os.fstat(self._file)),
            received_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        )
        self.close()  # an open file does not count as landed
        _put(dataset, path, self._path)
        _record(upload)
        return upload

    def close(self) -> None:
        """Close the file. No more bytes are accepted."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def discard(self) -> None:
        """Delete the file, unless it has landed."""
        self.close()
        self._path.unlink(missing_ok=True)


def check_path(dataset: Dataset, path: str) -> None:
    """Check that a file may land under this path.

    Raises:
        PenstockError: the path is not allowed; the message says why.
    """
    parts = PurePosixPath(path).parts
    odd = not parts or path != "/".join(parts) or path.startswith("/") or ".." in parts
    if odd or not path.isprintable() or any(len(part.encode()) > 255 for part in parts):
        raise PenstockError("expected a file name, or a relative path without `..`")
    if len(parts) > 8:
        raise PenstockError("expected at most 7 folders above the file")
    if not dataset.accepts(path):
        raise PenstockError(f"{dataset.takes}, not starting with a dot")


def identify(dataset: Dataset, path: str, content: str) -> str:
    """Return the id of an upload; `content` is its BLAKE3 hash."""
    return hashlib.sha256(f"{dataset.name}\0{path}\0{content}".encode()).hexdigest()[:32]


def find(upload_id: str) -> Upload | None:
    """Return the record of an upload; None if it is unknown or older than 30 days."""
    if len(upload_id) != 32 or not set(upload_id) <= set("0123456789abcdef"):
        return None
    with suppress(FileNotFoundError):
        return Upload(**json.loads((_folder() / f"{upload_id}.json").read_bytes()))
    return None


def waits(dataset: Dataset, upload: Upload) -> bool:
    """Return whether the file is still in the landing zone."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return landing.etag((landing.root() / dataset.folder / upload.path).lstat()) == upload.etag
    return False


def tidy() -> None:
    """Delete partial files of broken uploads after a day, and records after 30 days."""
    now = time.time()
    for pattern, days in (("*.part", _PART_DAYS), ("*.json", _RECORD_DAYS)):
        for path in _folder().glob(pattern):
            with suppress(FileNotFoundError):
                if now - path.stat().st_mtime > days * 86400:
                    path.unlink()


def _folder() -> Path:
    folder = landing.root() / ".uploads"  # on the landing zone's file system, outside of datasets
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _record(upload: Upload) -> None:
    with atomic_write(_folder() / f"{upload.upload_id}.json", sync=True) as draft:
        draft.write_text(json.dumps(asdict(upload)))
    sync_folder(_folder())


def _put(dataset: Dataset, path: str, draft: Path) -> None:
    try:
        # Files of a mirror stay in the landing zone, so a new version replaces the old one.
        landing.put(dataset, path, draft, replace=dataset.mirror, sync=True)
    except (FileExistsError, IsADirectoryError, NotADirectoryError):
        target = landing.folder(dataset) / path
        if target.is_file():
            text = f"other content of {target.name} waits to be loaded; try again soon"
        else:
            text = f"{target.name} cannot land: its path has a folder for a file, or a file for one"
        raise Waiting(text) from None


async def _finished(work: list[asyncio.Task[None]]) -> None:
    if work:
        await asyncio.wait(work)  # unlike gather, wait does not cancel them when it is cancelled
    for each in work:
        each.result()


def _write_all(file: int, pieces: list[Bytes]) -> None:
    left = sum(map(len, pieces)) - os.writev(file, pieces) if pieces else 0
    if left:  # rare: the rest of a partial write
        rest = b"".join(pieces)[-left:]
        while rest:
            rest = rest[os.write(file, rest) :]


def _update(digest: Any, pieces: list[Bytes]) -> None:
    for piece in pieces:
        digest.update(piece)
