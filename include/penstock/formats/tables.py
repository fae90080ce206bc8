"""Tables that are no text, Parquet and Excel: kept in the spool as batches of rows of text.

A block is one such batch, in Arrow's IPC format; its rows keep their numbers.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.declare.columns import Column
from penstock.declare.formats import Excel, Parquet
from penstock.files.blocks import Block
from penstock.formats.parsed import Parsed, Refused, readable
from penstock.formats.sieve import HAS_NUL
from penstock.settings import settings

_LINE = pa.field("", pa.int64())
Batch = tuple[Sequence[int], list[pa.Array]]
"""The numbers of rows, and their text, an array a column."""


@dataclass(frozen=True)
class Table:
    """A table to spool: the names of its columns, its batches, and what is odd about it."""

    names: list[str]
    batches: Iterator[Batch]
    notes: list[str]


def open_table(place: Path, form: Parquet | Excel, columns: Sequence[Column]) -> Table:
    """The table in the file at `place`.

    Raises:
        RejectFile: it is none; also while the batches are read.
    """
    if isinstance(form, Excel):
        from penstock.formats.excel import Sheet

        sheet = Sheet(place, form.sheet)
        return Table(sheet.names, sheet.batches(), sheet.notes)
    from penstock.formats import parquet

    names, batches = parquet.read(place, columns)
    return Table(names, _numbered(batches), [])


def _numbered(batches: Iterator[list[pa.Array]]) -> Iterator[Batch]:
    first = 1
    for columns in batches:
        rows = len(columns[0]) if columns else 0
        yield range(first, first + rows), columns
        first += rows


def write(table: Table, out: BinaryIO) -> list[Block]:
    """Write the batches, some together as blocks of the usual size; where each block is."""
    blocks: list[Block] = []
    held: list[pa.RecordBatch] = []
    at = size = 0
    schema = _schema(table.names)

    def flush() -> None:
        nonlocal at, size
        (batch,) = pa.Table.from_batches(held, schema).combine_chunks().to_batches()
        data = batch.serialize()
        out.write(data)
        blocks.append(Block(at, at + data.size, batch.column(0)[0].as_py()))
        at += data.size
        size = 0
        held.clear()

    for lines, columns in table.batches:
        batch = pa.RecordBatch.from_arrays([pa.array(lines, pa.int64()), *columns], schema=schema)
        held.append(batch)
        size += batch.nbytes
        if size >= settings().block_bytes:
            flush()
    if any(map(len, held)):
        flush()
    return blocks


def _schema(names: Sequence[str]) -> pa.Schema:
    return pa.schema([_LINE, *(pa.field(name, pa.string()) for name in names)])


def parse(block: bytes, names: Sequence[str], columns: Sequence[Column]) -> Parsed:
    """The rows of a block, whose columns are called `names`; one with a NUL is refused."""
    batch = pa.ipc.read_record_batch(pa.py_buffer(block), _schema(names))
    lines = batch.column(0).to_numpy()
    texts = dict(zip(names, batch.columns[1:], strict=True))
    raw = _Raw(batch, lines)
    bad = np.zeros(len(lines), bool)
    for text in texts.values():
        bad |= pc.match_substring(text, "\0").to_numpy(zero_copy_only=False).astype(bool)
    refused = [Refused(line, raw(line), [HAS_NUL]) for line in lines[bad].tolist()]
    empty = pa.repeat("", len(lines))
    wanted = {
        column.name: texts.get(column.name, empty).filter(pa.array(~bad)) for column in columns
    }
    return Parsed(wanted, lines[~bad], raw, len(lines), refused)


class _Raw:
    """A row as a record of CSV."""

    def __init__(self, batch: pa.RecordBatch, lines: np.ndarray) -> None:
        self._batch, self._lines = batch, lines

    def __call__(self, line: int) -> str:
        at = int(np.searchsorted(self._lines, line))
        out = io.StringIO()
        fields = [column[at].as_py() for column in self._batch.columns[1:]]
        csv.writer(out, lineterminator="").writerow(fields)
        return readable(out.getvalue().encode())
