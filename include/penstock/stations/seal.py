"""The third station: a file whose blocks are all in becomes visible at once, or is rejected.

The blocks must cover the file as it was scanned, and their records add up. Where they do not, the
ledger has lost something, which is no fault of the file's: it is loaded again.
"""

import logging
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import class_row

from penstock import datasets, ledger
from penstock.arrivals import archive, claim
from penstock.declare.dataset import Dataset
from penstock.warehouse import locks
from penstock.warehouse.connect import connect

log = logging.getLogger(__name__)
_MOST_TOLD = 20  # files in the log, one by one
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


@dataclass(frozen=True)
class SealReport:
    """The outcomes of one seal, by file_id."""

    files: list[Sealed]

    def lines(self) -> list[str]:
        """A line a person can read for each file."""
        return [file.line() for file in self.files]

    @property
    def rows(self) -> int:
        """Rows that became visible."""
        return sum(file.rows_good for file in self.files if file.state != "rejected")


@dataclass(frozen=True)
class _Complete:
    file_id: int
    path: str
    version: int
    covered: bool
    records: int
    rows_good: int
    rows_bad: int


def seal(dataset: str) -> SealReport:
    """Seal or reject every file of `dataset` whose blocks are all loaded, then archive it."""
    declared = datasets.get(dataset)
    with connect("loader") as connection:
        locks.take(connection, "seal", dataset)
        unchanged = _without_changed(connection, declared, _complete(connection, dataset))
        complete = _in_order(connection, declared, unchanged)
        outcomes = [_outcome(connection, declared, file) for file in complete if file.covered]
        alone = _alone(connection, outcomes)
        outcomes = [outcome for outcome in outcomes if outcome.file_id not in alone]
        _reject(connection, [o for o in outcomes if o.state == "rejected"])
        _seal(connection, [o for o in outcomes if o.state == "sealed"])
        _supersede(connection, declared)
        for file in complete:
            if not file.covered:
                _load_again(connection, declared, file)
            elif file.file_id in alone:
                claim.load_again(connection, file.file_id, _ALONE)
        connection.commit()
        connection.autocommit = True
        archive.move_on(connection, declared)
    report = SealReport(outcomes)
    for line in report.lines()[:_MOST_TOLD]:
        log.info("%s", line)
    if len(outcomes) > _MOST_TOLD:
        log.info("and %s files more", f"{len(outcomes) - _MOST_TOLD:,}")
    return report


def _complete(connection: Connection, dataset: str) -> list[_Complete]:
    """Files of which no block waits to be loaded."""
    query = f"""
        SELECT file_id, path, version, covered, records, rows_good, rows_bad
        FROM ({ledger.COVERAGE}) AS of_file WHERE waiting = 0 ORDER BY file_id
        """  # noqa: S608 - the text is ours
    with connection.cursor(row_factory=class_row(_Complete)) as cursor:
        return cursor.execute(query, {"dataset": dataset, "state": "loading"}).fetchall()


def _without_changed(
    connection: Connection, dataset: Dataset, complete: list[_Complete]
) -> list[_Complete]:
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
    connection: Connection, dataset: Dataset, complete: list[_Complete]
) -> list[_Complete]:
    """Where versions add up, none is sealed before the older ones of its path: later rows win."""
    if dataset.versions == "replace":
        return complete
    older = ledger.older_in_flight(connection, dataset.name)
    ready: dict[int, _Complete] = {}
    for file in complete:
        if older.get(file.file_id, set()) <= ready.keys():
            ready[file.file_id] = file
        else:
            log.info("%s: version %s waits for the older ones", file.path, file.version)
    return list(ready.values())


def _alone(connection: Connection, outcomes: list[Sealed]) -> set[int]:
    """Files that would be sealed, but continue a version that will not count: all of them loads."""
    sealing = {o.file_id for o in outcomes if o.state == "sealed"}
    alone: set[int] = set()
    while more := ledger.not_continued(connection, sorted(sealing - alone)) - alone:
        alone |= more
    return alone


def _outcome(connection: Connection, dataset: Dataset, file: _Complete) -> Sealed:
    first = ledger.first_refused(connection, file.file_id) if file.rows_bad else None
    reason = why_rejected(dataset, file.rows_bad, file.records, first)
    state = "rejected" if reason else "sealed"
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


def _load_again(connection: Connection, dataset: Dataset, file: _Complete) -> None:
    """Start over with a file whose blocks do not cover it; after some attempts, hold it."""
    newer = (
        ledger.newer_states(connection, file.file_id) if dataset.versions == "replace" else set()
    )
    if "sealed" in newer:
        ledger.supersede(connection, file.file_id, "a newer version has taken its place")
    elif newer & {"registered", "claimed", "loading"}:
        log.info("%s: waits for what becomes of its newer version", file.path)
    elif (times := ledger.times_uncovered(connection, file.file_id)) < _MOST_TIMES:
        new_id = claim.load_again(connection, file.file_id)
        told = "%s: its blocks in the ledger do not cover it; it is loaded again as file %s"
        log.warning(told, file.path, new_id)
    else:
        why = f"its blocks in the ledger do not cover it, {times + 1} times now"
        ledger.reject(connection, {file.file_id: why})
        told = f"{why}; `penstock replay {file.file_id}` loads it again"
        ledger.report_incident(connection, dataset.name, "blocks_missing", told, file.file_id)
        log.error("%s: %s", file.path, told)


def _reject(connection: Connection, files: list[Sealed]) -> None:
    _count(connection, files)
    ledger.reject(connection, {file.file_id: file.reason or "" for file in files})


def _seal(connection: Connection, files: list[Sealed]) -> None:
    _count(connection, files)
    connection.execute(
        """
        WITH sealing AS (
            SELECT file_id, nextval('ingest.load_seq') AS seq
            FROM unnest(%s::bigint[]) WITH ORDINALITY AS s (file_id, n) ORDER BY n
        )
        UPDATE ingest.file f
        SET state = 'sealed', sealed_at = clock_timestamp(), load_seq = s.seq,
            position = coalesce((SELECT o.position FROM ingest.file o
                                 WHERE o.file_id = f.replay_of), s.seq)
        FROM sealing s WHERE f.file_id = s.file_id
        """,
        [[file.file_id for file in files]],
    )


def _count(connection: Connection, files: list[Sealed]) -> None:
    connection.execute(
        """
        UPDATE ingest.file f
        SET rows_good = c.good, rows_bad = c.bad,
            loaded_at = (SELECT max(b.loaded_at) FROM ingest.block b WHERE b.file_id = f.file_id)
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS c (file_id, good, bad)
        WHERE f.file_id = c.file_id
        """,
        [
            [file.file_id for file in files],
            [file.rows_good for file in files],
            [file.rows_bad for file in files],
        ],
    )


def _supersede(connection: Connection, dataset: Dataset) -> None:
    """Retract what a newer version, or a replay, has taken the place of."""
    connection.execute(
        """
        WITH RECURSIVE within AS (
            SELECT o.file_id, o.continues
            FROM ingest.file n
            JOIN ingest.file o ON o.file_id = n.continues AND n.first_data_byte < o.content_bytes
            WHERE n.dataset = %(dataset)s AND n.state = 'sealed' AND n.continues IS NOT NULL
            UNION
            SELECT o.file_id, o.continues
            FROM within w JOIN ingest.file o ON o.file_id = w.continues OR o.replay_of = w.file_id
        ), sealed AS (
            SELECT file_id, replay_of, version < max(version) OVER (PARTITION BY path) AS is_older
            FROM ingest.file WHERE dataset = %(dataset)s AND state = 'sealed'
        ), taken AS (
            SELECT replay_of AS file_id FROM sealed WHERE replay_of IS NOT NULL
            UNION SELECT file_id FROM sealed WHERE is_older AND %(replace)s
            UNION SELECT file_id FROM within
        )
        UPDATE ingest.file o SET state = 'superseded', built_at = NULL
        FROM taken WHERE o.file_id = taken.file_id AND o.state = 'sealed'
        """,
        {"dataset": dataset.name, "replace": dataset.versions == "replace"},
    )
