"""The third station: make a file with all blocks loaded visible at once, or reject it.

Its blocks must cover the file as it was scanned, and their records must add up. If they do not, the
ledger is damaged, not the file: it is loaded again.
"""

import logging
from dataclasses import dataclass

from psycopg import Connection

from penstock import datasets, ledger
from penstock.arrivals import archive, claim
from penstock.declare.dataset import Dataset
from penstock.stations import perform
from penstock.warehouse import locks
from penstock.warehouse.connect import connect

log = logging.getLogger(__name__)
_MOST_LINES = 20  # files in the log, one by one
_ALONE = "it continues a version that does not count: all of it is loaded, as the next version"
_MOST_TIMES = 3  # that a path is loaded again, for blocks that do not cover it


@dataclass(frozen=True)
class Sealed:
    """The outcome for one file."""

    file_id: int
    path: str
    version: int
    state: str
    rows_good: int
    rows_bad: int
    reason: str | None

    def line(self) -> str:
        """The outcome in one line."""
        counts = f"{self.rows_good:,} rows loaded, {self.rows_bad:,} quarantined"
        why = f": {self.reason}" if self.reason else ""
        name = f"file {self.file_id} {self.path} (version {self.version})"
        return f"{name}: {self.state}{why}; {counts}"

    def counts(self) -> ledger.FileCounts:
        """What the ledger keeps of it."""
        return ledger.FileCounts(self.file_id, self.rows_good, self.rows_bad)


@dataclass(frozen=True)
class SealReport:
    """The outcomes of one seal, by file_id."""

    files: list[Sealed]

    def lines(self) -> list[str]:
        """A readable line for each file."""
        return [file.line() for file in self.files]

    @property
    def rows(self) -> int:
        """Rows that became visible."""
        return sum(file.rows_good for file in self.files if file.state != ledger.State.REJECTED)


def seal(dataset: str) -> SealReport:
    """Seal or reject every file of `dataset` whose blocks are all loaded, then archive it."""
    declared = datasets.get(dataset)
    with connect("loader") as connection:
        locks.take(connection, "seal", dataset)
        perform.reject_loading(connection, dataset)
        loaded = ledger.complete_files(connection, dataset)
        unchanged = _without_changed(connection, declared, loaded)
        complete = _in_order(connection, declared, unchanged)
        outcomes = [_outcome(connection, declared, file) for file in complete if file.covered]
        alone = _alone(connection, outcomes)
        outcomes = [outcome for outcome in outcomes if outcome.file_id not in alone]
        _reject(connection, [o for o in outcomes if o.state == ledger.State.REJECTED])
        _seal(connection, [o for o in outcomes if o.state == ledger.State.SEALED])
        replaces = declared.versions == "replace"
        ledger.supersede_replaced(connection, dataset, versions_replace=replaces)
        for file in complete:
            if not file.covered:
                _load_again(connection, declared, file)
            elif file.file_id in alone:
                claim.load_again(connection, file.file_id, _ALONE)
        connection.commit()
        connection.autocommit = True
        archive.move_on(connection, declared)
    report = SealReport(outcomes)
    for line in report.lines()[:_MOST_LINES]:
        log.info("%s", line)
    if len(outcomes) > _MOST_LINES:
        log.info("and %s files more", f"{len(outcomes) - _MOST_LINES:,}")
    return report


def _without_changed(
    connection: Connection, dataset: Dataset, complete: list[ledger.CompleteFile]
) -> list[ledger.CompleteFile]:
    """Files that are still as they were read. The others start over, as new versions, or wait.

    Of a mirror, each block was compared as it was read, and the new version loads by itself.
    """
    if dataset.mirror:
        return complete
    not_now: set[int] = set()
    troubles: dict[int, ledger.Trouble] = {}
    for file in ledger.files_by_id(connection, [file.file_id for file in complete]):
        with ledger.collecting(troubles, file.file_id, file.place):
            if not file.is_due:
                not_now.add(file.file_id)
            elif archive.changed_since_read(file):
                log.warning("%s: changed while it was read, and loads anew", file.path)
                claim.start_over(connection, file)
                not_now.add(file.file_id)
    ledger.hold_files(connection, dataset.name, troubles)
    return [file for file in complete if file.file_id not in not_now | troubles.keys()]


def _in_order(
    connection: Connection, dataset: Dataset, complete: list[ledger.CompleteFile]
) -> list[ledger.CompleteFile]:
    """If versions add up, seal none before the older ones of its path: later rows win."""
    if dataset.versions == "replace":
        return complete
    older = ledger.older_in_flight(connection, dataset.name)
    ready: dict[int, ledger.CompleteFile] = {}
    for file in complete:
        if older.get(file.file_id, set()) <= ready.keys():
            ready[file.file_id] = file
        else:
            log.info("%s: version %s waits for the older ones", file.path, file.version)
    return list(ready.values())


def _alone(connection: Connection, outcomes: list[Sealed]) -> set[int]:
    """Files that continue a version that will not count: all of their bytes must be loaded."""
    sealing = {o.file_id for o in outcomes if o.state == ledger.State.SEALED}
    alone: set[int] = set()
    while more := ledger.not_continued(connection, sorted(sealing - alone)) - alone:
        alone |= more
    return alone


def _outcome(connection: Connection, dataset: Dataset, file: ledger.CompleteFile) -> Sealed:
    first = ledger.first_refused(connection, file.file_id) if file.rows_bad else None
    reason = why_rejected(dataset, file.rows_bad, file.records, first)
    state = ledger.State.REJECTED if reason else ledger.State.SEALED
    return Sealed(
        file.file_id, file.path, file.version, state, file.rows_good, file.rows_bad, reason
    )


def why_rejected(
    dataset: Dataset, bad: int, records: int, first: tuple[int, str] | None
) -> str | None:
    """Why a file with so many bad records is rejected as a whole; None when it is not.

    `first` is the line of the first bad record, and what is wrong with it.
    """
    if bad <= dataset.reject_when_bad * records:
        return None
    share = f"{bad:,} of {records:,} records are bad, more than {dataset.reject_when_bad:.0%}"
    if first is None:
        return share
    others = bad - 1
    more = f" (and {others:,} more record{'s' * (others > 1)})" * bool(others)
    return f"line {first[0]}: {first[1]}{more}; {share}"


def _load_again(connection: Connection, dataset: Dataset, file: ledger.CompleteFile) -> None:
    """Start over with a file whose blocks do not cover it; after some attempts, hold it."""
    newer = (
        ledger.newer_states(connection, file.file_id) if dataset.versions == "replace" else set()
    )
    if ledger.State.SEALED in newer:
        ledger.supersede(connection, file.file_id, "a newer version has taken its place")
    elif newer.intersection(ledger.IN_FLIGHT):
        log.info("%s: waits for what becomes of its newer version", file.path)
    elif (times := ledger.times_uncovered(connection, file.file_id)) < _MOST_TIMES:
        new_id = claim.load_again(connection, file.file_id)
        message = "%s: its blocks in the ledger do not cover it; it is loaded again as file %s"
        log.warning(message, file.path, new_id)
    else:
        why = f"its blocks in the ledger do not cover it, {times + 1} times now"
        ledger.reject(connection, {file.file_id: why})
        reason = f"{why}; `penstock replay {file.file_id}` loads it again"
        ledger.report_incident(connection, dataset.name, "blocks_missing", reason, file.file_id)
        log.error("%s: %s", file.path, reason)


def _reject(connection: Connection, files: list[Sealed]) -> None:
    ledger.count_rows(connection, [file.counts() for file in files])
    ledger.reject(connection, {file.file_id: file.reason or "" for file in files})


def _seal(connection: Connection, files: list[Sealed]) -> None:
    ledger.count_rows(connection, [file.counts() for file in files])
    ledger.mark_sealed(connection, [file.file_id for file in files])
