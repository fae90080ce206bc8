"""The datasets, a file each. A module here that holds a `Dataset` registers it, nothing else.

Others are declared outside the package: see `penstock.declare.outside`.
"""

import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from penstock.declare import outside
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError
from penstock.settings import settings

_only: dict[str, Dataset] = {}


@dataclass(frozen=True)
class _Known:
    """What is declared, what cannot be read and why, and where that from outside stands."""

    datasets: dict[str, Dataset]
    broken: dict[str, str]
    folders: tuple[Path, ...]


def all_datasets() -> dict[str, Dataset]:
    """Every declared dataset by name, in the order of their names."""
    return _only or _known(settings().datasets).datasets


@contextmanager
def only(*declared: Dataset) -> Iterator[None]:
    """Make these all the datasets there are, in this process and its forks, for a block."""
    global _only
    before, _only = _only, {dataset.name: dataset for dataset in declared}
    try:
        yield
    finally:
        _only = before


def broken() -> dict[str, str]:
    """What is wrong with each declaration that cannot be read, by its name."""
    return _known(settings().datasets).broken


def folders() -> tuple[Path, ...]:
    """The folders of the datasets that are declared outside the package."""
    return _known(settings().datasets).folders


def get(name: str) -> Dataset:
    """The dataset called `name`; one that was declared since the process began is found.

    Raises:
        PenstockError: there is none, and the message lists those there are, or it is broken.
    """
    if name not in all_datasets():
        _known.cache_clear()
    try:
        return all_datasets()[name]
    except KeyError:
        if why := broken().get(name):
            raise PenstockError(f"dataset {name} is broken: {why}") from None
        known = ", ".join(all_datasets())
        raise PenstockError(f"unknown dataset {name!r}; known are: {known}") from None


def landing_with(dataset: Dataset) -> list[Dataset]:
    """The datasets whose files land in the folder of `dataset`: itself, and those that share it."""
    return [other for other in all_datasets().values() if other.folder == dataset.folder]


@cache
def _known(own: str | None) -> _Known:
    found: dict[str, Dataset] = {}
    wrong: dict[str, str] = {}
    for module in pkgutil.iter_modules(__path__):
        try:
            declared = vars(import_module(f"{__name__}.{module.name}")).values()
            found |= {d.name: d for d in declared if isinstance(d, Dataset)}
        except Exception as error:  # one that is broken stops no other
            wrong[module.name] = outside.describe(error)
    places: list[Path] = []
    for folder in outside.find(own, wrong):
        try:
            found |= outside.read(folder, found, places)
            places.append(folder)
        except Exception as error:
            wrong[folder.name] = outside.describe(error)
    return _Known(dict(sorted(found.items())), wrong, tuple(places))
