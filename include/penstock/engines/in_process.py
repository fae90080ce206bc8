"""Loads in the calling process."""

from penstock.engines.memory import keep_freed_memory
from penstock.load import OnBatch, drain
from penstock.plan import Part


def run(dataset: str, part: Part, on_batch: OnBatch) -> None:
    """Load every free block of `part`, one batch after the other."""
    keep_freed_memory()
    drain(dataset, part, on_batch)
