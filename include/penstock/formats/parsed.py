"""The result of a parser: rows of text, and refused records."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from penstock.files.records import Records
from penstock.formats.frames import Values, frame_of

_NULS = re.compile(r"(?:\\x00){100,}")


@dataclass(frozen=True)
class Refused:
    """A record that is kept in quarantine: its first line, its text, and every reason."""

    line: int
    raw: str
    reasons: list[str]


@dataclass
class Parsed:
    """The rows of one block.

    `columns` holds the text of each declared column, and `lines` the line of the file on which each
    row starts; `frame` is both. `raw(line)` is the original text of the record on that line.
    `records` is the number of records in the block, counted without the parser: it must equal the
    rows plus `refused`. `unknown` are keys that mean no column and were not kept, in formats
    without a header. `repeated_headers` is how many were left out; they are not in `records`.
    `absent` has, for each row, the optional columns that it lacks, separated by commas, or null;
    it is None if no row lacks any.
    """

    columns: dict[str, Values]
    lines: NDArray[np.int64]
    raw: Callable[[int], str]
    records: int
    refused: list[Refused] = field(default_factory=list)
    unknown: tuple[str, ...] = ()
    absent: pa.Array | None = None
    repeated_headers: int = 0

    @property
    def frame(self) -> pd.DataFrame:
        """The rows, indexed by their lines."""
        return frame_of(self.columns, self.lines)


def joined(parsed: Sequence[Parsed]) -> pd.DataFrame:
    """The rows of all blocks as one frame, because a frame for each small block would be slow.

    Each column is one chunk, because Arrow is slow on many small ones.
    """
    if len(parsed) == 1:
        return parsed[0].frame
    tables = pa.concat_tables([pa.table(p.columns) for p in parsed]).combine_chunks()
    columns = dict(zip(tables.column_names, tables.columns, strict=True))
    return frame_of(columns, np.concatenate([p.lines for p in parsed]))


def joined_absent(parsed: Sequence[Parsed]) -> pa.Array | None:
    """The `absent` of the rows of all blocks; None if no row lacks a column."""
    if all(p.absent is None for p in parsed):
        return None
    every = (pa.nulls(len(p.lines), pa.string()) if p.absent is None else p.absent for p in parsed)
    return pa.concat_arrays(every)


class RawText:
    """Finds the text of a record in the bytes of its block, as `shown` writes it."""

    def __init__(self, block: bytes, found: Records) -> None:
        self._block, self._found = block, found

    def __call__(self, line: int) -> str:
        at = np.searchsorted(self._found.lines, line)
        return shown(self._block[self._found.starts[at] : self._found.ends[at]])


def readable(raw: bytes) -> str:
    """`raw` as text that Postgres can hold: bytes that are not UTF-8, and NUL, become `\\xNN`."""
    return raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def shown(raw: bytes) -> str:
    """`raw` as the quarantine shows it: readable, with the length of a long run of NUL.

    A file can hold megabytes of NUL after a power loss, or if a log was truncated.
    """
    return _NULS.sub(lambda run: f"\\x00{{{len(run[0]) // 4}}}", readable(raw))
