"""The spool of votes: durable on disk before anybody is told so, and a landing file soon after.

Each process that takes votes holds a slot below `landing/votes/.spool`: a lock that dies with it,
and a file it appends to. Whatever a dead process left is landed by the next one, less a last line
that it did not finish; nobody was told that this one is kept.
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

SLOTS = 64  # processes that can take votes into one landing zone
# O_DSYNC: a write is on disk when it returns, one call instead of two.
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_DSYNC | os.O_CLOEXEC
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Slot:
    """A file of votes that one process appends to. For one thread only."""

    def __init__(self, folder: Path, number: int, lock: int) -> None:
        self.number = number
        self._folder = folder
        self._lock = lock
        self._path = folder / f"{number}.jsonl"
        self._file: int | None = None
        self._size = 0

    @classmethod
    def take(cls, folder: Path, number: int) -> "Slot | None":
        """The slot, unless a living process holds it. What a dead one left in it is landed."""
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
        """Whole lines, on disk when this returns.

        Raises:
            OSError: they are not; nothing of them is left in the file either.
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
            self.seal()  # after a failed write nothing is known of what is written later
            raise
        self._size += len(lines)
        if self._size >= settings().block_bytes:
            self.seal()

    def seal(self) -> None:
        """Land what is here, whole and at once."""
        if self._file is None:
            return
        os.close(self._file)
        self._file = None
        if self._size:
            self._land()
        else:
            self._path.unlink()

    def release(self) -> None:
        """Land what is here and leave the slot to others."""
        self.seal()
        os.close(self._lock)

    def _land(self) -> None:
        landing.settle(votes, self._path)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{self.number}-{secrets.token_hex(4)}.jsonl"
        landing.put(votes, name, self._path, sync=True)

    def _recover(self) -> None:
        """Land what the slot's last holder did not."""
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
    """The spool of this process. For one event loop only."""

    def __init__(self) -> None:
        # A thread of its own, so that no slow disk holds up the event loop.
        self._thread = ThreadPoolExecutor(1, "votes")
        self._lines: list[bytes] = []
        self._some = asyncio.Event()
        self._last = 0

    async def open(self) -> None:
        """Take a slot, land what dead processes left, and land by time from now on.

        Raises:
            PenstockError: every slot is taken.
            OSError: the folder cannot be written.
        """
        self._slot = await self._run(_take_any)
        self._group = asyncio.get_running_loop().create_future()
        self._tasks = [
            asyncio.create_task(self._write_groups()),
            asyncio.create_task(self._land_by_time()),
        ]

    async def close(self) -> None:
        """Land what is here and stop."""
        for task in self._tasks:
            task.cancel()
        await self._run(self._slot.release)
        self._thread.shutdown()

    async def add(self, line: bytes) -> None:
        """One line, on disk when this returns. All who come while the disk is busy go together.

        Raises:
            OSError: it is not on disk.
        """
        self._lines.append(line)
        self._some.set()
        await asyncio.shield(self._group)

    def now(self) -> datetime:
        """A time that no other vote gets: the clock's, its last digits from the slot's number."""
        clock = time.time_ns() // 1000
        self._last = max(clock - clock % SLOTS + self._slot.number, self._last + SLOTS)
        return _EPOCH + timedelta(microseconds=self._last)

    async def _write_groups(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            lines, self._lines = self._lines, []
            group, self._group = self._group, asyncio.get_running_loop().create_future()
            try:
                await self._run(self._slot.append, b"".join(lines))
            except OSError as error:
                group.set_exception(error)
            else:
                group.set_result(None)

    async def _land_by_time(self) -> None:
        while True:
            await asyncio.sleep(settings().vote_seal_seconds)
            try:
                await self._run(self._slot.seal)
                await self._run(_land_left_behind, self._slot.number)
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
            _land_left_behind(number)
            return slot
    raise PenstockError(f"{_folder()}: {SLOTS} processes take votes here already")


def _land_left_behind(mine: int) -> None:
    for path in _folder().glob("*.jsonl"):
        if path.stem != str(mine) and (slot := Slot.take(_folder(), int(path.stem))):
            slot.release()


def _is_whole(line: bytes) -> bool:
    try:
        return line.endswith(b"\n") and isinstance(json.loads(line), dict)
    except ValueError:
        return False
