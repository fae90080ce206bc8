"""Load one batch of blocks into staging and quarantine, within the caller's transaction.

A batch is one large block, or the blocks of many small files together. What is loaded is marked as
loaded in the same transaction, so nothing is lost or doubled wherever a process stops.
"""

import logging
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.arrays import ArrowExtensionArray
from psycopg import Connection, sql

from penstock import ledger
from penstock.declare.columns import AS_TEXT
from penstock.declare.dataset import Dataset
from penstock.declare.formats import ABSENT, EXTRA
from penstock.errors import RejectFile
from penstock.files import content, landing
from penstock.formats import header
from penstock.formats.dialect import from_json
from penstock.formats.frames import only
from penstock.formats.parse import parse
from penstock.formats.parsed import Parsed, Refused, joined, joined_absent
from penstock.formats.registry import reader_of
from penstock.stations.clock import Clock
from penstock.stations.copy import copy_rows, encode
from penstock.validate import Verdict, validate
from penstock.validate.cast import too_long
from penstock.validate.counts import count_checks
from penstock.validate.prepare import prepare
from penstock.validate.refused import first_rows, refused_records

log = logging.getLogger(__name__)


@dataclass
class LoadReport:
    """What was loaded, and how long each step took (seconds, summed over processes)."""

    blocks: int = 0
    bytes: int = 0
    rows_good: int = 0
    rows_bad: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, other: "LoadReport") -> None:
        """Add the counts and times of `other`."""
        self.blocks += other.blocks
        self.bytes += other.bytes
        self.rows_good += other.rows_good
        self.rows_bad += other.rows_bad
        for station, taken in other.seconds.items():
            self.seconds[station] = self.seconds.get(station, 0.0) + taken


def load_batch(
    connection: Connection, dataset: Dataset, suite_id: str, batch: list[ledger.BlockToLoad]
) -> LoadReport:
    """Parse, check and copy the blocks of `batch`; bad records go to the quarantine.

    Raises:
        RejectFile: a file of the batch cannot be parsed, or changed while it was read.
        OSError, psycopg.Error: the host or the warehouse failed.
    """
    clock = Clock()
    connection.execute("SET LOCAL synchronous_commit = off")  # the seal's commit flushes all before
    parsed = [_parse(dataset, block) for block in batch]
    clock.lap("parse")
    if dataset.prepare:
        parsed = [prepare(dataset, of_block) for of_block in parsed]
        clock.lap("prepare")
    given = joined(parsed)
    verdict = validate(dataset, given)
    refused = refused_records(parsed, verdict)
    clock.lap("check")
    rows = _good_rows(dataset, batch, parsed, verdict, given)
    as_text = _needs_text(dataset, rows)
    target = sql.Identifier("staging", dataset.name)
    clock.lap("encode")
    encoded = clock.each("encode", encode(rows, as_text=as_text))
    copy_rows(connection, target, [*rows], encoded, as_text=as_text)
    counts = _write_down(connection, dataset, batch, parsed, refused)
    checks = count_checks(dataset, verdict, first_rows(parsed))
    ledger.keep_results(connection, suite_id, batch, checks)
    clock.lap("copy")
    return LoadReport(
        len(batch),
        sum(b.last_byte - b.first_byte for b in batch),
        sum(c.rows_good for c in counts),
        sum(c.rows_bad for c in counts),
        clock.laps,
    )


def _good_rows(
    dataset: Dataset,
    batch: list[ledger.BlockToLoad],
    parsed: list[Parsed],
    verdict: Verdict,
    given: pd.DataFrame,
) -> pd.DataFrame:
    """The rows for staging, with the file and line of each.

    A column that no file of the batch has is left out: its default in staging is cheaper.
    """
    rows = verdict.frame.drop(columns=_absent(dataset, batch))
    if dataset.unknown_columns == "keep":
        rows[EXTRA] = given[EXTRA].array
    if (absent := joined_absent(parsed)) is not None:
        rows[ABSENT] = ArrowExtensionArray(absent)
    rows = only(rows, verdict.good)
    file_ids = np.repeat([block.file_id for block in batch], [len(p.lines) for p in parsed])
    rows["_file_id"] = file_ids[verdict.good]
    return rows.reset_index()  # the lines become the column _row


def _absent(dataset: Dataset, batch: list[ledger.BlockToLoad]) -> list[str]:
    """The columns that no block's header has; a format without headers has all columns."""
    if dataset.prepare:  # which may fill any column
        return []
    headers = {None if block.columns is None else tuple(block.columns) for block in batch}
    if None in headers:
        return []
    columns = dataset.file_columns
    present = {name for found in headers for name in header.matched(found or (), columns)}
    return [column.name for column in columns if column.name not in present]


def _write_down(
    connection: Connection,
    dataset: Dataset,
    batch: list[ledger.BlockToLoad],
    parsed: list[Parsed],
    refused: list[list[Refused]],
) -> list[ledger.BlockCounts]:
    """Write refused records to the quarantine, and mark the blocks as loaded with counts."""
    pairs = list(zip(batch, parsed, refused, strict=True))
    records = [(block.file_id, record) for block, _, bad in pairs for record in bad]
    ledger.quarantine_records(connection, dataset.name, records)
    counts = [
        _counts(block, p.records, len(p.lines) + len(p.refused), len(bad))
        for block, p, bad in pairs
    ]
    ledger.mark_loaded(connection, counts)
    lacked = {b.file_id: p.absent.unique().to_pylist() for b, p, _ in pairs if p.absent is not None}
    ledger.add_absent_columns(connection, lacked)
    unknown = {b.file_id: header.unknown_notes(dataset, p) for b, p, _ in pairs if p.unknown}
    repeated = Counter[int]()
    for block, p, _ in pairs:
        repeated[block.file_id] += p.repeated_headers
    ledger.count_repeated_headers(connection, +repeated)
    paths = {block.file_id: block.path for block in batch}
    for file_id in ledger.add_notes(connection, unknown):
        log.warning("%s: %s", paths[file_id], "; ".join(unknown[file_id]))
    return counts


def _parse(dataset: Dataset, block: ledger.BlockToLoad) -> Parsed:
    data = b""
    if block.last_byte:  # a file whose block has no bytes is not opened
        reader = reader_of(dataset, block.path)
        source = reader.open(block.source(dataset.name), block.file_id)
        data = content.read_range(source, block.first_byte, block.last_byte)
    if dataset.mirror and landing.has_changed(Path(block.location), block.etag):
        raise RejectFile("the file changed while it was read")
    dialect = from_json(block.dialect) if block.dialect else None
    etag = block.etag or ""
    return parse(dataset, block.path, data, block.first_line, block.columns, etag, dialect)


def _needs_text(dataset: Dataset, rows: pd.DataFrame) -> bool:
    """Whether a column holds values that only the server can read: JSON, or very long numbers."""
    if dataset.unknown_columns == "keep" or too_long(dataset.columns, rows):
        return True
    return any(isinstance(column, AS_TEXT) for column in dataset.columns)


def _counts(block: ledger.BlockToLoad, records: int, seen: int, bad: int) -> ledger.BlockCounts:
    if records != seen:
        raise RejectFile(
            f"from line {block.first_line}: {records:,} records, but the parser saw {seen:,}"
        )
    return ledger.BlockCounts(block.file_id, block.block_no, records, records - bad, bad)
