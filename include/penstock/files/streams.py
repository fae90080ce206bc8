"""Streams of bytes over other streams: the first part, the rest, a checksum on the way."""

import hashlib
import io
from typing import Any, Protocol


class Readable(Protocol):
    """What fills a buffer with bytes: a raw file, `Rest`, `BytesIO`."""

    def readinto(self, target: memoryview, /) -> int | None:
        """Fill `target` with the bytes at hand; returns how many, 0 at the end."""


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
    """Bytes that were already read of a stream, then the rest of it."""

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


class Hashing(io.RawIOBase):
    """A stream that hashes the bytes that are read of it."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        size = self._stream.readinto(target) or 0
        self.sha256.update(memoryview(target)[:size])
        return size
