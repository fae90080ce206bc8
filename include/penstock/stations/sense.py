"""Whether there is work: files that have arrived, or that have not reached the marts yet."""

from collections.abc import Collection

from penstock import datasets, ledger
from penstock.arrivals import mirror
from penstock.declare.dataset import Dataset
from penstock.files import landing, settling
from penstock.warehouse.connect import connect


def arrived(dataset: str) -> bool:
    """Whether the landing zone holds a complete file to plan, or a mirror has changed.

    Raises:
        PenstockError: the folder of a mirror cannot be read.
        OSError: no file was found, but a part of the landing zone cannot be read.
    """
    declared = datasets.get(dataset)
    if not declared.mirror:
        return settling.anything_settled(declared, lambda: _held_paths(dataset))
    with connect("reader", autocommit=True) as connection:
        return bool(mirror.changes(connection, declared))


def unfinished(dataset: str) -> bool:
    """Whether files are in flight or not in the marts yet; those that wait count once due."""
    with connect("reader", autocommit=True) as connection:
        return ledger.has_unfinished(connection, dataset)


def unsealed(dataset: Dataset, landed: Collection[str]) -> bool:
    """Whether files of `dataset` are still to be sealed; those that wait count once due.

    `landed` are paths in the landing zone that count until they are taken from there.
    """
    if dataset.mirror and arrived(dataset.name):
        return True
    with connect("reader") as connection:
        if any(
            file.is_due for file in ledger.files_in(connection, dataset.name, *ledger.IN_FLIGHT)
        ):
            return True
        held = ledger.held_paths(connection, dataset.name)
    return bool(_untaken(dataset, {*landed} - held))


def unfinished_paths(dataset: Dataset, paths: Collection[str]) -> set[str]:
    """Those of `paths` that are not taken yet, or of which a version is not in the marts."""
    with connect("reader") as connection:
        finished = ledger.finished_paths(connection, dataset.name, list(paths))
    return {*paths} - finished | _untaken(dataset, paths)


def _untaken(dataset: Dataset, paths: Collection[str]) -> set[str]:
    """Those of `paths` that are in the landing zone still; files of a mirror stay there."""
    folder = landing.folder(dataset)
    return set() if dataset.mirror else {path for path in paths if (folder / path).exists()}


def _held_paths(dataset: str) -> set[str]:
    with connect("reader", autocommit=True) as connection:
        return ledger.held_paths(connection, dataset)
