"""The second station: blocks into staging and quarantine, one transaction a batch of blocks.

A batch is one large block, or many small files' blocks together. What is done is marked done in the
transaction that did it, so nothing is lost or doubled wherever a worker stops.
"""

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.arrays import ArrowExtensionArray
from psycopg import Connection, sql

from penstock import datasets
from penstock.declare.columns import AS_TEXT
from penstock.declare.dataset import Dataset
from penstock.declare.formats import ABSENT, EXTRA
from penstock.errors import PenstockError, RejectFile, faults
from penstock.errors.faults import Fault
from penstock.files import content, landing
from penstock.files.content import Source
from penstock.formats import header
from penstock.formats.dialect import from_json
from penstock.formats.frames import only
from penstock.formats.parse import parse
from penstock.formats.parsed import Parsed, Refused, joined, joined_absent
from penstock.ledger import ledger, validations, waiting
from penstock.ledger.ledger import BlockCounts, BlockToLoad
from penstock.settings import settings
from penstock.stations.clock import Clock
from penstock.stations.copy import copy_rows, encode
from penstock.stations.held import Note
from penstock.stations.plan import Part
from penstock.validate import Verdict, validate
from penstock.validate.cast import too_long
from penstock.validate.prepare import prepare
from penstock.validate.refused import first_rows, refused_records
from penstock.validate.tally import tally
from penstock.warehouse.connect import connect

log = logging.getLogger(__name__)
_MOST_BLOCKS = 1000  # of small files, in one batch


@dataclass
class LoadReport:
    """What was loaded, and where the time went (seconds by station, summed over workers)."""

    blocks: int = 0
    bytes: int = 0
    rows_good: int = 0
    rows_bad: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, other: "LoadReport") -> None:
        """Count what `other` counts."""
        self.blocks += other.blocks
        self.bytes += other.bytes
        self.rows_good += other.rows_good
        self.rows_bad += other.rows_bad
        for station, taken in other.seconds.items():
            self.seconds[station] = self.seconds.get(station, 0.0) + taken


OnBatch = Callable[[LoadReport], None]


def load(dataset: str, part: Part, on_progress: OnBatch = lambda _: None) -> LoadReport:
    """Load every unloaded block of `part` with the engine that the settings name.

    `on_progress` is told of each batch as it is committed.

    Raises:
        HostFault: a loading process failed or was killed.
        psycopg.Error: the warehouse failed. What was not loaded is free for the next attempt.
    """
    from penstock.stations import engines

    total = LoadReport()

    def count(batch: LoadReport) -> None:
        total.add(batch)
        on_progress(total)

    engines.run(dataset, part, count)
    if total.blocks < part["blocks"]:
        _check_none_is_left(dataset, part)
    return total


def _check_none_is_left(dataset: str, part: Part) -> None:
    """Fewer blocks were reported than planned: others may have loaded them, or hold them."""
    with connect("loader") as connection:
        left = ledger.claim_blocks(connection, dataset, part["first"], part["last"], 1)
    if left:
        where = f"block {left[0].block_no} of file {left[0].file_id}"
        raise PenstockError(f"not all of {part['blocks']:,} blocks were loaded: {where} was not")


def drain(dataset: str, part: Part, on_batch: OnBatch, note: Note | None = None) -> None:
    """Load batches of `part` until no block is free; any number of processes may do so at once.

    `note` tells which files this process holds, should it be killed.
    """
    declared = datasets.get(dataset)
    note = note or Note()
    with note.kept(), connect("loader") as connection:
        suite_id = validations.keep_suite(connection, declared)
        connection.commit()
        for batch in _batches(connection, dataset, part):
            note.write(dataset, sorted({block.file_id for block in batch}))
            report = _load_or_isolate(connection, declared, suite_id, batch)
            connection.commit()
            on_batch(report)


def _batches(connection: Connection, dataset: str, part: Part) -> Iterator[list[BlockToLoad]]:
    """Claim batches until no block is free; what failed before comes last, block by block."""
    ends = part["first"], part["last"]
    while batch := ledger.claim_blocks(connection, dataset, *ends, _batch_size(part)):
        yield batch
    while batch := ledger.claim_blocks(connection, dataset, *ends, 1, tried=True):
        yield batch


def _batch_size(part: Part) -> int:
    average = max(part["bytes"] / part["blocks"], 1)  # a listing has no bytes
    return int(np.clip(settings().block_bytes / average, 1, _MOST_BLOCKS))


def _load_or_isolate(
    connection: Connection, dataset: Dataset, suite_id: str, batch: list[BlockToLoad]
) -> LoadReport:
    """Load a batch; when it fails, its halves, so that only the culprit's file is held up."""
    try:
        with connection.transaction():  # a savepoint: a failure keeps the claim on the blocks
            return _load(connection, dataset, suite_id, batch)
    except Exception as error:
        if faults.sort(error) is Fault.WAREHOUSE:
            raise  # the blocks stay free for the next attempt
        if len(batch) == 1:
            _give_up(connection, dataset, batch[0], error)
            return LoadReport()
    middle = len(batch) // 2
    report = _load_or_isolate(connection, dataset, suite_id, batch[:middle])
    report.add(_load_or_isolate(connection, dataset, suite_id, batch[middle:]))
    return report


def _give_up(
    connection: Connection, dataset: Dataset, block: BlockToLoad, error: Exception
) -> None:
    """One block cannot be loaded: its file is outdated, rejected, or waits."""
    if _has_changed(dataset, block):
        log.info("%s: changed while it was read", block.location)
        ledger.outdated(connection, block.file_id)
    elif faults.sort(error) is Fault.FILE:
        log.warning("%s: rejected: %s", block.location, faults.line(error))
        ledger.refuse(connection, {block.file_id: faults.line(error)})
    else:
        trouble = waiting.trouble(error, block.location)
        waiting.hold(connection, dataset.name, {block.file_id: trouble})


def _has_changed(dataset: Dataset, block: BlockToLoad) -> bool:
    with contextlib.suppress(OSError):  # then the fault that brought us here is what is told
        return dataset.mirror and landing.has_changed(Path(block.location), block.etag)
    return False


def _load(
    connection: Connection, dataset: Dataset, suite_id: str, batch: list[BlockToLoad]
) -> LoadReport:
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
    validations.keep(connection, suite_id, batch, tally(dataset, verdict, first_rows(parsed)))
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
    batch: list[BlockToLoad],
    parsed: list[Parsed],
    verdict: Verdict,
    given: pd.DataFrame,
) -> pd.DataFrame:
    """The rows to be staged, with where they come from.

    A column that no file of the batch has is left out: staging's default says the same for less.
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


def _absent(dataset: Dataset, batch: list[BlockToLoad]) -> list[str]:
    """The columns that are in the header of no block; a format without headers has them all."""
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
    batch: list[BlockToLoad],
    parsed: list[Parsed],
    refused: list[list[Refused]],
) -> list[BlockCounts]:
    """Keep what was refused, and say that the blocks are loaded, with what became of them."""
    pairs = list(zip(batch, parsed, refused, strict=True))
    records = [(block.file_id, record) for block, _, told in pairs for record in told]
    ledger.quarantine(connection, dataset.name, records)
    counts = [
        _counts(block, p.records, len(p.lines) + len(p.refused), len(told))
        for block, p, told in pairs
    ]
    ledger.loaded(connection, counts)
    lacked = {b.file_id: p.absent.unique().to_pylist() for b, p, _ in pairs if p.absent is not None}
    ledger.lacked(connection, lacked)
    unknown = {b.file_id: header.unknown_notes(dataset, p) for b, p, _ in pairs if p.unknown}
    repeated = Counter[int]()
    for block, p, _ in pairs:
        repeated[block.file_id] += p.repeated_headers
    ledger.note_repeated_headers(connection, +repeated)
    paths = {block.file_id: block.path for block in batch}
    for file_id in ledger.note_once(connection, unknown):
        log.warning("%s: %s", paths[file_id], "; ".join(unknown[file_id]))
    return counts


def _parse(dataset: Dataset, block: BlockToLoad) -> Parsed:
    place, data = Path(block.location), b""
    if block.last_byte:  # a listing's block has no bytes
        source = Source.of(dataset, block.path, block.source(dataset.name), block.file_id)
        data = content.read_range(source, block.first_byte, block.last_byte)
    if dataset.mirror and landing.has_changed(place, block.etag):
        raise RejectFile("the file changed while it was read")
    dialect = from_json(block.dialect) if block.dialect else None
    etag = block.etag or ""
    return parse(dataset, block.path, data, block.first_line, block.columns, etag, dialect)


def _needs_text(dataset: Dataset, rows: pd.DataFrame) -> bool:
    """Whether a column holds as text what is none: JSON, say, or numbers not of Arrow's."""
    if dataset.unknown_columns == "keep" or too_long(dataset.columns, rows):
        return True
    return any(isinstance(column, AS_TEXT) for column in dataset.columns)


def _counts(block: BlockToLoad, records: int, seen: int, bad: int) -> BlockCounts:
    if records != seen:
        raise RejectFile(
            f"from line {block.first_line}: {records:,} records, but the parser saw {seen:,}"
        )
    return BlockCounts(block.file_id, block.block_no, records, records - bad, bad)
