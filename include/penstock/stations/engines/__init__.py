"""Where blocks are loaded: in this process, or in a pool of processes."""

from penstock.settings import settings
from penstock.stations.engines import in_process, pool
from penstock.stations.held import count_deaths
from penstock.stations.load import OnBatch
from penstock.stations.plan import Part


def run(dataset: str, part: Part, on_batch: OnBatch) -> None:
    """Load every free block of `part`; what fits one block is not worth a pool."""
    count_deaths()
    small = part["bytes"] <= settings().block_bytes or settings().workers == 1
    engine = in_process if small or settings().engine == "in_process" else pool
    engine.run(dataset, part, on_batch)
