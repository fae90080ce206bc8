"""The datasets, one module each. A `Dataset` in a module of this package is registered.

For datasets outside the package see `penstock.declare.outside`.
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
    """The declared datasets, the errors of broken declarations, and the folders outside."""

    datasets: dict[str, Dataset]
    broken: dict[str, str]
    folders: tuple[Path, ...]


def all_datasets() -> dict[str, Dataset]:
    """Every declared dataset by name, sorted by name."""
    return _only or _known(settings().datasets).datasets


@contextmanager
def only(*declared: Dataset) -> Iterator[None]:
    """Use only these datasets inside a `with` block, in this process and its forks."""
    global _only
    before, _only = _only, {dataset.name: dataset for dataset in declared}
    try:
        yield
    finally:
        _only = before


def broken() -> dict[str, str]:
    """The error of each declaration that cannot be read, by its name."""
    return _known(settings().datasets).broken


def folders() -> tuple[Path, ...]:
    """The folders of the datasets that are declared outside the package."""
    return _known(settings().datasets).folders


def get(name: str) -> Dataset:
    """The dataset called `name`; finds datasets that were declared after the process started.

    Raises:
        PenstockError: no such dataset (the message lists the known ones), or it is broken.
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
    """The datasets that share the landing folder of `dataset`, including itself."""
    return [other for other in all_datasets().values() if other.folder == dataset.folder]


@cache
def _known(own: str | None) -> _Known:
    found: dict[str, Dataset] = {}
    wrong: dict[str, str] = {}
    for module in pkgutil.iter_modules(__path__):
        try:
            declared = vars(import_module(f"{__name__}.{module.name}")).values()
            found |= {d.name: d for d in declared if isinstance(d, Dataset)}
        except Exception as error:  # a broken dataset does not stop the others
            wrong[module.name] = outside.describe(error)
    places: list[Path] = []
    for folder in outside.find(own, wrong):
        try:
            found |= outside.read(folder, found, places)
            places.append(folder)
        except Exception as error:
            wrong[folder.name] = outside.describe(error)
    return _Known(dict(sorted(found.items())), wrong, tuple(places))
