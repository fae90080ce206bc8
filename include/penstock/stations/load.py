"""The second station: load a part with the engine that the settings name.

An engine decides which processes run the loop over batches (`batches.drain`).
"""

from penstock import ledger
from penstock.errors import PenstockError
from penstock.settings import settings
from penstock.stations.batch import LoadReport
from penstock.stations.batches import OnBatch
from penstock.stations.engines import in_process, pool
from penstock.stations.held import count_deaths
from penstock.stations.plan import Part
from penstock.warehouse.connect import connect


def load(dataset: str, part: Part, on_progress: OnBatch = lambda _: None) -> LoadReport:
    """Load every unloaded block of `part`.

    `on_progress` is called with the totals so far after each batch is committed.

    Raises:
        HostFault: a loading process failed or was killed.
        PenstockError: a free block of the part was not loaded.
        psycopg.Error: the warehouse failed. What was not loaded is free for the next attempt.
    """
    total = LoadReport()

    def count(batch: LoadReport) -> None:
        total.add(batch)
        on_progress(total)

    count_deaths()
    engine = pool if _needs_pool(part) else in_process
    engine.run(dataset, part, count)
    if total.blocks < part["blocks"]:
        _check_none_is_left(dataset, part)
    return total


def _needs_pool(part: Part) -> bool:
    """Whether to load in several processes: a part of one block is not worth starting them."""
    if settings().engine == "in_process" or settings().workers == 1:
        return False
    return part["bytes"] > settings().block_bytes


def _check_none_is_left(dataset: str, part: Part) -> None:
    """Raise unless other processes loaded, or hold, the blocks that were not loaded here."""
    with connect("loader") as connection:
        left = ledger.claim_blocks(connection, dataset, part["first"], part["last"], 1)
    if left:
        where = f"block {left[0].block_no} of file {left[0].file_id}"
        raise PenstockError(f"not all of {part['blocks']:,} blocks were loaded: {where} was not")
