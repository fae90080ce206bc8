"""Files that wait after a fault of the host or a bug, and are tried again later.

Every function takes a connection of the role `loader` (or a reader's, where it only reads) and
leaves the transaction to its caller.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row

from penstock.errors import HostFault, faults
from penstock.errors.display import visible
from penstock.errors.faults import Fault
from penstock.ledger.incidents import open_incidents, report_incident, resolve_incident
from penstock.ledger.troubles import Trouble

log = logging.getLogger(__name__)
_FIRST_SECONDS, _MOST_SECONDS = 5, 600  # between two attempts; doubled after each
_MOST_LINES = 5


@dataclass(frozen=True)
class Waiting:
    """A file that waits, and the fault that it waits for."""

    file_id: int
    path: str
    waits_for: str
    retry_at: datetime

    def line(self) -> str:
        """One line for a log or a terminal."""
        return f"file {self.file_id} {self.path} waits: {self.waits_for}"


def hold_files(connection: Connection, dataset: str, troubles: Mapping[int, Trouble]) -> None:
    """Make files wait, by file_id, longer after each attempt. A bug also opens an incident."""
    lines = [visible(t.line) for t in troubles.values()]
    connection.execute(
        """
        UPDATE ingest.file f
        SET attempts = attempts + 1, waits_for = h.line,
            retry_at = clock_timestamp()
                       + least(%s, %s * 2 ^ least(attempts, 30)) * interval '1 second'
        FROM unnest(%s::bigint[], %s::text[]) AS h (file_id, line)
        WHERE f.file_id = h.file_id
        """,
        [_MOST_SECONDS, _FIRST_SECONDS, list(troubles), lines],
    )
    for file_id, found in troubles.items():
        if found.fault is Fault.BUG:
            text = visible(f"{found.line}; the file is kept and tried again")
            report_incident(connection, dataset, "bug", text, file_id)


def release_files(connection: Connection, dataset: str) -> None:
    """End the waiting of archived files, and resolve the incidents of their bugs."""
    connection.execute(
        """
        UPDATE ingest.file SET waits_for = NULL, retry_at = NULL
        WHERE dataset = %s AND waits_for IS NOT NULL AND archived_at IS NOT NULL
        """,
        [dataset],
    )
    connection.execute(
        """
        UPDATE ingest.incident i SET resolved_at = clock_timestamp()
        FROM ingest.file f
        WHERE i.file_id = f.file_id AND i.dataset = %s AND i.kind = 'bug'
          AND i.resolved_at IS NULL AND f.archived_at IS NOT NULL
        """,
        [dataset],
    )


def held_paths(connection: Connection, dataset: str) -> set[str]:
    """The paths of registered files in the landing zone whose next attempt is not due yet."""
    rows = connection.execute(
        """
        SELECT path FROM ingest.file
        WHERE dataset = %s AND state = 'registered' AND location IS NULL
          AND retry_at > clock_timestamp()
        """,
        [dataset],
    ).fetchall()
    return {path for (path,) in rows}


def waiting_files(connection: Connection, dataset: str) -> list[Waiting]:
    """Every file of `dataset` that waits, by file_id."""
    with connection.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(
            """
            SELECT file_id, path, waits_for, retry_at FROM ingest.file
            WHERE dataset = %s AND waits_for IS NOT NULL ORDER BY file_id
            """,
            [dataset],
        ).fetchall()


def report_listing(connection: Connection, dataset: str, errors: Sequence[OSError]) -> None:
    """Open an incident for unreadable parts of the landing zone, or close it if there are none."""
    if not errors:
        resolve_incident(connection, dataset, "landing_zone")
        return
    message = visible("; ".join(faults.line(error) for error in errors[:_MOST_LINES]))
    log.warning("%s", message)
    report_incident(connection, dataset, "landing_zone", message)


def check_nothing_waits(connection: Connection, dataset: str) -> None:
    """Check that no file of `dataset` waits; otherwise a run or a command has failed.

    Raises:
        HostFault: files wait, or parts of the landing zone cannot be read; the message says why.
    """
    lines = [each.line() for each in waiting_files(connection, dataset)]
    lines += [
        incident["message"]
        for incident in open_incidents(connection, dataset)
        if incident["kind"] == "landing_zone"
    ]
    if lines:
        more = [f"and {len(lines) - _MOST_LINES:,} more"] if len(lines) > _MOST_LINES else []
        raise HostFault("\n".join([*lines[:_MOST_LINES], *more]))


def count_attempts(connection: Connection, file_ids: Sequence[int]) -> tuple[int, str] | None:
    """Count an attempt of files that load; returns the attempts and location of one of them."""
    return connection.execute(
        """
        UPDATE ingest.file SET attempts = attempts + 1
        WHERE file_id = ANY(%s) AND state = 'loading' RETURNING attempts, location
        """,
        [list(file_ids)],
    ).fetchone()
