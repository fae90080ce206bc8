"""Uploads: bytes that come in become a landing file, whole and at once, and can be asked after.

What came in is written down in `.uploads/<upload_id>.json` of the landing zone; what became of it,
the ledger knows under the file's path and etag. The id comes from dataset, path and content: the
same again is the same upload.
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

_BATCH = 1024 * 1024  # bytes handed to the disk and to the hash at once
_BATCH_PIECES = 512  # below IOV_MAX
_PART_DAYS, _RECORD_DAYS = 1, 30


class TooLarge(PenstockError):
    """More bytes came in than a file may have."""


class Waiting(PenstockError):
    """Other content is where a file is to land, and has not been claimed yet."""


@dataclass(frozen=True)
class Upload:
    """What came in. `etag` is the landed file's, as the ledger keeps it."""

    upload_id: str
    dataset: str
    path: str
    blake3: str
    size_bytes: int
    etag: str
    received_at: str


class Incoming:
    """A file that comes in: written, hashed and synced in threads, below `.uploads`."""

    def __init__(self, *, checked: bool) -> None:
        """`checked`: its SHA-256 is wanted too, which takes longer than all the rest."""
        self._path = _folder() / f"{uuid.uuid4().hex}.part"
        self._file = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        self._name = blake3()
        self._sha256 = hashlib.sha256() if checked else None
        self.size = 0

    @property
    def blake3(self) -> str:
        """The hash of all that has come in, in hexadecimal: its name."""
        return self._name.hexdigest()

    @property
    def sha256(self) -> str | None:
        """The SHA-256 in hexadecimal, where it is wanted."""
        return self._sha256.hexdigest() if self._sha256 else None

    async def write(self, stream: AsyncIterator[Bytes]) -> None:
        """Everything of `stream`, on disk when this returns.

        Raises:
            TooLarge: there is more of it than a file may have.
            OSError: the disk is full, say.
        """
        busy: list[asyncio.Task[None]] = []
        try:
            async for batch in self._batches(stream):
                await _finished(busy)
                busy = [asyncio.create_task(asyncio.to_thread(w, batch)) for w in self._workers()]
            await _finished(busy)
            busy = [asyncio.create_task(asyncio.to_thread(self._settle))]
            await _finished(busy)
        finally:
            if busy:  # a thread must not meet a file that has been closed
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
                raise TooLarge(f"larger than {settings().max_file_bytes:,} bytes")
            batch.append(data)
            waiting += len(data)
            if waiting >= _BATCH or len(batch) >= _BATCH_PIECES:
                yield batch
                batch, waiting = [], 0
        yield batch

    def _settle(self) -> None:
        os.fsync(self._file)

    def land(self, dataset: Dataset, path: str) -> Upload:
        """Put it into the landing zone under `path`, which `check_path` has let through.

        Raises:
            Waiting: other content is there; to overwrite it would lose it.
            MirrorLost: the folder of a mirror is not there.
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
        _note(upload)
        return upload

    def close(self) -> None:
        """No more comes in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def discard(self) -> None:
        """Leave nothing but what has landed."""
        self.close()
        self._path.unlink(missing_ok=True)


def check_path(dataset: Dataset, path: str) -> None:
    """Whether a file may land under this path.

    Raises:
        PenstockError: it may not; the message says why.
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
    """The id of an upload; `content` is its BLAKE3."""
    return hashlib.sha256(f"{dataset.name}\0{path}\0{content}".encode()).hexdigest()[:32]


def find(upload_id: str) -> Upload | None:
    """What is written down of an upload, for 30 days."""
    if len(upload_id) != 32 or not set(upload_id) <= set("0123456789abcdef"):
        return None
    with suppress(FileNotFoundError):
        return Upload(**json.loads((_folder() / f"{upload_id}.json").read_bytes()))
    return None


def waits(dataset: Dataset, upload: Upload) -> bool:
    """Whether the file is still where it landed."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return landing.etag((landing.root() / dataset.folder / upload.path).lstat()) == upload.etag
    return False


def tidy() -> None:
    """Delete what broken uploads left, and what is too old to be asked after."""
    now = time.time()
    for pattern, days in (("*.part", _PART_DAYS), ("*.json", _RECORD_DAYS)):
        for path in _folder().glob(pattern):
            with suppress(FileNotFoundError):
                if now - path.stat().st_mtime > days * 86400:
                    path.unlink()


def _folder() -> Path:
    folder = landing.root() / ".uploads"  # of the landing zone's file system, but no dataset's
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _note(upload: Upload) -> None:
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
        await asyncio.wait(work)  # which, unlike gather, leaves them alone when it is cancelled
    for each in work:
        each.result()


def _write_all(file: int, pieces: list[Bytes]) -> None:
    left = sum(map(len, pieces)) - os.writev(file, pieces) if pieces else 0
    if left:  # rare: the rest of a write that was cut short
        rest = b"".join(pieces)[-left:]
        while rest:
            rest = rest[os.write(file, rest) :]


def _update(digest: Any, pieces: list[Bytes]) -> None:
    for piece in pieces:
        digest.update(piece)
