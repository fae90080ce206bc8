"""Loads in the calling process."""

from penstock.load import OnBatch, drain
from penstock.plan import Part


def run(dataset: str, part: Part, on_batch: OnBatch) -> None:
    """Load every free block of `part`, one batch after the other."""
    drain(dataset, part, on_batch)
