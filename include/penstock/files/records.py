"""Finds the records of a block.

Without a quote character every newline ends a record. With one, a newline ends a record iff the
quotes before it are even: exact for RFC 4180. A *stray* quote (one that neither opens a field nor
closes it) would mislead that rule, so it is looked for; what holds one is read by
`penstock.files.exact`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penstock.files.exact import Grammar, is_blank

Positions = NDArray[np.int64]
_NEWLINE, _RETURN = 10, 13
_CACHED = 1 << 18  # bytes looked at together: they stay in the processor's cache


@dataclass(frozen=True)
class Records:
    """The records of a block that are not blank.

    `starts` and `ends` are byte offsets in the block, the newline excluded; `lines` are the line
    numbers in the file on which they start. `stray` is true if a stray quote makes them unreliable.
    """

    starts: Positions
    ends: Positions
    lines: Positions
    stray: bool = False

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, mask: NDArray[np.bool_]) -> "Records":
        """The records for which `mask` is true."""
        return Records(self.starts[mask], self.ends[mask], self.lines[mask], self.stray)


def find(block: bytes, first_line: int, grammar: Grammar | None = None) -> Records:
    """Find the records of `block`, whose first byte is on line `first_line` of its file.

    Without a `grammar` a line feed ends each of them.
    """
    data = np.frombuffer(block, np.uint8)
    stray = False
    if grammar and grammar.quote:
        quote = grammar.quote[0]
        marks = _marks(block, data, quote)
        is_quote = data[marks] == quote
        stray = has_stray_quote(data, np.compress(is_quote, marks), grammar.separator[0])
        # np.compress: a mask as an index costs four times as much
        breaks = np.compress(~is_quote, marks)
        odd = np.logical_xor.accumulate(is_quote)
        closing = np.flatnonzero(~np.compress(~is_quote, odd))
    else:
        breaks = _line_ends(block, data, bare_returns=grammar is not None)
        closing = np.arange(len(breaks))
    lines = np.empty(len(closing) + 1, np.int64)
    lines[0], lines[1:] = first_line, closing + (first_line + 1)
    starts, ends = _between(breaks[closing], len(block))
    if b"\r" in block:
        ends -= (ends > starts) & (data[np.maximum(ends - 1, 0)] == _RETURN)
    return Records(starts, ends, lines, stray).take(ends > starts)


def _between(breaks: Positions, size: int) -> tuple[Positions, Positions]:
    """Where the stretches between `breaks` start and end."""
    starts = np.empty(len(breaks) + 1, np.int64)
    ends = np.empty(len(breaks) + 1, np.int64)
    starts[0], starts[1:] = 0, breaks + 1
    ends[:-1], ends[-1] = breaks, size
    return starts, ends


def _marks(block: bytes, data: NDArray[np.uint8], quote: int) -> Positions:
    """Every quote and every line end, by LF, CRLF (its LF) or a CR alone."""
    if b"\r" in block:
        quotes = np.flatnonzero(data == quote)
        return np.sort(np.concatenate((quotes, _line_ends(block, data, bare_returns=True))))
    steps = range(0, len(data), _CACHED)
    found = [_marks_within(data[at : at + _CACHED], quote) + at for at in steps]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _marks_within(data: NDArray[np.uint8], quote: int) -> Positions:
    marked = data == quote
    marked |= data == _NEWLINE
    return np.flatnonzero(marked)


def has_stray_quote(
    data: NDArray[np.uint8], quotes: Positions, separator: int, whole: bool = True
) -> bool:
    """Whether a quote opens elsewhere than at a field's start, or closes elsewhere than at its end.

    `data` begins at the start of a record. Where it is `whole`, an unclosed last quote is stray.
    """
    if not len(quotes):
        return False
    if whole and len(quotes) % 2:
        return True
    opening, closing = quotes[::2], quotes[1::2]
    before = (opening == 0) | _is_edge(data[opening - 1], separator)
    last = len(data) - 1
    after = (closing == last) | _is_edge(data[np.minimum(closing + 1, last)], separator)
    doubled = closing[: len(opening) - 1] + 1 == opening[1:]  # "" closes a field and opens it again
    before[1:] |= doubled
    after[: len(doubled)] |= doubled
    return not (before.all() and after.all())


def _is_edge(found: NDArray[np.uint8], separator: int) -> NDArray[np.bool_]:
    """Which bytes end a field; three comparisons are faster than np.isin."""
    edges: NDArray[np.bool_] = (found == separator) | (found == _NEWLINE) | (found == _RETURN)
    return edges


def blank(block: bytes, found: Records, grammar: Grammar) -> NDArray[np.bool_]:
    """Which records are blank: only separators, or a comment."""
    data = np.frombuffer(block, np.uint8)
    first = data[found.starts]
    marks = grammar.separator + grammar.comment + b" \t" * grammar.strip
    blanks = np.isin(first, np.frombuffer(marks, np.uint8)) if len(marks) > 1 else first == marks[0]
    for number in np.flatnonzero(blanks).tolist():
        start, end = int(found.starts[number]), int(found.ends[number])
        blanks[number] = is_blank(block[start:end], grammar)
    return blanks


def count_lines(buffer: bytes | bytearray, end: int, bare_returns: bool) -> int:
    """How many lines end before `end`, by LF or CRLF, and by CR alone where `bare_returns`."""
    data = np.frombuffer(buffer, np.uint8)[:end]
    newlines = int(np.count_nonzero(data == _NEWLINE))  # SIMD: bytes.count() is not
    if not bare_returns or buffer.find(b"\r", 0, end) < 0:
        return newlines
    return newlines + buffer.count(b"\r", 0, end) - buffer.count(b"\r\n", 0, end)


def _line_ends(block: bytes, data: NDArray[np.uint8], bare_returns: bool) -> Positions:
    newlines = np.flatnonzero(data == _NEWLINE)
    if not bare_returns or b"\r" not in block:
        return newlines
    returns = np.flatnonzero(data == _RETURN)
    followed = returns + 1 < len(data)
    followed[followed] = data[returns[followed] + 1] == _NEWLINE
    bare = returns[~followed]
    return np.sort(np.concatenate((newlines, bare))) if len(bare) else newlines
