"""Compressed files: how they are detected and unpacked.

A file may hold several members (gzip), frames (zstd) or streams (bzip2, xz) one after the other,
and zeros after the last. The first bytes decide; a name that says otherwise is only noted.
"""

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from penstock.declare.suffixes import SUFFIXES
from penstock.errors import RejectFile
from penstock.files.streams import Readable
from penstock.settings import settings

_CHUNK = 1 << 16
_HEAD = 10  # bytes by which the kinds are known
_MOST_REST = 4096  # bytes after the last member: so many are noted, more are an error
_ALWAYS_ALLOWED = 64 << 20  # bytes that any file may unpack to, whatever the ratio
_XZ_MEMORY = 256 << 20
_NO_MEMORY = "Error -4 "  # zlib's Z_MEM_ERROR


class FileTooLarge(RejectFile):
    """The file is larger than the limit, packed or unpacked."""


class _Decompressor(Protocol):
    """One member, unpacked step by step, as `bz2.BZ2Decompressor` does."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gunzip:
    """A gzip member; Python 3.11 has no such class with the interface of the others."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        found = self._member.decompress(self._member.unconsumed_tail + data, max_length)
        self.needs_input = len(found) < max_length
        return found


def _bunzip2() -> _Decompressor:
    import bz2

    return bz2.BZ2Decompressor()


def _unxz() -> _Decompressor:
    import lzma

    return lzma.LZMADecompressor(memlimit=_XZ_MEMORY)


def _unzstd() -> _Decompressor:
    from backports import zstd

    decompressor: _Decompressor = zstd.ZstdDecompressor()
    return decompressor


@dataclass(frozen=True)
class Compression:
    """A kind of compression: its name, how its files begin, and what unpacks a member."""

    name: str
    begins: Callable[[bytes], bool]
    member: Callable[[], _Decompressor]


_KINDS = (
    Compression("gzip", lambda head: head.startswith(b"\x1f\x8b"), _Gunzip),
    Compression(
        "zstd",
        lambda head: (
            head.startswith(b"\x28\xb5\x2f\xfd")
            or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5)  # a frame to be skipped
        ),
        _unzstd,
    ),
    Compression(
        "bzip2",
        lambda head: head.startswith(b"BZh") and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"),
        _bunzip2,
    ),
    Compression("xz", lambda head: head.startswith(b"\xfd7zXZ\0"), _unxz),
)


def of(head: bytes) -> Compression | None:
    """The compression of a file that begins with `head`, of at least 10 bytes if it has them."""
    return next((kind for kind in _KINDS if kind.begins(head)), None)


def misnamed(name: str, kind: Compression | None) -> list[str]:
    """The note on a file whose name does not say how it is compressed."""
    named = next((kind for suffix, kind in SUFFIXES.items() if name.lower().endswith(suffix)), None)
    found = kind and kind.name
    if named == found or (named is None and found is None):
        return []
    if found is None:
        return [f"named as {named}, but not compressed: read as it is"]
    return [f"compressed with {found}, which its name does not say"]


class Unpacked(io.RawIOBase):
    """What a compressed stream unpacks to.

    Reading raises `RejectFile` if it is damaged, and `FileTooLarge` if it unpacks to too much.
    """

    def __init__(self, packed: Readable, kind: Compression) -> None:
        self._packed, self._kind = packed, kind
        self._member = kind.member()
        self._buffer = memoryview(bytearray(_CHUNK))
        self._ahead = b""
        self._read = self._size = 0
        self.notes: list[str] = []

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        data = self._next(len(target))
        target[: len(data)] = data
        self._size += len(data)
        self._check_size()
        return len(data)

    def _next(self, size: int) -> bytes:
        """Up to `size` bytes; b"" at the end."""
        while not self._member.eof or self._begin_member():
            data = self._take() if self._member.needs_input else b""
            if self._member.needs_input and not data:
                raise self._damaged("it ends too early")
            try:
                if found := self._member.decompress(data, size):
                    return found
            except Exception as error:  # each library has its own
                if isinstance(error, MemoryError) or _NO_MEMORY in str(error):
                    raise MemoryError from error
                raise self._damaged(str(error)) from error
        return b""

    def _take(self) -> bytes:
        if ahead := self._ahead:
            self._ahead = b""
            return ahead
        size = self._packed.readinto(self._buffer) or 0
        self._read += size
        return bytes(self._buffer[:size])

    def _begin_member(self) -> bool:
        """Whether another member follows the one that has ended."""
        rest = self._member.unused_data.lstrip(b"\0")
        while len(rest) < _HEAD and (more := self._take()):
            rest = (rest + more).lstrip(b"\0")
        if rest and not self._kind.begins(rest):
            self._note_rest(rest)
            rest = b""
        self._ahead = rest
        if rest:
            self._member = self._kind.member()
        return bool(rest)

    def _note_rest(self, rest: bytes) -> None:
        while len(rest) <= _MOST_REST and (more := self._take()):
            rest += more
        if len(rest) > _MOST_REST:
            raise self._damaged("what follows its end is not compressed")
        self.notes.append(f"{len(rest):,} bytes behind the end of the {self._kind.name}, not read")

    def _check_size(self) -> None:
        most, ratio = settings().max_file_bytes, settings().max_unpack_ratio
        if self._size > most:
            raise FileTooLarge(f"unpacked, the file is larger than {most:,} bytes")
        if self._size > _ALWAYS_ALLOWED and self._size > ratio * self._read:
            raise FileTooLarge(f"the file unpacks to more than {ratio:,} times its size")

    def _damaged(self, why: str) -> RejectFile:
        return RejectFile(f"the {self._kind.name} is damaged: {why}")
