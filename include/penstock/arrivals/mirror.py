"""Mirrors: datasets whose files stay in the landing folder, and whose rows follow the files.

A file is identified by path and etag. A new etag is a new version; if a file is deleted, its rows
are retracted. An unreadable or unmounted folder must not count as empty. If many files are gone at
once, a person must approve the deletion.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from psycopg import Connection

from penstock import ledger
from penstock.arrivals import mirror_folder
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError
from penstock.files import landing, settling
from penstock.files.landing import LandedFile
from penstock.files.names import ESCAPE, readable
from penstock.files.writers import Look
from penstock.warehouse.connect import connect

log = logging.getLogger(__name__)


HOLD = "mirror_hold"
"""The kind of the incident that is open while deletions wait for approval."""
_FEW = 10  # with fewer known files, all may be deleted without approval


@dataclass(frozen=True)
class Changes:
    """How a folder differs from the ledger: new files and deleted paths.

    The deleted paths are in `held` if a person must approve the deletion, and in `gone` otherwise.
    `known` is the number of files in the ledger. `is_reported`: an incident for the hold is open.
    """

    arrived: list[LandedFile]
    gone: list[str]
    held: list[str]
    known: int
    is_reported: bool

    def __bool__(self) -> bool:
        return bool(self.arrived or self.gone) or bool(self.held) != self.is_reported


def changes(connection: Connection, dataset: Dataset) -> Changes:
    """Compare the folder of `dataset` with the ledger.

    Raises:
        PenstockError: the folder cannot be read, or is not the folder that was set up.
    """
    known = ledger.known_etags(connection, dataset.name)
    folder = landing.root() / dataset.folder
    mirror_folder.check(connection, dataset)
    try:
        there = list(landing.list_files(dataset))
    except OSError as error:
        raise PenstockError(f"{folder} cannot be read: {error.strerror}") from error
    look = Look()
    arrived = [f for f in _unknown(there, known) if settling.is_settled(dataset, f, look)]
    names = {readable(file.path) for file in there}
    gone = [path for path in known if path not in names]
    is_large = len(known) >= _FEW and len(gone) > dataset.hold_when_gone * len(known)
    is_held = is_large and not ledger.approved_loss(connection, dataset.name).issuperset(gone)
    is_reported = any(i["kind"] == HOLD for i in ledger.open_incidents(connection, dataset.name))
    now, later = ([], gone) if is_held else (gone, [])
    return Changes(arrived, now, later, len(known), is_reported)


def retire(connection: Connection, dataset: Dataset, found: Changes) -> None:
    """Retire the deleted files, or open an incident if too many are gone at once."""
    with connection.transaction():
        if found.gone:
            ledger.retire(connection, dataset.name, found.gone)
        if not found.held:
            ledger.resolve_incident(connection, dataset.name, HOLD)
            ledger.forget_approvals(connection, dataset.name)
            return
        message = (
            f"{len(found.held):,} of {found.known:,} files of {dataset.name} are gone from "
            f"{landing.root() / dataset.folder}: no row is retracted before they are back, or "
            f"`penstock approve {dataset.name}` says that it is right"
        )
        log.warning("%s", message)
        ledger.report_incident(connection, dataset.name, HOLD, message)


def approve(dataset: Dataset, who: str, why: str | None = None) -> int:
    """Approve the deletions that are held, for the next plan; returns how many.

    Raises:
        PenstockError: no deletions wait for approval, or the folder itself is missing.
    """
    with connect("api", autocommit=True) as connection:
        held = changes(connection, dataset).held if dataset.mirror else []
        if not held:
            raise PenstockError(f"{dataset.name}: no loss waits to be approved")
        with connection.transaction():
            ledger.approve_loss(connection, dataset.name, held)
            ledger.ask(connection, ledger.Act.APPROVE, dataset.name, who, why=why)
    return len(held)


def claim(connection: Connection, dataset: Dataset) -> None:
    """Claim registered files in place; forget those that changed, to register them again later."""
    waiting = ledger.files_in(connection, dataset.name, ledger.State.REGISTERED)
    folder = landing.root() / dataset.folder
    changed = {f.file_id for f in waiting if landing.has_changed(folder / f.path, f.etag)}
    refused = {
        file.file_id: "the name is not UTF-8, and a mirror's files are not renamed"
        for file in waiting
        if ESCAPE in file.path and not os.path.lexists(folder / file.path)
    }
    ledger.reject(connection, refused)
    ledger.forget(connection, list(changed - refused.keys()))
    there = [ledger.Claim(f.file_id, folder / f.path) for f in waiting if f.file_id not in changed]
    ledger.mark_claimed(connection, there)


def _unknown(there: list[LandedFile], known: Mapping[str, str]) -> Iterator[LandedFile]:
    return (file for file in there if known.get(readable(file.path)) != file.etag)
