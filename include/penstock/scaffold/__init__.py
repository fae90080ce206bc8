"""`penstock new dataset`: from sample files to the skeleton of all that a dataset has.

What it writes passes the contract test (tests/unit/datasets/test_contract.py), loads, and builds.
Its author adds what it cannot know: the meaning of the columns and the rules of the domain.
"""

from collections.abc import Sequence
from pathlib import Path

from penstock.errors import PenstockError
from penstock.scaffold.sample import Sample, read
from penstock.scaffold.skeleton import Skeleton
from penstock.settings import settings
from penstock.settings.checkout import ROOT

__all__ = ["Sample", "new_dataset", "read", "skeleton"]


def skeleton(name: str, sample: Sample, root: Path | None = None) -> Skeleton:
    """The skeleton of a dataset `name`, to be written where datasets are.

    That is the checkout at `root`; else the first folder of PENSTOCK_DATASETS; else the checkout
    that this runs from.

    Raises:
        PenstockError: none of these exists.
    """
    own = settings().datasets
    if root is None and own:
        return Skeleton(name, sample, Path(own.split(":")[0]), outside=True)
    if root is None and not (ROOT / "tests").is_dir():
        raise PenstockError("set PENSTOCK_DATASETS to a folder for datasets of your own")
    return Skeleton(name, sample, (root or ROOT).absolute())


def new_dataset(name: str, samples: Sequence[Path], root: Path | None = None) -> list[Path]:
    """Write the skeleton of a dataset `name`, see `skeleton`; returns what was written.

    Raises:
        PenstockError: the name or a sample will not do, or something of that name is there.
    """
    return skeleton(name, read(name, *samples), root).write()
