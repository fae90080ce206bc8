"""Encodings of text other than UTF-8.

A file is decoded if a byte order mark or the dataset names its encoding. Otherwise a file that is
clearly not UTF-8 is rejected, and the message names the likely encoding. Clearly not UTF-8 means,
in the first 64 KiB: no character beyond ASCII is valid UTF-8, one line in 20 or more holds invalid
bytes, and none of these is FE or FF, which are rarely letters. With fewer such lines, only their
records are refused.
"""

import codecs
import io
import re
from typing import Any

from penstock.errors import RejectFile
from penstock.files.streams import Readable

BOM = codecs.BOM_UTF8
_MARKS = {  # the longer ones first: that of UTF-16 begins that of UTF-32
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_CHUNK = 1 << 16
_SAMPLE = 1 << 12
_INVALID = re.compile(r"[\udc80-\udcff]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f\udc80-\udcff]")
_HARDLY_LETTERS = re.compile(r"[\udcfe\udcff]")
_FEW = 20
_LIKELY = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "euc_kr"),
)
_SPOKEN = {"cp932": "shift_jis"}
_WESTERN = re.compile("[\xa0-\xff\u20ac\u0152\u0153\u0160\u0161\u017d\u017e\u2013-\u2026]")
_RUN = re.compile(rb"[\x80-\xff]{3}")


def of(head: bytes, declared: str | None) -> str | None:
    """The encoding of a file that begins with `head`; None if it is UTF-8.

    A byte order mark wins over what is `declared`.
    """
    if head.startswith(BOM):
        return None
    marked = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
    if marked or declared is None or codecs.lookup(declared).name == "utf-8":
        return marked
    return declared


class Decoded(io.RawIOBase):
    """A stream in another encoding, as UTF-8 without a byte order mark.

    Reading raises `RejectFile` at the first bytes that cannot be decoded.
    """

    def __init__(self, stream: Readable, encoding: str) -> None:
        self._stream, self._encoding = stream, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._buffer = memoryview(bytearray(_CHUNK))
        self._text = b""
        self._lines = 1
        self._begun = self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._text and not self._ended:
            self._text = self._next()
        size = min(len(target), len(self._text))
        target[:size], self._text = self._text[:size], self._text[size:]
        return size

    def _next(self) -> bytes:
        size = self._stream.readinto(self._buffer) or 0
        self._ended = not size
        try:
            text = self._decoder.decode(bytes(self._buffer[:size]), self._ended)
        except UnicodeDecodeError as error:
            raise self._undecodable(error) from None
        if text and not self._begun:
            self._begun = True
            text = text.removeprefix("\ufeff")
        self._lines += text.count("\n")
        return text.encode()

    def _undecodable(self, error: UnicodeDecodeError) -> RejectFile:
        before = error.object[: error.start].decode(self._encoding, "ignore")
        line = self._lines + before.count("\n")
        found = error.object[error.start : error.end].hex(" ")
        return RejectFile(f"line {line}: not {self._encoding}: no character has the bytes {found}")


def check_is_not_utf16(head: bytes) -> None:
    """Refuse UTF-16 without a byte order mark: in most texts every other byte is NUL.

    Raises:
        RejectFile: the message names the likely encoding.
    """
    if b"\0" not in head:
        return
    first, second = head[::2], head[1::2]
    for likely, high, low in (("utf-16-le", second, first), ("utf-16-be", first, second)):
        if 2 * high.count(0) > len(high) and 20 * low.count(0) < len(low):
            raise RejectFile(f"not UTF-8: it looks like {likely}; declare encoding={likely!r}")


def check_is_utf8(head: bytes) -> None:
    """Refuse text that is clearly in another encoding, by its first bytes.

    Raises:
        RejectFile: the message names the likely encoding.
    """
    if head.isascii():
        return
    text = head.decode("utf-8", "surrogateescape")
    lines = text.splitlines()
    wrong = [n for n, line in enumerate(lines, 1) if _INVALID.search(line)]
    if len(head) > _CHUNK - 8 and wrong[-1:] == [len(lines)]:
        wrong.pop()  # its last character may be cut off
    few = len(wrong) * _FEW < len(lines)
    if not wrong or few or _BEYOND_ASCII.search(text) or _HARDLY_LETTERS.search(text):
        return
    first = _INVALID.search(lines[wrong[0] - 1])
    byte = ord(first[0]) - 0xDC00 if first else 0
    where = f"byte 0x{byte:02x} on line {wrong[0]}"
    named = likely(head)
    if named is None:
        raise RejectFile(f'not UTF-8 ({where}): declare its encoding="..."')
    raise RejectFile(f"not UTF-8: it looks like {named} ({where}); declare encoding={named!r}")


def likely(head: bytes) -> str | None:
    """The most likely encoding of the lines that are not ASCII."""
    odd = b"\n".join(line for line in head.split(b"\n") if not line.isascii())
    beyond = bytes(byte for byte in odd if byte > 127).decode("cp1252", "replace")
    if not _RUN.search(odd) and all(map(_WESTERN.match, beyond)):
        return "cp1252"  # single letters among ASCII: other encodings have runs of such bytes
    return _guess(head[:_SAMPLE] * 10) or _guess(odd[:_CHUNK])


def _guess(sample: bytes) -> str | None:
    """The guess of charset-normalizer, which needs a long sample."""
    from charset_normalizer import from_bytes

    found = from_bytes(sample, cp_isolation=list(_LIKELY)).best()
    return _SPOKEN.get(found.encoding, found.encoding) if found else None
