"""The bytes of a claimed file, unzipped where the file is a `.gz`.

A zipped file is unzipped once, while it is planned, into `<home>/spool`; blocks are read from
there. The spool is a cache: any process makes it anew when it is missing.
"""

import gzip
import hashlib
import io
import os
import zlib
from pathlib import Path
from typing import Any, Protocol

from penstock import aside, faults
from penstock.errors import RejectFile
from penstock.settings import settings

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "a zip archive",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF",
    b"\x7fELF": "a program",
    b"PAR1": "Parquet",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)
BOM = b"\xef\xbb\xbf"
_NO_MEMORY = "Error -4 "  # zlib's Z_MEM_ERROR
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\b\x1b\0"))


class Readable(Protocol):
    """What bytes are read from into a buffer of the reader's: a raw file, `Rest`, `BytesIO`."""

    def readinto(self, target: memoryview, /) -> int | None:
        """Fill `target` as far as bytes are at hand; 0 at the end."""


class TooLarge(RejectFile):
    """The file passes the limit on its size, zipped or unzipped."""


def is_zipped(path: Path) -> bool:
    """Whether the file is a `.gz`, by its name."""
    return path.suffix.lower() == ".gz"


def open_plain(path: Path, file_id: int) -> "Stream":
    """The file's content as a stream, written to the spool on the way when it is zipped."""
    if not is_zipped(path):
        return path.open("rb", buffering=0)
    return _Spooling(path, spool(file_id))


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with faults.at(path), path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_content(path: Path, size: int | None = None) -> str:
    """SHA-256 in hex of a file's content, unzipped where it is a `.gz`: what the ledger keeps.

    With `size`, of the content of the file's first `size` bytes.

    Raises:
        RejectFile: the gzip is damaged.
        OSError: the file is gone or cannot be read.
    """
    with path.open("rb", buffering=0) as file:
        plain: Any = file if size is None else Head(file, size)
        if is_zipped(path):
            plain = gzip.GzipFile(fileobj=plain, mode="rb")
        try:
            return hashlib.file_digest(plain, "sha256").hexdigest()
        except _DAMAGED as error:
            raise _of_gzip(error) from error


def read_range(path: Path, file_id: int, first_byte: int, last_byte: int) -> bytes:
    """Bytes [first_byte, last_byte) of the content."""
    source = path
    if is_zipped(path):
        source = spool(file_id)
        # After a power cut it may be shorter than what was written.
        if not source.exists() or source.stat().st_size < last_byte:
            with open_plain(path, file_id) as stream:
                while stream.read(1 << 20):
                    pass
    with faults.at(source), source.open("rb", buffering=0) as file:
        data = os.pread(file.fileno(), last_byte - first_byte, first_byte)
    if len(data) != last_byte - first_byte:
        raise RejectFile("the file became shorter while it was read; land it again")
    return data


def spool(file_id: int) -> Path:
    """Where the unzipped content of a file is kept while it loads."""
    return settings().home / "spool" / str(file_id)


def check_is_text(head: bytes) -> None:
    """Refuse what is plainly not text, by its first bytes.

    Raises:
        RejectFile: it is empty, or of a known binary kind, or mostly control characters.
    """
    if not head.removeprefix(BOM).strip():
        raise RejectFile("the file is empty: expected at least one record")
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            raise RejectFile(f"the file is {kind}, expected text in UTF-8")
    odd = len(head) - len(head.translate(None, _CONTROLS + b"\0"))
    if odd > len(head) / 10:
        raise RejectFile("the file is binary, expected text in UTF-8")


def _of_gzip(error: Exception) -> Exception:
    if _NO_MEMORY in str(error):
        return MemoryError()
    return RejectFile(f"the gzip is damaged: {error}")


class Head(io.RawIOBase):
    """The first `size` bytes of a file."""

    def __init__(self, file: io.FileIO, size: int) -> None:
        self._file, self._left = file, size

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        read = self._file.readinto(memoryview(target)[: self._left]) or 0
        self._left -= read
        return read


class Rest(io.RawIOBase):
    """What was read of a stream already, then the rest of it."""

    def __init__(self, head: bytes, stream: Readable) -> None:
        self._head, self._stream = memoryview(head), stream

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        if not len(self._head):
            return self._stream.readinto(target) or 0
        size = min(len(target), len(self._head))
        target[:size] = self._head[:size]
        self._head = self._head[size:]
        return size


class _Spooling:
    """Unzips, keeps what it unzips, and holds the limit on the unzipped size.

    Whoever leaves it without an error has read it to its end.
    """

    def __init__(self, path: Path, target: Path) -> None:
        self._target = target
        target.parent.mkdir(parents=True, exist_ok=True)
        self._partial = aside.name(target)
        self._zipped = gzip.open(path, "rb")  # noqa: SIM115 - closed by __exit__
        self._out = self._partial.open("wb")
        self._size = 0

    def read(self, size: int) -> bytes:
        try:
            data = self._zipped.read(size)
        except _DAMAGED as error:
            raise _of_gzip(error) from error
        self._size += len(data)
        if self._size > settings().max_file_bytes:
            raise TooLarge(f"unzipped, the file is larger than {settings().max_file_bytes:,} bytes")
        with faults.at(self._partial):
            self._out.write(data)
        return data

    def tell(self) -> int:
        return self._size

    def readinto(self, target: memoryview) -> int:
        data = self.read(len(target))
        target[: len(data)] = data
        return len(data)

    def __enter__(self) -> "_Spooling":
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        self._zipped.close()
        try:
            with faults.at(self._partial):
                self._out.close()
            if not failed:
                self._partial.rename(self._target)
        finally:
            self._partial.unlink(missing_ok=True)


Stream = io.FileIO | _Spooling
