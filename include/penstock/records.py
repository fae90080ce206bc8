"""Where the records of a block are: the one piece of code that knows what ends a record.

Without a quote character every newline ends a record. With one, a newline ends a record iff the
quotes before it are even: exact for RFC 4180. A *stray* quote (one that neither opens a field nor
closes it) would mislead that rule, so it is looked for; what holds one is read by `csv.reader`.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
_NEWLINE, _RETURN = 10, 13


@dataclass(frozen=True)
class Records:
    """The records of a block that are not blank.

    `starts` and `ends` are byte offsets in the block, the newline excluded; `lines` are the line
    numbers in the file on which they start. `stray` tells that a stray quote makes them unreliable.
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


def find(block: bytes, first_line: int, quote: bytes = b"", separator: bytes = b",") -> Records:
    """Find the records of `block`, whose first byte is on line `first_line` of its file."""
    data = np.frombuffer(block, np.uint8)
    breaks = _line_ends(block, data, bare_returns=bool(quote))
    stray = False
    closing = np.arange(len(breaks))
    if quote:
        quotes = np.flatnonzero(data == quote[0])
        stray = has_stray_quote(data, quotes, separator[0])
        closing = np.flatnonzero(np.searchsorted(quotes, breaks) % 2 == 0)
    ends = breaks[closing]
    starts = np.concatenate(([0], ends + 1))
    lines = first_line + np.concatenate(([0], closing + 1))
    ends = np.append(ends, len(block))
    after = data[np.maximum(ends - 1, 0)] if len(data) else ends
    ends = ends - ((ends > starts) & (after == _RETURN))
    return Records(starts, ends, lines, stray).take(ends > starts)


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
    edges = (separator, _NEWLINE, _RETURN)
    opening, closing = quotes[::2], quotes[1::2]
    before = (opening == 0) | np.isin(data[opening - 1], edges)
    last = len(data) - 1
    after = (closing == last) | np.isin(data[np.minimum(closing + 1, last)], edges)
    doubled = closing[: len(opening) - 1] + 1 == opening[1:]  # "" closes a field and opens it again
    before[1:] |= doubled
    after[: len(doubled)] |= doubled
    return not (before.all() and after.all())


def read_exactly(
    text: str, first_line: int, separator: str, skip_blanks: bool
) -> Iterator[tuple[int, str, list[str]]]:
    """Line, raw text and fields of each record as `csv.reader` sees them: slow, never misled."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    csv.field_size_limit(2**31 - 1)
    line = first_line
    for fields in csv.reader(lines(), delimiter=separator, skipinitialspace=skip_blanks):
        raw = "".join(taken)
        if fields:
            yield line, raw.rstrip("\r\n"), fields
        line += len(taken)
        taken.clear()


def count_lines(block: bytes, bare_returns: bool) -> int:
    """How many lines end in `block`, by LF or CRLF, and by CR alone where `bare_returns`."""
    newlines = int(
        np.count_nonzero(np.frombuffer(block, np.uint8) == _NEWLINE)
    )  # SIMD: not count()
    if not bare_returns or b"\r" not in block:
        return newlines
    return newlines + block.count(b"\r") - block.count(b"\r\n")


def _line_ends(block: bytes, data: NDArray[np.uint8], bare_returns: bool) -> Positions:
    newlines = np.flatnonzero(data == _NEWLINE)
    if not bare_returns or b"\r" not in block:
        return newlines
    returns = np.flatnonzero(data == _RETURN)
    followed = returns + 1 < len(data)
    followed[followed] = data[returns[followed] + 1] == _NEWLINE
    bare = returns[~followed]
    return np.sort(np.concatenate((newlines, bare))) if len(bare) else newlines
