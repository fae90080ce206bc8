"""The models and marts that depend on a dataset, read from the text of the models.

DAG files import this module, so it does not import dbt, which takes seconds.
"""

from functools import cache
from pathlib import Path

from penstock import datasets
from penstock.errors import PenstockError
from penstock.marts import contracts, project


@cache
def models(dataset: str) -> frozenset[Path]:
    """The files of the `stg_` model of `dataset` and of all models downstream of it."""
    return frozenset(project.made_of({f"stg_{dataset}"}))


def marts(dataset: str) -> tuple[str, ...]:
    """The marts that a build of `dataset` updates, sorted."""
    return tuple(sorted({mart for name in built_with(dataset) for mart in _made_of(name)}))


def mart_models(dataset: str) -> list[Path]:
    """The files of the models of `marts`, sorted by name."""
    found = {path.stem: path for name in built_with(dataset) for path in models(name)}
    return [found[mart] for mart in marts(dataset)]


@cache
def built_with(dataset: str) -> tuple[str, ...]:
    """The datasets that are built together with `dataset`, including itself, sorted."""
    found = {dataset}
    while more := {
        name
        for name in datasets.all_datasets().keys() - found
        if any(_made_of(name) & _made_of(other) for other in found)
    }:
        found |= more
    return tuple(sorted(found))


@cache
def mart_of_rows(dataset: str) -> tuple[str | None, str | None]:
    """The relation with the rows of `dataset`, and what happened to the rows that it lacks.

    They come from a model's `meta`: `rows_of: <dataset>`, and `others: replaced` or `deduplicated`
    if the relation does not keep every row.
    """
    for path in sorted(models(dataset)):
        meta = contracts.model(path).get("config", {}).get("meta", {})
        if meta.get("rows_of") == dataset:
            return contracts.relation(path), meta.get("others")
    return None, None


def broken() -> dict[str, str]:
    """The error of each dataset whose declaration or contracts cannot be read, by name."""
    found = dict(datasets.broken())
    for name in datasets.all_datasets():
        try:
            for path in sorted(models(name)):
                contracts.model(path)
        except PenstockError as error:
            found[name] = str(error)
    return found


@cache
def _made_of(dataset: str) -> frozenset[str]:
    """The marts that depend on `dataset`."""
    return frozenset(path.stem for path in models(dataset) if project.is_mart(path))
