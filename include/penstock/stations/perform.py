"""Do what people asked to be done to files, as the loader; see `actions`.

Each action and its outcome in the ledger are one transaction.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from psycopg import Connection

from penstock import datasets, ledger
from penstock.arrivals import archive, retracted
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError, faults
from penstock.files import landing
from penstock.stations import actions
from penstock.warehouse import locks
from penstock.warehouse.connect import connect

log = logging.getLogger(__name__)


def now(action: ledger.Action) -> ledger.Action:
    """Do what was asked for at once; needs a login that may be the loader.

    Raises:
        PenstockError: it is not possible any more.
    """
    dataset = datasets.get(action.dataset)
    with (
        locks.held("loader", "plan", dataset.name),
        connect("loader", autocommit=True) as connection,
    ):
        perform(connection, dataset)
        done = ledger.find_action(connection, action.action_id)
    if done.refused:
        raise PenstockError(done.refused)
    return done


def perform(connection: Connection, dataset: Dataset) -> None:
    """Do all that was asked for; what is not possible any more is marked as refused.

    `connection` is in autocommit mode, and the caller holds the lock `plan`.
    """
    for action in ledger.open_actions(connection, dataset.name):
        try:
            _DO[ledger.Act(action.kind)](connection, action)
        except (PenstockError, OSError) as error:
            why = faults.line(error) if isinstance(error, OSError) else str(error)
            log.warning("cannot %s file %s: %s", action.kind, action.file_id, why)
            ledger.mark_refused(connection, action.action_id, why)


def reject_loading(connection: Connection, dataset: str) -> None:
    """Reject loading files whose rejection was asked for, before they are sealed.

    `connection` is in the transaction of the seal.
    """
    for action in ledger.open_actions(connection, dataset):
        if action.kind == ledger.Act.REJECT and action.file_id is not None:
            file = ledger.find(connection, action.file_id)
            if file and file["state"] == ledger.State.LOADING:
                _mark_rejected(connection, action)


def _replay(connection: Connection, action: ledger.Action) -> None:
    file = actions.found(connection, action.file_id)
    actions.check(connection, ledger.Act.REPLAY, file)
    file_id, place = file["file_id"], Path(file["location"] or "")
    if not place.is_file():
        raise PenstockError(f"the bytes of file {file_id} are no longer at {place}")
    if datasets.get(file["dataset"]).mirror and landing.has_changed(place, file["etag"]):
        raise PenstockError(f"{place} has changed since: its new version loads by itself")
    for kept in ledger.files_by_id(connection, [file_id]):
        archive.check_before_replay(connection, kept)
    with connection.transaction():
        ledger.resolve_incident(connection, file["dataset"], "blocks_missing", file_id)
        new_id = ledger.register_replay(connection, file_id, place)
        retracted.forget(action.dataset, place)
        ledger.mark_done(connection, action.action_id, new_id)


def _reject(connection: Connection, action: ledger.Action) -> None:
    file = actions.found(connection, action.file_id)
    actions.check(connection, ledger.Act.REJECT, file)
    if file["location"] is None:
        _take_out(connection, file)
    with connection.transaction():
        locks.take(connection, "seal", action.dataset)
        actions.check(connection, ledger.Act.REJECT, actions.found(connection, action.file_id))
        _mark_rejected(connection, action)


def _take_out(connection: Connection, file: actions.FileRow) -> None:
    """Claim a file that waits in the landing zone, so that it does not land again.

    Raises:
        PenstockError: it is gone or has changed, or cannot be moved.
    """
    dataset, file_id, path = datasets.get(file["dataset"]), file["file_id"], file["path"]
    place = landing.root() / dataset.folder / path
    if not dataset.mirror:
        place = landing.place("claimed", dataset.name, file_id, path)
        if not landing.claim(dataset, path, file["etag"], place):
            raise PenstockError(f"{path} has left the landing zone, or has changed")
    ledger.mark_claimed(connection, [ledger.Claim(file_id, place)])


def _mark_rejected(connection: Connection, action: ledger.Action) -> None:
    assert action.file_id is not None  # noqa: S101 - the caller has found the file
    ledger.reject(connection, {action.file_id: f"rejected by {action.who}: {action.why}"})
    ledger.mark_done(connection, action.action_id)


def _retract(connection: Connection, action: ledger.Action) -> None:
    with connection.transaction():
        locks.take(connection, "seal", action.dataset)
        file = actions.found(connection, action.file_id)
        actions.check(connection, ledger.Act.RETRACT, file)
        if file["archived_at"] is None:
            raise PenstockError(f"the bytes of file {file['file_id']} are not in the archive yet")
        together = ledger.sealed_together(connection, file["file_id"])
        why = f"by {action.who}: {action.why}"
        reasons = dict.fromkeys(together, f"retracted with file {file['file_id']} {why}")
        reasons[file["file_id"]] = f"retracted {why}"
        ledger.retract(connection, action.dataset, reasons)
        for place in ledger.places_without_rows(connection, file["file_id"]):
            retracted.note(action.dataset, Path(place))
        ledger.mark_done(connection, action.action_id)


def _mend(connection: Connection, action: ledger.Action) -> None:
    """Name the corrected file, once it is registered."""
    versions = ledger.list_files(connection, action.dataset, 1, [action.path or ""])
    if versions:
        ledger.mark_done(connection, action.action_id, versions[0]["file_id"])


def _approve(connection: Connection, action: ledger.Action) -> None:
    """The plan has acted on the approval already."""
    ledger.mark_done(connection, action.action_id)


_DO: Mapping[ledger.Act, Callable[[Connection, ledger.Action], None]] = {
    ledger.Act.REPLAY: _replay,
    ledger.Act.REJECT: _reject,
    ledger.Act.RETRACT: _retract,
    ledger.Act.MEND: _mend,
    ledger.Act.APPROVE: _approve,
}
