"""Those who write to files while Penstock takes them: other users, and holders of hard links."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOREIGN = 54321  # a user id that nobody has
_OF_WRITERS = 1 << 28 | 1 << 19  # CAP_LEASE, CAP_SYS_PTRACE
OF_FILES = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: no mode of a file counts
_VERSION = 0x20080522
_WRITER = """
import os, sys
path, keeps_open = sys.argv[1], sys.argv[2] == "open"
if keeps_open:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
if os.geteuid() == 0 and keeps_open:
    os.fchown(file, 54321, 54321)
    os.setgid(54321)
    os.setuid(54321)
print(flush=True)
for line in sys.stdin:
    if not keeps_open:
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.write(file, bytes.fromhex(line))
    if not keeps_open:
        os.close(file)
    print(flush=True)
"""


class Writer:
    """A process that appends to a file when told to.

    As root: another user, who keeps the file open. Otherwise, or `by_link`: one who reaches it by a
    hard link and closes it after each write.
    """

    def __init__(self, landed: Path, *, by_link: bool = False) -> None:
        keeps_open = os.geteuid() == 0 and not by_link
        self._path = landed
        if not keeps_open:
            self._path = landed.parents[2] / f"kept-{landed.name}"
            self._path.touch()
            landed.hardlink_to(self._path)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, self._path, "open" if keeps_open else "link"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._await()

    def write(self, data: bytes) -> None:
        """Append; it is done when this returns."""
        assert self._process.stdin
        print(data.hex(), file=self._process.stdin, flush=True)
        self._await()

    def end(self) -> None:
        """Close the file."""
        self._process.communicate()

    def _await(self) -> None:
        assert self._process.stdout
        assert self._process.stdout.readline() == "\n"

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Rights(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


@contextmanager
def as_a_service(without: int = _OF_WRITERS) -> Iterator[None]:
    """Without root's rights to lease the files of others, and to see what they have open."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, rights = _Header(_VERSION, 0), (_Rights * 2)()
    assert libc.capget(ctypes.byref(header), rights) == 0
    had = rights[0].effective
    rights[0].effective = had & ~without
    assert libc.capset(ctypes.byref(header), rights) == 0
    try:
        yield
    finally:
        rights[0].effective = had
        assert libc.capset(ctypes.byref(header), rights) == 0
