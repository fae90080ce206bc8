"""Cuts a file into blocks: byte ranges that begin and end on record boundaries."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from penstock import records
from penstock.content import Readable, Rest
from penstock.errors import RejectFile


@dataclass(frozen=True)
class Block:
    """Bytes [first_byte, last_byte) of a file; `first_line` is the line its first byte is on."""

    first_byte: int
    last_byte: int
    first_line: int

    @property
    def size(self) -> int:
        return self.last_byte - self.first_byte


@dataclass(frozen=True)
class Shape:
    """How to cut: about `block_bytes` a block, and no record longer than `max_record_bytes`.

    `strip` tells that a quote opens a field after blanks too.
    """

    block_bytes: int
    max_record_bytes: int
    quote: bytes = b""
    separator: bytes = b","
    strip: bool = False


def cut(
    stream: Readable,
    shape: Shape,
    first_byte: int = 0,
    first_line: int = 1,
) -> Iterator[Block]:
    """Cut the rest of `stream`, which stands at `first_byte`.

    Holds about one block in memory, and a record more where one is longer than a block.

    Raises:
        RejectFile: a record is longer than `max_record_bytes`.
    """
    buffer, filled = bytearray(shape.block_bytes), 0
    while True:
        if filled == len(buffer):  # a record longer than a block
            buffer.extend(bytes(shape.block_bytes))
        filled = _fill(stream, buffer, filled)
        if not filled:
            return
        at_end = filled < len(buffer)
        end = filled if at_end else _last_boundary(buffer, shape)
        if end is None:
            yield from _cut_exactly(stream, bytes(buffer), shape, first_byte, first_line)
            return
        lines = records.count_lines(buffer, end, bare_returns=bool(shape.quote))
        _check_length(filled - end, shape, first_line + lines)
        if end:
            yield Block(first_byte, first_byte + end, first_line)
            first_byte += end
            first_line += lines
            buffer[: filled - end] = buffer[end:filled]
            filled -= end


def _fill(stream: Readable, buffer: bytearray, filled: int) -> int:
    """Fill the rest of `buffer`, less only at the end: a raw stream may give less than asked."""
    view = memoryview(buffer)
    while filled < len(buffer) and (size := stream.readinto(view[filled:])):
        filled += size
    return filled


def _last_boundary(buffer: bytearray, shape: Shape) -> int | None:
    """Where the last whole record of `buffer` ends; 0 when none does, None after a stray quote."""
    if not shape.quote:
        return buffer.rfind(b"\n") + 1
    data = np.frombuffer(buffer, np.uint8)
    quotes = np.flatnonzero(data == shape.quote[0])
    end = len(buffer)
    while end := buffer.rfind(b"\n", 0, end) + 1:
        before = int(np.searchsorted(quotes, end))
        if before % 2 == 0:
            stray = records.has_stray_quote(data[:end], quotes[:before], shape.separator[0])
            return None if stray else end
        # Inside quotes: no newline before this quote's opening one was looked at yet.
        end = int(quotes[before - 1])
    stray = records.has_stray_quote(data, quotes, shape.separator[0], whole=False)
    return None if stray else 0


def _cut_exactly(
    stream: Readable,
    buffer: bytes,
    shape: Shape,
    first_byte: int,
    first_line: int,
) -> Iterator[Block]:
    """Cut the way `csv.reader` reads: for what a stray quote has made ambiguous."""
    taken = _Taken(Rest(buffer, stream))
    csv.field_size_limit(2**31 - 1)
    start_bytes, start_lines, last_bytes, last_lines = 0, 0, 0, 0
    try:
        for _ in _reader(taken.lines(shape), shape):
            last_bytes, last_lines = taken.bytes, taken.count
            if last_bytes - start_bytes >= shape.block_bytes:
                yield Block(
                    first_byte + start_bytes, first_byte + last_bytes, first_line + start_lines
                )
                start_bytes, start_lines = last_bytes, last_lines
            taken.record_bytes = 0
    except _TooLong:
        _check_length(taken.record_bytes, shape, first_line + last_lines)
    if taken.bytes > start_bytes:
        yield Block(first_byte + start_bytes, first_byte + taken.bytes, first_line + start_lines)


def _reader(lines: Iterator[str], shape: Shape) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=shape.separator.decode(), skipinitialspace=shape.strip)


class _TooLong(Exception):
    pass


class _Taken:
    """Counts the bytes and lines that a reader has taken; latin-1 makes a byte a character."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.bytes = self.count = self.record_bytes = 0

    def lines(self, shape: Shape) -> Iterator[str]:
        text = io.TextIOWrapper(io.BufferedReader(self._raw, 1 << 20), "latin-1", newline="")
        while line := text.readline(shape.max_record_bytes + 1):
            self.record_bytes += len(line)
            if self.record_bytes > shape.max_record_bytes:
                raise _TooLong
            self.bytes += len(line)
            self.count += 1
            yield line


def _check_length(size: int, shape: Shape, line: int) -> None:
    if size > shape.max_record_bytes:
        hint = " (is a quote not closed?)" if shape.quote else ""
        raise RejectFile(
            f"line {line}: the record is longer than {shape.max_record_bytes:,} bytes{hint}"
        )
