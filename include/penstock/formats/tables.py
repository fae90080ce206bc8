"""Binary tables, such as Parquet and Excel: the spool holds them as batches of rows of text.

A block is one batch in Arrow's IPC format, with the numbers of its rows.
"""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.declare.columns import Column
from penstock.errors import RejectFile
from penstock.files import content
from penstock.files.atomic import atomic_write
from penstock.files.blocks import Block
from penstock.files.content import Source
from penstock.formats import header
from penstock.formats.named import parse_named
from penstock.formats.parsed import Parsed, Refused, readable
from penstock.formats.reader import BlockContent, Reader
from penstock.formats.scanned import Scan
from penstock.formats.sieve import HAS_NUL
from penstock.settings import settings

_LINE = pa.field("", pa.int64())
Batch = tuple[Sequence[int], list[pa.Array]]
"""The numbers of rows, and their text, an array a column."""


@dataclass(frozen=True)
class Table:
    """A table: the names of its columns, its batches, and the notes on it."""

    names: list[str]
    batches: Iterator[Batch]
    notes: list[str]


@dataclass(frozen=True)
class TableReader(Reader, ABC):
    """Reads a binary format: the spool holds its rows as batches of text."""

    @abstractmethod
    def table(self, place: Path) -> Table:
        """The table in the file at `place`.

        Raises:
            RejectFile: the file has another format or is damaged; also while batches are read.
        """

    def open(self, place: Path, file_id: int) -> Source:
        return Source(place, file_id, convert=self.convert)

    def convert(self, source: Source) -> tuple[Table, list[Block]]:
        """Write the batches into the spool; the table, and the blocks that were written.

        Raises:
            RejectFile: the file has another format or is damaged.
        """
        with content.unpacked_file(source) as (place, notes):
            table = self.table(place)
            table.notes[:0] = notes
            with atomic_write(content.spool(source.file_id)) as draft, draft.open("wb") as out:
                return table, write(table, out)

    def scan(self, source: Source) -> Scan:
        """The hash is that of the file's bytes, not of what they are converted into."""
        content.check_size(source.place)
        table, blocks = self.convert(source)
        if len(table.names) > settings().max_columns:
            raise RejectFile(f"the file has more than {settings().max_columns:,} columns")
        notes = table.notes + header.check(self.dataset, table.names)
        size = blocks[-1].last_byte if blocks else 0
        of_bytes = content.digest_content(source.place)
        return Scan(of_bytes, blocks, 0, size, table.names, notes)

    def parse(self, block: BlockContent) -> Parsed:
        names = header.matched(block.columns or [], self.dataset.file_columns)
        return parse_named(self.dataset, names, lambda wanted: parse(block.data, names, wanted))


def write(table: Table, out: BinaryIO) -> list[Block]:
    """Write the batches, joined to blocks of the usual size; returns where each block is."""
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
    """The rows of a block whose columns are `names`; a row with NUL is refused."""
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
    """The text of a row, as a record of CSV."""

    def __init__(self, batch: pa.RecordBatch, lines: np.ndarray) -> None:
        self._batch, self._lines = batch, lines

    def __call__(self, line: int) -> str:
        at = int(np.searchsorted(self._lines, line))
        out = io.StringIO()
        fields = [column[at].as_py() for column in self._batch.columns[1:]]
        csv.writer(out, lineterminator="").writerow(fields)
        return readable(out.getvalue().encode())
