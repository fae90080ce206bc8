"""Rebuild a warehouse from the archived files alone, if there is no backup of the database."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from penstock import datasets, ledger
from penstock.arrivals import claim, retracted
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError
from penstock.files import landing
from penstock.marts import build
from penstock.stations.run import stage
from penstock.warehouse.connect import connect

OnFiles = Callable[[str, int], None]
"""Called with a dataset and how many of its files are loaded."""
_AT_ONCE = 1000  # files that load together


def rebuild(archive: Path, on_files: OnFiles = lambda *_: None) -> None:
    """Load every file of an `archive/` folder in the order of arrival, and build the marts.

    Files that were retracted are left out.

    For a fresh warehouse, while nothing else runs. The files of mirrors are in the landing zone and
    load from there. If it is interrupted, begin again with a fresh warehouse.

    Raises:
        PenstockError: the warehouse is not empty, or a file cannot be loaded.
    """
    kept = [dataset for dataset in datasets.all_datasets().values() if not dataset.mirror]
    if not archive.is_dir():
        raise PenstockError(f"{archive}: no such folder")
    with connect("reader") as connection:
        if ledger.list_files(connection, limit=1):
            raise PenstockError("the warehouse has files already; rebuild into a fresh one")
    for dataset in kept:
        done = 0
        for together in _together(dataset, archive / dataset.name):
            _load(dataset, together)
            done += len(together)
            on_files(dataset.name, done)
    for dataset in kept:
        build.build(dataset.name)


def _together(dataset: Dataset, folder: Path) -> Iterator[dict[str, Path]]:
    """Path and place of files in the order of their ids, one version of a path at a time."""
    together: dict[str, Path] = {}
    for path, place in _files(dataset, folder):
        if path in together or len(together) == _AT_ONCE:
            yield together
            together = {}
        together[path] = place
    if together:
        yield together


def _files(dataset: Dataset, folder: Path) -> Iterator[tuple[str, Path]]:
    numbered = [f for f in folder.iterdir() if f.name.isdecimal()] if folder.is_dir() else []
    counting = (f for f in numbered if not retracted.is_noted(f))
    in_order = sorted(counting, key=lambda f: int(f.name))
    for place in chain.from_iterable(sorted(f.rglob("*")) for f in in_order):
        path = "/".join(place.relative_to(folder).parts[1:])
        if place.is_file() and dataset.accepts(path) and not dataset.unpacks(path):
            yield path, place


def _load(dataset: Dataset, together: dict[str, Path]) -> None:
    landed = []
    for path, place in together.items():
        target = landing.folder(dataset) / path
        claim.copy(place, target)
        landed.append(landing.stat_file(path, target))
    with connect("loader") as connection:
        ledger.register(connection, dataset.name, landed, None)  # the plan finds them in this order
    stage(dataset.name)
    with connect("reader") as connection:
        if left := ledger.files_in(connection, dataset.name, *ledger.IN_FLIGHT):
            raise PenstockError(
                f"{left[0].path} is not loaded: see `penstock files {dataset.name}`"
            )
