"""Notes on disk of which files each loading process holds, in case it is killed.

If the kernel kills a process because memory ran out, nothing else records it: the next process
would take the same blocks and be killed, too, again and again.
"""

import fcntl
import json
import os
import signal
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from psycopg import Connection

from penstock import ledger
from penstock.errors import faults
from penstock.errors.faults import Fault
from penstock.settings import settings
from penstock.warehouse.connect import connect


class Note:
    """The files of the batch that a process loads. An orderly end removes it, a kill does not.

    It is locked while the process lives. If the disk is full, no note is written.
    """

    def __init__(self) -> None:
        """May be created before a fork, so that the parent can remove it."""
        self._path = _folder() / f"{uuid.uuid4().hex}.json"
        self._file: int | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep it while this process loads."""
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            self.remove()

    def write(self, dataset: str, file_ids: Sequence[int]) -> None:
        """Write which files are loaded next."""
        if self._file is not None:
            with suppress(OSError):
                os.ftruncate(self._file, 0)
                os.pwrite(self._file, json.dumps([dataset, *file_ids]).encode(), 0)

    def remove(self) -> None:
        """Remove the note: the process is done, or was ended on purpose."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        if self._file is not None:
            os.close(self._file)
            self._file = None


def count_deaths() -> None:
    """Count attempts for the files of killed processes; hold a file that killed two on its own."""
    for path in _folder().glob("*.json"):
        with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as note:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(ValueError):  # it died before it held anything
                dataset, *file_ids = json.loads(note.read())
                with connect("loader") as connection:
                    _count(connection, dataset, file_ids)
            path.unlink(missing_ok=True)


def killed(exit_code: int) -> str:
    """A line about the end of a loading process."""
    name = signal.Signals(-exit_code).name if exit_code < 0 else "without a reason"
    why = f": most likely memory ran out (dmesg tells); {faults.MEMORY}" if exit_code == -9 else ""
    return f"a loading process ended with code {exit_code} ({name}){why}"


def _count(connection: Connection, dataset: str, file_ids: list[int]) -> None:
    """Files that were tried in vain are loaded alone from now on, so each culprit is found."""
    row = ledger.count_attempts(connection, file_ids)
    if row and len(file_ids) == 1 and row[0] > 1:
        line = f"{row[1]}: {killed(-signal.SIGKILL)}"
        ledger.hold_files(connection, dataset, {file_ids[0]: ledger.Trouble(Fault.HOST, line)})


def _folder() -> Path:
    return settings().home / "run" / "loading"
