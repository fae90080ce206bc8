"""Find out whether somebody has a file open for writing.

Linux refuses a read lease on a file that any process has open for writing. Only the owner of the
file may ask for a lease, and not on every file system. Otherwise `/proc` may show a writer; if it
shows none, there may still be one of another user, container or machine.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from functools import cached_property
from pathlib import Path

_FOR_WRITING = stat.S_IWUSR  # of a link in /proc/<pid>/fd: the file is open for writing


class Writers(Enum):
    """The answer."""

    NOBODY = "nobody"
    SOMEBODY = "somebody"
    UNKNOWN = "unknown"


class Look:
    """Finds out who writes to files; reads `/proc` at most once, for all files that need it."""

    def at(self, path: Path) -> Writers:
        """Who writes to the file at `path`; nobody, if it is not a regular file."""
        try:
            info = path.lstat()
            if not stat.S_ISREG(info.st_mode):
                return Writers.NOBODY
        except OSError:
            return Writers.UNKNOWN
        answer = _ask_for_lease(path)
        if answer is Writers.UNKNOWN and (info.st_dev, info.st_ino) in self._open_for_writing:
            return Writers.SOMEBODY
        return answer

    def writer(self, path: Path) -> str | None:
        """The process that has the file at `path` open for writing, if we can see it."""
        with suppress(OSError, KeyError):
            info = path.lstat()
            process = self._open_for_writing[info.st_dev, info.st_ino]
            return f"process {process.name} ({(process / 'comm').read_text().strip()})"
        return None

    @cached_property
    def _open_for_writing(self) -> dict[tuple[int, int], Path]:
        """The files that visible processes have open for writing: device and inode, process."""
        return dict(_written_files())


def _ask_for_lease(path: Path) -> Writers:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return Writers.UNKNOWN
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return Writers.SOMEBODY
    except OSError:  # another user's file, or a file system without leases
        return Writers.UNKNOWN
    finally:
        os.close(descriptor)
    return Writers.NOBODY


def _written_files() -> Iterator[tuple[tuple[int, int], Path]]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # the process has ended, or is another user's
            for entry in os.scandir(process / "fd"):
                with suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mode & _FOR_WRITING:
                        info = entry.stat()
                        yield (info.st_dev, info.st_ino), process
