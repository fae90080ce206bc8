"""Spools votes: writes each to disk before it is confirmed, and lands them as a file soon after.

Each process that accepts votes holds a slot below `landing/votes/.spool`: a lock, which is released
when the process dies, and a file to append to. The next process lands the file of a dead one,
without an incomplete last line, because no vote in it was confirmed.
"""

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from penstock.datasets.votes import votes
from penstock.errors import PenstockError
from penstock.files import landing
from penstock.files.atomic import atomic_write, sync_file, sync_folder
from penstock.settings import settings

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

log = logging.getLogger(__name__)

SLOTS = 64  # the most processes that accept votes for one landing zone
# O_DSYNC: a write returns once it is on disk, so no second call syncs it.
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_DSYNC | os.O_CLOEXEC
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Slot:
    """A file of votes that one process appends to. Not thread-safe."""

    def __init__(self, folder: Path, number: int, lock: int) -> None:
        self.number = number
        self._folder = folder
        self._lock = lock
        self._path = folder / f"{number}.jsonl"
        self._file: int | None = None
        self._size = 0

    @classmethod
    def take(cls, folder: Path, number: int) -> "Slot | None":
        """Take the slot and land a dead process's votes; None if a running process holds it."""
        lock = os.open(folder / f"{number}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        slot = cls(folder, number, lock)
        slot._recover()
        return slot

    def append(self, lines: bytes) -> None:
        """Append complete lines. They are on disk when this returns.

        Raises:
            OSError: the lines were not written; the file contains no part of them.
        """
        if self._file is None:
            self._recover()
            self._file, self._size = os.open(self._path, _NEW, 0o600), 0
            sync_folder(self._folder)
        try:
            written = os.write(self._file, lines)
            if written != len(lines):
                raise OSError(f"wrote {written} of {len(lines)} bytes")
        except OSError:
            os.ftruncate(self._file, self._size)
            self.seal()  # after a failed write, later writes may be lost
            raise
        self._size += len(lines)
        if self._size >= settings().block_bytes:
            self.seal()

    def seal(self) -> None:
        """Land the votes so far, atomically, as one file."""
        if self._file is None:
            return
        os.close(self._file)
        self._file = None
        if self._size:
            self._land()
        else:
            self._path.unlink()

    def release(self) -> None:
        """Land the votes so far and release the slot."""
        self.seal()
        os.close(self._lock)

    def _land(self) -> None:
        landing.settle(votes, self._path)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{self.number}-{secrets.token_hex(4)}.jsonl"
        landing.put(votes, name, self._path, sync=True)

    def _recover(self) -> None:
        """Land the votes that the slot's last holder left."""
        with contextlib.suppress(FileNotFoundError):
            lines = self._path.read_bytes().splitlines(keepends=True)
            whole = [line for line in lines if _is_whole(line)]
            if whole != lines:
                log.warning("%s: %d lines cut short", self._path, len(lines) - len(whole))
                with atomic_write(self._path) as draft:
                    draft.write_bytes(b"".join(whole))
            sync_file(self._path)
            if whole:
                self._land()
            else:
                self._path.unlink()


class Spool:
    """The spool of this process. For use in one event loop."""

    def __init__(self) -> None:
        # A separate thread, so that a slow disk does not block the event loop.
        self._thread = ThreadPoolExecutor(1, "votes")
        self._lines: list[bytes] = []
        self._has_lines = asyncio.Event()
        self._last = 0

    async def open(self) -> None:
        """Take a slot, land votes of dead processes, and start to land votes periodically.

        Raises:
            PenstockError: every slot is taken.
            OSError: the folder is not writable.
        """
        self._slot = await self._run(_take_any)
        self._batch = asyncio.get_running_loop().create_future()
        self._tasks = [
            asyncio.create_task(self._write_batches()),
            asyncio.create_task(self._land_periodically()),
        ]

    async def close(self) -> None:
        """Land the votes so far and stop."""
        for task in self._tasks:
            task.cancel()
        await self._run(self._slot.release)
        self._thread.shutdown()

    async def add(self, line: bytes) -> None:
        """Append one line. It is on disk when this returns.

        Lines that arrive during a write are written together by the next one.

        Raises:
            OSError: the line is not on disk.
        """
        self._lines.append(line)
        self._has_lines.set()
        await asyncio.shield(self._batch)

    def now(self) -> datetime:
        """Return a unique time: the clock's, with the slot's number in the last digits."""
        clock = time.time_ns() // 1000
        self._last = max(clock - clock % SLOTS + self._slot.number, self._last + SLOTS)
        return _EPOCH + timedelta(microseconds=self._last)

    async def _write_batches(self) -> None:
        while True:
            await self._has_lines.wait()
            self._has_lines.clear()
            lines, self._lines = self._lines, []
            batch, self._batch = self._batch, asyncio.get_running_loop().create_future()
            try:
                await self._run(self._slot.append, b"".join(lines))
            except OSError as error:
                batch.set_exception(error)
            else:
                batch.set_result(None)

    async def _land_periodically(self) -> None:
        while True:
            await asyncio.sleep(settings().vote_seal_seconds)
            try:
                await self._run(self._slot.seal)
                await self._run(_land_abandoned, self._slot.number)
            except OSError:
                log.exception("votes wait in the spool for the next attempt to land them")

    async def _run(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, work, *arguments)


def _folder() -> Path:
    return landing.folder(votes) / ".spool"


def _take_any() -> Slot:
    _folder().mkdir(exist_ok=True)
    for number in range(SLOTS):
        if slot := Slot.take(_folder(), number):
            _land_abandoned(number)
            return slot
    raise PenstockError(f"{_folder()}: {SLOTS} processes take votes here already")


def _land_abandoned(mine: int) -> None:
    for path in _folder().glob("*.jsonl"):
        if path.stem != str(mine) and (slot := Slot.take(_folder(), int(path.stem))):
            slot.release()


def _is_whole(line: bytes) -> bool:
    try:
        return line.endswith(b"\n") and isinstance(json.loads(line), dict)
    except ValueError:
        return False
