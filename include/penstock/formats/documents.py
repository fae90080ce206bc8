"""JSON documents as JSON lines: the records in arrays, and documents one after the other.

Records are cut out as text, so that numbers stay exact and repeated keys are seen; the parser of
JSON lines checks each of them. The file is rejected if the text around them is not JSON.
"""

import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.declare.formats import Json
from penstock.errors import RejectFile
from penstock.files import content
from penstock.files.content import Source, Spooling
from penstock.files.encodings import BOM
from penstock.files.streams import Readable, Rest
from penstock.formats.jsonlines import JsonLinesReader
from penstock.settings import settings

_HEAD = 1 << 16  # bytes that are checked to be text
_CHUNK = 1 << 18
_QUOTE = ord('"')
_STRING = rb'"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*(")?'  # the group: it is closed
_MARKS = re.compile(_STRING + rb"|[{}\[\]]")
_TOKEN = re.compile(_STRING + rb'|[^\s\x1e{}\[\],:"]+')
_SPACE = re.compile(rb"[\s\x1e]*")  # 1E begins a record of RFC 7464
_BREAK = re.compile(rb"[\r\n]\s*")


@dataclass(frozen=True)
class JsonReader(JsonLinesReader):
    """Reads JSON documents: the spool holds their records as JSON lines."""

    form: Json

    def open(self, place: Path, file_id: int) -> Source:
        return Source(place, file_id, self.dataset.encoding, self._convert)

    def stream(self, source: Source) -> Spooling:
        return Spooling(source, self._records)

    def check(self, head: bytes) -> None:
        """The text was checked before the records were cut out of it."""

    def _convert(self, source: Source) -> None:
        with self.stream(source) as stream:
            content.read_through(stream)

    def _records(self, text: io.RawIOBase) -> "Records":
        head = text.read(_HEAD) or b""
        content.check_is_text(head)
        return Records(Rest(head.removeprefix(BOM), text), self.form.records)


class Records(io.RawIOBase):
    """The records of a stream of JSON, one a line.

    `path` names the keys that lead to the array of records; without it each element of an array,
    and each other document, is one. Reading raises `RejectFile` where the documents are broken.
    """

    def __init__(self, stream: Readable, path: str | None) -> None:
        self._text = _Text(stream)
        self._records = self._all(path.split(".") if path else [])
        self._lines = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if not len(self._lines):
            self._lines = memoryview(self._next())
        size = min(len(target), len(self._lines))
        target[:size], self._lines = self._lines[:size], self._lines[size:]
        return size

    def _next(self) -> bytes:
        """Several records at once: a call costs more than most of them."""
        lines: list[bytes] = []
        size = 0
        while size < _CHUNK and (line := next(self._records, b"")):
            lines.append(line)
            size += len(line)
        return b"".join(lines)

    def _all(self, path: Sequence[str]) -> Iterator[bytes]:
        while self._text.peek():
            yield from self._within(path)

    def _within(self, path: Sequence[str]) -> Iterator[bytes]:
        """The records of the value that begins here."""
        first = self._text.peek()
        if path:
            yield from self._at(path)
        elif first == b"[":
            for _ in self._members(b"]"):
                yield _BREAK.sub(b" ", self._text.value()) + b"\n"
        else:
            yield _BREAK.sub(b" ", self._text.value()) + b"\n"

    def _at(self, path: Sequence[str]) -> Iterator[bytes]:
        """The records at `path` below the object that begins here."""
        key, *rest = path
        self._text.expect(b"{", f"an object with the key {key!r}")
        self._text.back()
        found: list[str] = []
        for _ in self._members(b"}"):
            found.append(self._text.key())
            if found[-1] == key:
                yield from self._within_or_null(rest)
            else:
                self._text.value()
        if key not in found:
            raise self._text.broken(f"no key {key!r}; found {', '.join(found)[:300] or 'none'}")

    def _within_or_null(self, path: Sequence[str]) -> Iterator[bytes]:
        if self._text.peek() == b"n":
            self._text.value()
        else:
            yield from self._within(path)

    def _members(self, end: bytes) -> Iterator[None]:
        """Yield before each member of the array or object that begins here."""
        self._text.take()
        if self._text.peek() == end:
            self._text.take()
            return
        while True:
            yield
            if self._text.expect(b"," + end, f"a comma or {end.decode()}") == end:
                return


class _Text:
    """A tokenizer of a stream of JSON, which holds only the value that it reads."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._buffer, self._at, self._lines = b"", 0, 1
        self._chunk = memoryview(bytearray(_CHUNK))

    def peek(self) -> bytes:
        """The next byte that is not blank; b"" at the end."""
        while True:
            blank = _SPACE.match(self._buffer, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._buffer) or not self._more():
                return self._buffer[self._at : self._at + 1]

    def take(self) -> bytes:
        """Consume the next byte that is not blank."""
        byte = self.peek()
        self._at += 1
        return byte

    def back(self) -> None:
        """Go back to before the byte that was just taken."""
        self._at -= 1

    def expect(self, allowed: bytes, what: str) -> bytes:
        """Consume one of the bytes `allowed`."""
        found = self.peek()
        if not found or found not in allowed:
            raise self.broken(f"expected {what}, found {found.decode('latin-1') or 'the end'}")
        return self.take()

    def key(self) -> str:
        """Consume a key and its colon."""
        if self.peek() != b'"':
            raise self.broken("expected a key in quotes")
        raw = self.value()
        self.expect(b":", "a colon")
        try:
            return str(json.loads(raw))
        except ValueError:
            raise self.broken(f"no key: {raw[:100].decode('utf-8', 'replace')}") from None

    def value(self) -> bytes:
        """Consume a value; returns its text."""
        first = self.peek()
        size = self._nested() if first in (b"{", b"[") else self._single()
        found = self._buffer[self._at : self._at + size]
        self._at += size
        return found

    def _single(self) -> int:
        while True:
            found = _TOKEN.match(self._buffer, self._at)
            if found is None:
                raise self.broken("expected a value")
            is_string = self._buffer[self._at] == _QUOTE
            if found[1] if is_string else found.end() < len(self._buffer):
                return found.end() - self._at
            if is_string and not self._goes_on(found.end()):
                raise self.broken("a text is not closed on its line")
            if not self._more():
                if is_string:
                    raise self.broken("a text is not closed")
                return found.end() - self._at

    def _nested(self) -> int:
        depth = done = 0
        while True:
            for mark in _MARKS.finditer(self._buffer, self._at + done):
                byte = self._buffer[mark.start()]
                if byte == _QUOTE and not mark[1]:
                    if not self._goes_on(mark.end()):
                        self._at = mark.start()
                        raise self.broken("a text is not closed on its line")
                    break
                done = mark.end() - self._at
                if byte != _QUOTE:
                    depth += 1 if byte in b"{[" else -1
                    if not depth:
                        return done
            else:
                done = max(done, len(self._buffer) - self._at)
            if not self._more():
                raise self.broken("an object or array that begins here is not closed")

    def _goes_on(self, end: int) -> bool:
        """Whether a string that is open at `end` may be closed in the bytes not read yet."""
        return self._buffer[end : end + 2] in (b"", b"\\")

    def _more(self) -> bool:
        """Read on; False at the end."""
        self._lines += self._buffer.count(b"\n", 0, self._at)
        self._buffer, self._at = self._buffer[self._at :], 0
        if len(self._buffer) > settings().max_record_bytes:
            raise self.broken(f"the record is longer than {settings().max_record_bytes:,} bytes")
        size = self._stream.readinto(self._chunk) or 0
        self._buffer += self._chunk[:size]
        return size > 0

    def broken(self, why: str) -> RejectFile:
        """The error for documents that cannot be read further."""
        line = self._lines + self._buffer.count(b"\n", 0, self._at)
        return RejectFile(f"line {line}: not JSON: {why}")
