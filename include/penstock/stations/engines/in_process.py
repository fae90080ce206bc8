"""The engine that loads in the calling process."""

from penstock.stations.batches import OnBatch, drain
from penstock.stations.engines.memory import keep_freed_memory
from penstock.stations.plan import Part


def run(dataset: str, part: Part, on_batch: OnBatch) -> None:
    """Load every free block of `part`, one batch after the other."""
    keep_freed_memory()
    drain(dataset, part, on_batch)
