"""The datasets, a file each. A module here that holds a `Dataset` registers it, nothing else."""

import pkgutil
from functools import cache
from importlib import import_module

from penstock.dataset import Dataset
from penstock.errors import PenstockError


@cache
def all_datasets() -> dict[str, Dataset]:
    """Every declared dataset by name, in the order of their names."""
    modules = [import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    found = [d for m in modules for d in vars(m).values() if isinstance(d, Dataset)]
    return {d.name: d for d in sorted(found, key=lambda d: d.name)}


def get(name: str) -> Dataset:
    """The dataset called `name`.

    Raises:
        PenstockError: there is none; the message lists those there are.
    """
    try:
        return all_datasets()[name]
    except KeyError:
        known = ", ".join(all_datasets())
        raise PenstockError(f"unknown dataset {name!r}; known are: {known}") from None


def landing_with(dataset: Dataset) -> list[Dataset]:
    """The datasets whose files land in the folder of `dataset`: itself, and those that share it."""
    return [other for other in all_datasets().values() if other.folder == dataset.folder]
