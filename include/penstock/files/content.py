"""The content of a claimed file as text in UTF-8, whatever its compression and encoding.

A file that is plain UTF-8 is read in place. Any other is unpacked and decoded into `<home>/spool`
while it is planned, and its blocks are read from there. The spool is a cache: if a file is missing
from it, the process that needs the file writes it again.
"""

import hashlib
import io
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.errors import RejectFile, faults
from penstock.files import compression, encodings
from penstock.files.atomic import draft_of
from penstock.files.compression import FileTooLarge, Unpacked
from penstock.files.encodings import BOM, Decoded
from penstock.files.streams import Hashing, Head, Readable, Rest
from penstock.settings import settings

_MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF",
    b"\x7fELF": "a program",
    b"PAR1": "Parquet",
    b"\xd0\xcf\x11\xe0": "an old Office file, such as .xls",
}
_NULS = re.compile(rb"\0{16,}|^\0+")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\b\x1b\0"))
_HEAD = 16  # bytes by which the kind of a file is known


@dataclass(frozen=True)
class Source:
    """A file to read: its bytes are at `place`, `file_id` names its spool.

    `encoding` is what text is written in that is neither UTF-8 nor has a byte order mark. A format
    that does not read the text of its files as it stands gives `convert`, which writes what it
    reads instead into the spool.
    """

    place: Path
    file_id: int
    encoding: str | None = None
    convert: "Callable[[Source], object] | None" = None


class Plain(io.FileIO):
    """A file that is read in place."""

    def __init__(self, place: Path) -> None:
        super().__init__(place, "rb")
        self._place = place
        self.notes = compression.misnamed(place.name, None)

    def digest(self) -> str:
        """SHA-256 in hex of all bytes of the file."""
        return digest(self._place)


def open_plain(source: Source) -> "Stream":
    """The text of a file as a stream, written to the spool on the way if it is not plain."""
    return Plain(source.place) if is_plain(source) else Spooling(source)


def is_plain(source: Source) -> bool:
    """Whether the file is read where it is: its first bytes are UTF-8, and nothing converts it."""
    if source.convert:
        return False
    head = _head(source.place)
    return compression.of(head) is None and encodings.of(head, source.encoding) is None


def _head(place: Path) -> bytes:
    with place.open("rb", buffering=0) as file:
        return file.read(_HEAD)


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with faults.at(path), path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_content(path: Path, size: int | None = None) -> str:
    """SHA-256 in hex of a file's bytes, unpacked if it is compressed: the hash in the ledger.

    With `size`, of the file's first `size` bytes.

    Raises:
        RejectFile: the file is damaged.
        OSError: the file is gone or cannot be read.
    """
    with path.open("rb", buffering=0) as file:
        part: Any = file if size is None else Head(file, size)
        unpacked, _ = _unpack(part)
        return hashlib.file_digest(unpacked, "sha256").hexdigest()


def _unpack(file: Readable) -> tuple[Any, Unpacked | None]:
    """The unpacked stream, and it again if `file` is compressed, else None."""
    buffer = bytearray(_HEAD)
    head = bytes(buffer[: file.readinto(memoryview(buffer)) or 0])
    kind, whole = compression.of(head), Rest(head, file)
    if kind is None:
        return whole, None
    unpacked = Unpacked(whole, kind)
    return unpacked, unpacked


def read_range(source: Source, first_byte: int, last_byte: int) -> bytes:
    """Bytes [first_byte, last_byte) of the content.

    Raises:
        RejectFile: the content is shorter, or damaged.
        OSError: the file is gone or cannot be read.
    """
    if first_byte == last_byte:
        return b""
    place = source.place
    if not is_plain(source):
        place = spool(source.file_id)
        # After a power cut, the spool may be shorter than what was written.
        if not place.exists() or place.stat().st_size < last_byte:
            _spool_again(source)
    with faults.at(place), place.open("rb", buffering=0) as file:
        data = os.pread(file.fileno(), last_byte - first_byte, first_byte)
    if len(data) != last_byte - first_byte:
        raise RejectFile("the file became shorter while it was read; land it again")
    return data


def _spool_again(source: Source) -> None:
    if source.convert:
        source.convert(source)
    else:
        with open_plain(source) as stream:
            read_through(stream)


def read_through(stream: "Stream") -> None:
    """Read a stream to its end, so that what it unpacks to is in the spool."""
    while stream.read(1 << 20):
        pass


@contextmanager
def unpacked_file(source: Source) -> Iterator[tuple[Path, list[str]]]:
    """The file itself if it is not compressed, else an unpacked copy; and the notes on that.

    The copy is deleted at the end of the context.

    Raises:
        RejectFile: it is damaged.
    """
    kind = compression.of(_head(source.place))
    notes = compression.misnamed(source.place.name, kind)
    if kind is None:
        yield source.place, notes
        return
    beside = draft_of(spool(source.file_id).with_suffix(".unpacked"))
    beside.parent.mkdir(parents=True, exist_ok=True)
    try:
        with source.place.open("rb", buffering=0) as file, faults.at(beside):
            unpacked = Unpacked(file, kind)
            with beside.open("wb") as out:
                shutil.copyfileobj(unpacked, out, 1 << 20)
        yield beside, notes + unpacked.notes
    finally:
        beside.unlink(missing_ok=True)


def spool(file_id: int) -> Path:
    """Where the content of a file that is not plain is kept while it loads."""
    return settings().home / "spool" / str(file_id)


def check_size(place: Path) -> None:
    """Refuse a file that is too large as it is.

    Raises:
        FileTooLarge: it is larger than the settings allow.
    """
    if place.stat().st_size > settings().max_file_bytes:
        raise FileTooLarge(f"the file is larger than {settings().max_file_bytes:,} bytes")


def check_is_text(head: bytes, *, any_bytes: bool = False) -> None:
    """Refuse a file that is clearly not text in UTF-8, by its first bytes.

    Runs of NUL are ignored: a log has one if it was truncated in use, or if the machine lost power.

    Raises:
        RejectFile: the file is empty, of a known binary format, or more than a tenth of it is
            control characters; or it is in another encoding and `any_bytes` are not allowed.
    """
    if not head.removeprefix(BOM).strip():
        raise RejectFile("the file is empty: expected at least one record")
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            raise RejectFile(f"the file is {kind}, expected text in UTF-8")
    if packed := compression.of(head):
        raise RejectFile(f"the file is {packed.name} once more inside: expected text in UTF-8")
    if head[257:262] == b"ustar":
        raise RejectFile("the file is a tar archive, expected text in UTF-8")
    encodings.check_is_not_utf16(head)
    if not any_bytes:
        encodings.check_is_utf8(head)
    text = _NULS.sub(b"", head)
    odd = len(text) - len(text.translate(None, _CONTROLS + b"\0"))
    if not text or odd > len(text) / 10:
        raise RejectFile("the file is binary, expected text in UTF-8")


Convert = Callable[[io.RawIOBase], io.RawIOBase]
"""Makes another stream of the text of a file."""


class Spooling:
    """The text of a file that is not plain, which is written to the spool as it is read.

    `convert` changes the text on the way. Leave the context without an error only at the end of the
    stream: the spool is complete then. Reading raises `FileTooLarge` beyond the limit on its size.
    """

    def __init__(self, source: Source, convert: Convert | None = None) -> None:
        target = spool(source.file_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._target, self._partial = target, draft_of(target)
        with ExitStack() as opened:  # closes the file unless all of this succeeds
            self._file = opened.enter_context(source.place.open("rb", buffering=0))
            unpacked, self._unpacked = _unpack(self._file)
            self._hashing = Hashing(unpacked)
            kind = compression.of(_head(source.place))
            self._notes = compression.misnamed(source.place.name, kind)
            text = self._decoded(self._hashing, source.encoding)
            self._plain = convert(text) if convert else text
            self._out = self._partial.open("wb")
            opened.pop_all()
        self._size = 0

    def _decoded(self, stream: Any, declared: str | None) -> io.RawIOBase:
        head = b""
        while len(head) < _HEAD and (more := stream.read(_HEAD - len(head))):
            head += more
        whole = Rest(head, stream)
        encoding = encodings.of(head, declared)
        if encoding not in (None, declared):
            self._notes.append(f"decoded from {encoding}")
        return whole if encoding is None else Decoded(whole, encoding)

    @property
    def notes(self) -> list[str]:
        """Notes on the compression and encoding; complete at the end of the stream."""
        return self._notes + (self._unpacked.notes if self._unpacked else [])

    def digest(self) -> str:
        """SHA-256 in hex of the unpacked bytes; complete at the end of the stream."""
        return self._hashing.sha256.hexdigest()

    def read(self, size: int) -> bytes:
        data = self._plain.read(size) or b""
        self._keep(data)
        return data

    def _keep(self, data: bytes | memoryview) -> None:
        self._size += len(data)
        if self._size > settings().max_file_bytes:
            raise FileTooLarge(
                f"unpacked, the file is larger than {settings().max_file_bytes:,} bytes"
            )
        with faults.at(self._partial):
            self._out.write(data)

    def tell(self) -> int:
        return self._size

    def readinto(self, target: memoryview) -> int:
        size = self._plain.readinto(target) or 0
        self._keep(target[:size])
        return size

    def __enter__(self) -> "Spooling":
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        self._file.close()
        try:
            with faults.at(self._partial):
                self._out.close()
            if not failed:
                self._partial.rename(self._target)
        finally:
            self._partial.unlink(missing_ok=True)


Stream = Plain | Spooling
