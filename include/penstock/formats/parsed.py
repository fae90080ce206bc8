"""What a parser gives back: rows of text, and the records it could not make rows of."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class Refused:
    """A record that is kept in quarantine: its first line, its text, and every reason."""

    line: int
    raw: str
    reasons: list[str]


@dataclass
class Parsed:
    """The rows of one block.

    `table` holds a text column for each declared column; `lines[i]` is the line in the file of row
    `i`. `raw(i)` is its text as it stands in the file. `records` counts what the block holds, found
    without the parser: it must equal the rows and `refused` together. `unknown` are fields that
    mean no column and were not kept, where only the parser can see them.
    """

    table: pa.Table
    lines: NDArray[np.int64]
    raws: "RawText"
    records: int
    refused: list[Refused] = field(default_factory=list)
    unknown: tuple[str, ...] = ()

    def raw(self, row: int) -> str:
        """The text of row `row`, kept readable: see `readable`."""
        return self.raws(row)


class RawText:
    """Looks the text of a row up in the bytes of its block."""

    def __init__(self, block: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        self._block, self._starts, self._ends = block, starts, ends

    def __call__(self, row: int) -> str:
        return readable(self._block[self._starts[row] : self._ends[row]])


class GivenText(RawText):
    """The texts of rows that were read one by one."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts

    def __call__(self, row: int) -> str:
        return self._texts[row]


def readable(raw: bytes) -> str:
    """`raw` as text that Postgres can hold: bytes that are not UTF-8, and NUL, become `\\xNN`."""
    return raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
