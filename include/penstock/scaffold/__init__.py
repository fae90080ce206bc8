"""`penstock new dataset`: from sample files to the skeleton of all that a dataset has.

What it writes passes the contract test (tests/unit/test_contract.py), loads, and builds; what it
cannot know, the meaning of the columns and the rules of the domain, is left to its author.
"""

from collections.abc import Sequence
from pathlib import Path

from penstock.scaffold.sample import Sample, read
from penstock.scaffold.skeleton import Skeleton

__all__ = ["ROOT", "Sample", "Skeleton", "new_dataset", "read"]

ROOT = Path(__file__).parents[3]


def new_dataset(name: str, samples: Sequence[Path], root: Path = ROOT) -> list[Path]:
    """Write the skeleton of a dataset `name` into the checkout at `root`; returns what was written.

    Raises:
        PenstockError: the name or a sample will not do, or something of that name is there.
    """
    return Skeleton(name, read(name, *samples), root).write()
