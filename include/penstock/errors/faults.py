"""Classify an exception by its cause, and describe it in one line.

The cause decides what happens to the file. A fault of the file rejects it. After a fault of the
machine, or a bug, the file waits and is tried again. A fault of the warehouse ends the task.
"""

import errno
import getpass
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path

import psycopg

from penstock.errors import PenstockError, RejectFile
from penstock.errors.display import visible


class Fault(Enum):
    """What caused an exception."""

    FILE = auto()
    HOST = auto()
    WAREHOUSE = auto()
    BUG = auto()


_OF_THE_HOST = (OSError, MemoryError, PenstockError, subprocess.CalledProcessError)
_OF_THE_FILE = (psycopg.DataError, psycopg.IntegrityError)
_PAST_A_LIMIT = "54"  # SQLSTATE class: a value beyond a limit, such as JSON nested too deeply
_DISK = "make room on that disk (df -h, df -i)"
_MOUNT = "is its file system mounted and well?"
_OPEN_FILES = "raise the limit on open files (ulimit -n)"
MEMORY = "give it more memory, or lower PENSTOCK_WORKERS or PENSTOCK_BLOCK_BYTES"
_REMEDIES = {
    errno.ENOSPC: _DISK,
    errno.EDQUOT: "raise the quota, or delete what is not needed",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f)",
    errno.EIO: "check the disk and the kernel's log (dmesg)",
    errno.EMFILE: _OPEN_FILES,
    errno.ENFILE: _OPEN_FILES,
    errno.ENOMEM: MEMORY,
    errno.EAGAIN: "raise the limit on processes (ulimit -u)",
    errno.EROFS: "mount it so that it can be written",
    errno.EXDEV: "keep the landing zone and the folders beside it on one file system",
    **dict.fromkeys((errno.ENOENT, errno.ESTALE, errno.ENOTCONN, errno.ENODEV), _MOUNT),
    **dict.fromkeys((errno.ENXIO, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ECONNREFUSED), _MOUNT),
}
# A library may wrap a fault of the host in its own exception; the system's message stays in it.
_WORDS_OF_THE_HOST = (
    *(os.strerror(e) for e in (errno.ENOSPC, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM)),
    *("can't start new thread", "failed to map segment", "std::bad_alloc", "out of memory"),
)


def sort(error: BaseException) -> Fault:
    """Return the cause of `error`. An error of the operating system is never the file's fault."""
    if isinstance(error, RejectFile):
        return Fault.FILE
    if isinstance(error, psycopg.Error):
        return _sort_of_warehouse(error)
    if isinstance(error, _OF_THE_HOST) or any(w in str(error) for w in _WORDS_OF_THE_HOST):
        return Fault.HOST
    wrapped = sort(error.__cause__) if error.__cause__ else Fault.BUG
    return wrapped if wrapped in (Fault.HOST, Fault.WAREHOUSE) else Fault.BUG


def line(error: BaseException, where: object = None) -> str:
    """Describe `error` in one line: what happened, where, and how to fix it.

    `where` is used if the error itself names no file.
    """
    error = _unwrapped(error)
    if isinstance(error, PenstockError):
        return str(error)
    fault, message = sort(error), " ".join(str(error).split())[:500]
    if isinstance(error, OSError):
        message = f"{error.strerror or message or type(error).__name__}; {_remedy(error)}"
        where = error.filename or where
    elif isinstance(error, MemoryError):
        message = f"out of memory; {MEMORY}"
    elif isinstance(error, _OF_THE_FILE):
        return f"cannot be loaded: {type(error).__name__}: {message}"
    elif fault is Fault.WAREHOUSE:
        return _line_of_warehouse(error, message)
    elif fault is Fault.BUG:
        message = f"a bug in Penstock: {type(error).__name__}" + f": {message}" * bool(message)
    return message if where is None else f"{os.fsdecode(str(where))}: {message}"


def to_stderr(text: str) -> None:
    """Write `text` to standard error with control characters escaped."""
    lines = "\n".join(map(visible, text.splitlines()))
    sys.stderr.write(f"penstock: {lines}\n")


@contextmanager
def told(write: Callable[[str], object] = to_stderr) -> Iterator[None]:
    """On an error, write one line without a traceback and end the program; raise bugs as they are.

    It is also a decorator: `@told(log.error)`.

    Raises:
        SystemExit: with the exit code of the error.
        Exception: a bug.
    """
    try:
        yield
    except Exception as error:
        if sort(error) is Fault.BUG:
            raise
        write(line(error))
        raise SystemExit(getattr(error, "exit_code", 1)) from None


@contextmanager
def at(place: Path) -> Iterator[None]:
    """Add `place` to an OSError that names no file, as errors of read and write do not."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(place)
        raise


def _unwrapped(error: BaseException) -> BaseException:
    """Return the original error that a library wrapped in its own exception."""
    if isinstance(error, (psycopg.Error, *_OF_THE_HOST)) or error.__cause__ is None:
        return error
    return _unwrapped(error.__cause__)


def _sort_of_warehouse(error: psycopg.Error) -> Fault:
    if isinstance(error, _OF_THE_FILE) or (error.sqlstate or "").startswith(_PAST_A_LIMIT):
        return Fault.FILE
    if error.sqlstate is None and isinstance(error, psycopg.ProgrammingError):
        return Fault.BUG  # raised by the driver: we used it wrongly
    return Fault.WAREHOUSE


def _remedy(error: OSError) -> str:
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"let the user {_user()} read and write there"
    return _REMEDIES.get(error.errno or 0, "mend that on this machine")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.geteuid())


def _line_of_warehouse(error: BaseException, message: str) -> str:
    state = getattr(error, "sqlstate", None)
    if state is None:
        message = message.removeprefix("connection failed: ")
        problem = "refuses the connection" if "FATAL:" in message else "does not answer"
        return f"the warehouse {problem}: {message}; see PENSTOCK_WAREHOUSE_URL"
    hint = "; make room on its disk" if state == psycopg.errors.DiskFull.sqlstate else ""
    return f"the warehouse refused: {message}{hint}"
