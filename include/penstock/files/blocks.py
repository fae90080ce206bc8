"""Cuts a file into blocks: byte ranges that begin and end on record boundaries."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from penstock.errors import RejectFile
from penstock.files import exact, records
from penstock.files.exact import Grammar
from penstock.files.streams import Readable


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

    Without a `grammar` a line feed ends each record.
    """

    block_bytes: int
    max_record_bytes: int
    grammar: Grammar | None = None


def cut(
    stream: Readable,
    shape: Shape,
    first_byte: int = 0,
    first_line: int = 1,
) -> Iterator[Block]:
    """Cut the rest of `stream`, whose position is `first_byte`.

    Holds about one block in memory, and a record more where one is longer than a block.

    Raises:
        RejectFile: a record is longer than `max_record_bytes`, or a quote is never closed, so that
            the ends of records are unknown.
    """
    buffer, filled = bytearray(shape.block_bytes), 0
    while True:
        if filled == len(buffer):  # a record longer than a block
            buffer.extend(bytes(shape.block_bytes))
        filled = _fill(stream, buffer, filled)
        if not filled:
            return
        at_end = filled < len(buffer)
        end = _last_boundary(buffer, filled, shape.grammar, first_line, at_end)
        if not end and filled > shape.max_record_bytes:
            end = _too_long(buffer, shape, first_line)
        if end:
            yield Block(first_byte, first_byte + end, first_line)
            first_byte += end
            first_line += records.count_lines(buffer, end, bare_returns=bool(shape.grammar))
            buffer[: filled - end] = buffer[end:filled]
            filled -= end


def _fill(stream: Readable, buffer: bytearray, filled: int) -> int:
    """Fill the rest of `buffer`, if need be in several reads; returns how many bytes it holds."""
    view = memoryview(buffer)
    while filled < len(buffer) and (size := stream.readinto(view[filled:])):
        filled += size
    return filled


def ends_a_record(text: bytes, grammar: Grammar | None) -> bool:
    """Whether a record certainly ends at the end of `text`, which begins with a record."""
    return _last_boundary(bytearray(text), len(text), grammar, 1, at_end=False) == len(text)


def _last_boundary(
    buffer: bytearray, filled: int, grammar: Grammar | None, first_line: int, at_end: bool
) -> int:
    """The end of the last complete record in `buffer`; 0 if no end is certain yet."""
    if grammar is None:
        return filled if at_end else buffer.rfind(b"\n") + 1
    end = None
    if not grammar.escape and not grammar.comment:
        end = _by_parity(buffer, filled, grammar, at_end)
    if end is None:
        return _exactly(bytes(buffer[:filled]), grammar, first_line, at_end)
    return end


def _by_parity(buffer: bytearray, filled: int, grammar: Grammar, at_end: bool) -> int | None:
    """The end of the last record, by the number of quotes before it; None if a quote is stray."""
    data = np.frombuffer(buffer, np.uint8)[:filled]
    quotes = np.flatnonzero(data == grammar.quote[0]) if grammar.quote else np.empty(0, np.int64)
    end = filled
    while end := end if at_end else _last_line_end(buffer, end):
        before = int(np.searchsorted(quotes, end))
        if before % 2 == 0 or at_end:
            stray = records.has_stray_quote(data[:end], quotes[:before], grammar.separator[0])
            return None if stray else end
        # Inside quotes: go back to the line ends before the opening quote.
        end = int(quotes[before - 1])
    stray = records.has_stray_quote(data, quotes, grammar.separator[0], whole=False)
    return None if stray else 0


def _last_line_end(buffer: bytearray, end: int) -> int:
    """The offset after the last line feed before `end`, or after the last CR if there is no LF."""
    if found := buffer.rfind(b"\n", 0, end) + 1:
        return found
    found = buffer.rfind(b"\r", 0, end) + 1
    if found == len(buffer):  # a line feed may follow
        found = buffer.rfind(b"\r", 0, found - 1) + 1
    return found


def _exactly(text: bytes, grammar: Grammar, first_line: int, at_end: bool) -> int:
    """The end of the last record, found by reading the records one by one."""
    last, record = 0, None
    for record in exact.read(text, first_line, grammar, is_whole=at_end):
        last = record.end
    if not at_end:
        return last
    if record and record.why and record.is_open and _goes_on(text[record.start :]):
        raise RejectFile(f"line {record.line}: {record.why}")
    return len(text)


def _goes_on(text: bytes) -> bool:
    """Whether anything follows the first line."""
    return bool(text.strip().splitlines()[1:])


def _too_long(buffer: bytearray, shape: Shape, first_line: int) -> int:
    """The end of a record that is too long because of a quote that is never closed."""
    if shape.grammar and (end := exact.never_closed_behind(bytes(buffer), shape.grammar)):
        return end
    hint = " (is a quote not closed?)" if shape.grammar and shape.grammar.quote else ""
    raise RejectFile(
        f"line {first_line}: the record is longer than {shape.max_record_bytes:,} bytes{hint}"
    )
