"""Mirrors: datasets whose files stay in the landing folder, so that rows follow what is there.

A file is known by its path and etag. A new etag is a new version; a file that is gone takes its
rows with it. So nothing may pass for an empty folder that is none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg import Connection

from penstock import landing, ledger
from penstock.dataset import Dataset
from penstock.errors import PenstockError
from penstock.landing import Landed
from penstock.ledger import Claim
from penstock.writers import Look


@dataclass(frozen=True)
class Changes:
    """What a folder holds that the ledger does not know, and the paths it holds no longer."""

    arrived: list[Landed]
    gone: list[str]

    def __bool__(self) -> bool:
        return bool(self.arrived or self.gone)


def changes(connection: Connection, dataset: Dataset) -> Changes:
    """Compare the folder of `dataset` with the ledger.

    Raises:
        PenstockError: the folder cannot be read, or seems not to be mounted.
    """
    known = ledger.known(connection, dataset.name)
    folder = landing.root() / dataset.folder
    try:
        _check_is_there(connection, dataset, folder, known)
        there = list(landing.listing(dataset))
    except OSError as error:
        raise PenstockError(f"{folder} cannot be read: {error.strerror}") from error
    look = Look()
    arrived = [f for f in _unknown(there, known) if landing.is_settled(dataset, f, look)]
    names = {landing.readable(file.path) for file in there}
    return Changes(arrived, [path for path in known if path not in names])


def claim(connection: Connection, dataset: Dataset) -> None:
    """Claim what is registered, where it is; what has changed since is registered anew later."""
    waiting = ledger.files_in(connection, dataset.name, "registered")
    folder = landing.root() / dataset.folder
    changed = {f.file_id for f in waiting if landing.has_changed(folder / f.path, f.etag)}
    refused = {
        file.file_id: "the name is not UTF-8, and a mirror's files are not renamed"
        for file in waiting
        if landing.ESCAPE in file.path and not (folder / file.path).exists()
    }
    ledger.refuse(connection, refused)
    ledger.forget(connection, list(changed - refused.keys()))
    there = [Claim(f.file_id, folder / f.path) for f in waiting if f.file_id not in changed]
    ledger.claimed(connection, there)


def _unknown(there: list[Landed], known: Mapping[str, str]) -> Iterator[Landed]:
    return (file for file in there if known.get(landing.readable(file.path)) != file.etag)


def _check_is_there(
    connection: Connection, dataset: Dataset, folder: Path, known: Mapping[str, str]
) -> None:
    if not known:
        folder.mkdir(parents=True, exist_ok=True)
        return
    held = f"it held {len(known):,} files of {dataset.name}"
    if not folder.is_dir():
        raise PenstockError(f"{folder} is not there, but {held}: is it mounted?")
    # To lose its last file changes a folder. One unchanged since before they came never had them.
    is_older = folder.stat().st_mtime < ledger.last_registered(connection, dataset.name)
    if is_older and not any(folder.iterdir()):
        raise PenstockError(f"{folder} is empty and always was, but {held}: is it mounted?")
