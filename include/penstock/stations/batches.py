"""The loop of one loading process: claim batches of blocks and load them until none is free.

When a batch fails, its halves are tried, so that only the file at fault is held up.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from psycopg import Connection

from penstock import datasets, ledger
from penstock.declare.dataset import Dataset
from penstock.errors import faults
from penstock.errors.faults import Fault
from penstock.files import landing
from penstock.settings import settings
from penstock.stations.batch import LoadReport, load_batch
from penstock.stations.held import Note
from penstock.stations.plan import Part
from penstock.warehouse.connect import connect

log = logging.getLogger(__name__)
_MOST_BLOCKS = 1000  # of small files, in one batch

OnBatch = Callable[[LoadReport], None]
"""Called after each batch is committed."""


def drain(dataset: str, part: Part, on_batch: OnBatch, note: Note | None = None) -> None:
    """Load batches of `part` until no block is free; any number of processes may run this at once.

    `note` records on disk which files this process holds, in case it is killed.
    """
    declared = datasets.get(dataset)
    note = note or Note()
    with note.kept(), connect("loader") as connection:
        suite_id = ledger.keep_suite(connection, declared)
        connection.commit()
        for batch in _batches(connection, dataset, part):
            note.write(dataset, sorted({block.file_id for block in batch}))
            report = _load_or_isolate(connection, declared, suite_id, batch)
            connection.commit()
            on_batch(report)


def _batches(
    connection: Connection, dataset: str, part: Part
) -> Iterator[list[ledger.BlockToLoad]]:
    """Claim batches until no block is free; blocks that failed before come last, one at a time."""
    ends = part["first"], part["last"]
    while batch := ledger.claim_blocks(connection, dataset, *ends, _batch_size(part)):
        yield batch
    while batch := ledger.claim_blocks(connection, dataset, *ends, 1, tried=True):
        yield batch


def _batch_size(part: Part) -> int:
    average = max(part["bytes"] / part["blocks"], 1)  # blocks of a listing have no bytes
    return int(np.clip(settings().block_bytes / average, 1, _MOST_BLOCKS))


def _load_or_isolate(
    connection: Connection, dataset: Dataset, suite_id: str, batch: list[ledger.BlockToLoad]
) -> LoadReport:
    """Load a batch; if it fails, load its halves, so that only the file at fault is held up."""
    try:
        with connection.transaction():  # a savepoint: a failure keeps the claim on the blocks
            return load_batch(connection, dataset, suite_id, batch)
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
    connection: Connection, dataset: Dataset, block: ledger.BlockToLoad, error: Exception
) -> None:
    """Mark the file of a block that cannot be loaded as outdated, rejected or waiting."""
    if _has_changed(dataset, block):
        log.info("%s: changed while it was read", block.location)
        ledger.supersede(connection, block.file_id)
    elif faults.sort(error) is Fault.FILE:
        log.warning("%s: rejected: %s", block.location, faults.line(error))
        ledger.reject(connection, {block.file_id: faults.line(error)})
    else:
        trouble = ledger.to_trouble(error, block.location)
        ledger.hold_files(connection, dataset.name, {block.file_id: trouble})


def _has_changed(dataset: Dataset, block: ledger.BlockToLoad) -> bool:
    with contextlib.suppress(OSError):  # then report the error that led here
        return dataset.mirror and landing.has_changed(Path(block.location), block.etag)
    return False
