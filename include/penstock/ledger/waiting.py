"""Files that wait for a fault of the host, or a bug, to be mended: kept, told, and tried again.

Every function takes a connection of the role `loader` (or a reader's, where it only reads) and
leaves the transaction to its caller.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row

from penstock.errors import HostFault, faults
from penstock.errors.display import visible
from penstock.errors.faults import Fault
from penstock.ledger import incidents

log = logging.getLogger(__name__)
_FIRST_SECONDS, _MOST_SECONDS = 5, 600  # between two attempts: doubled each time
_MOST_TOLD = 5


@dataclass(frozen=True)
class Trouble:
    """What keeps a file from being read or loaded, though the file is not to blame."""

    fault: Fault
    line: str


@dataclass(frozen=True)
class Waiting:
    """A file that waits, and for what."""

    file_id: int
    path: str
    waits_for: str
    retry_at: datetime

    def line(self) -> str:
        """For a log or a terminal."""
        return f"file {self.file_id} {self.path} waits: {self.waits_for}"


def trouble(error: Exception, where: object) -> Trouble:
    """The trouble that `error` is to the file at `where`; a bug's traceback goes to the log."""
    found = Trouble(faults.sort(error), visible(faults.line(error, where)))
    if found.fault is Fault.BUG:
        log.exception("%s: a bug", visible(str(where)))
    else:
        log.warning("%s", found.line)
    return found


@contextmanager
def holding(troubles: dict[int, Trouble], file_id: int, where: object) -> Iterator[None]:
    """Note in `troubles` what goes wrong with one file, so that the others go on.

    A fault of the warehouse is no file's: it goes on up.
    """
    try:
        yield
    except Exception as error:
        if faults.sort(error) is Fault.WAREHOUSE:
            raise
        troubles[file_id] = trouble(error, where)


def hold(connection: Connection, dataset: str, troubles: Mapping[int, Trouble]) -> None:
    """Let files wait, by file_id; each further attempt comes later. A bug is an incident too."""
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
            incidents.report(connection, dataset, "bug", text, file_id)


def release(connection: Connection, dataset: str) -> None:
    """What has reached its last place waits no longer, and its bugs are resolved."""
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
    """The paths in the landing zone that are registered, and whose next attempt is not due yet."""
    rows = connection.execute(
        """
        SELECT path FROM ingest.file
        WHERE dataset = %s AND state = 'registered' AND location IS NULL
          AND retry_at > clock_timestamp()
        """,
        [dataset],
    ).fetchall()
    return {path for (path,) in rows}


def waiting(connection: Connection, dataset: str) -> list[Waiting]:
    """Every file of `dataset` that waits, by file_id."""
    with connection.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(
            """
            SELECT file_id, path, waits_for, retry_at FROM ingest.file
            WHERE dataset = %s AND waits_for IS NOT NULL ORDER BY file_id
            """,
            [dataset],
        ).fetchall()


def listing_failed(connection: Connection, dataset: str, errors: Sequence[OSError]) -> None:
    """Tell that parts of the landing zone cannot be seen; or, without errors, that all can."""
    if not errors:
        incidents.resolve(connection, dataset, "landing_zone")
        return
    told = visible("; ".join(faults.line(error) for error in errors[:_MOST_TOLD]))
    log.warning("%s", told)
    incidents.report(connection, dataset, "landing_zone", told)


def check(connection: Connection, dataset: str) -> None:
    """Be silent when nothing waits: a run, or a command, is no success while something does.

    Raises:
        HostFault: files wait, or parts of the landing zone cannot be seen; says for what.
    """
    lines = [each.line() for each in waiting(connection, dataset)]
    lines += [
        incident["message"]
        for incident in incidents.unresolved(connection, dataset)
        if incident["kind"] == "landing_zone"
    ]
    if lines:
        more = [f"and {len(lines) - _MOST_TOLD:,} more"] if len(lines) > _MOST_TOLD else []
        raise HostFault("\n".join([*lines[:_MOST_TOLD], *more]))
