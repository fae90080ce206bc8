"""Read the files of the ledger, for the stations.

Every function takes a connection and leaves the transaction to its caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from penstock.files import landing
from penstock.ledger.states import FINAL, IN_FLIGHT, UNBUILT, State, sql_list


@dataclass(frozen=True)
class File:
    """A file, with the columns that the stations need."""

    file_id: int
    dataset: str
    path: str
    version: int
    state: str
    location: str | None
    size_bytes: int
    etag: str | None
    content_hash: str | None
    content_bytes: int | None
    replay_of: int | None
    copied: bool
    is_due: bool
    """False while it waits for its next attempt after a fault of the host."""

    @property
    def place(self) -> Path:
        """Where the file is."""
        return Path(self.location or "")

    @property
    def source(self) -> Path:
        """The file to read its bytes from: the original or our copy."""
        if self.copied:
            return landing.place("copies", self.dataset, self.file_id, self.path)
        return self.place


_DUE = "coalesce(retry_at <= clock_timestamp(), true)"
_FILE = f"""
    file_id, dataset, path, version, state, location, size_bytes, etag, content_hash,
    content_bytes, replay_of, copied, {_DUE} AS is_due
"""


def files_in(connection: Connection, dataset: str, *states: State) -> list[File]:
    """The files of `dataset` in any of `states`, by file_id."""
    with connection.cursor(row_factory=class_row(File)) as cursor:
        query = f"SELECT {_FILE} FROM ingest.file WHERE dataset = %s AND state = ANY(%s)"  # noqa: S608
        return cursor.execute(query + " ORDER BY file_id", [dataset, list(states)]).fetchall()


def files_to_archive(connection: Connection, dataset: str) -> list[File]:
    """Final files of `dataset` that are not archived yet and are due now, by file_id."""
    with connection.cursor(row_factory=class_row(File)) as cursor:
        query = f"""
            SELECT {_FILE} FROM ingest.file
            WHERE dataset = %s AND archived_at IS NULL AND {_DUE}
              AND state IN {sql_list(FINAL)}
            ORDER BY file_id
            """  # noqa: S608
        return cursor.execute(query, [dataset]).fetchall()


def files_by_id(connection: Connection, file_ids: Sequence[int]) -> list[File]:
    """The files with these ids, by file_id."""
    with connection.cursor(row_factory=class_row(File)) as cursor:
        query = f"SELECT {_FILE} FROM ingest.file WHERE file_id = ANY(%s) ORDER BY file_id"  # noqa: S608
        return cursor.execute(query, [list(file_ids)]).fetchall()


def archived_files(
    connection: Connection, datasets: Sequence[str], after: int, limit: int
) -> list[File]:
    """Files of `datasets` in archive/ and rejected/ with a file_id above `after`, by file_id.

    If a file and its replays share one place, only the newest of them is returned.
    """
    with connection.cursor(row_factory=class_row(File)) as cursor:
        return cursor.execute(
            f"""
            SELECT {_FILE} FROM ingest.file f
            WHERE dataset = ANY(%s) AND file_id > %s
              AND archived_at IS NOT NULL AND location IS NOT NULL
              AND NOT EXISTS (SELECT FROM ingest.file n
                              WHERE n.location = f.location AND n.file_id > f.file_id)
            ORDER BY file_id LIMIT %s
            """,  # noqa: S608
            [list(datasets), after, limit],
        ).fetchall()


def find(connection: Connection, file_id: int) -> dict[str, Any] | None:
    """The row of one file, or None."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("SELECT * FROM ingest.file WHERE file_id = %s", [file_id]).fetchone()


def has_unfinished(connection: Connection, dataset: str) -> bool:
    """Whether a file of `dataset` is in flight or not in the marts yet, or an action is to be done.

    A file that waits counts once its next attempt is due, whatever its state. A mend does not
    count: its file does, from when it lands.
    """
    row = connection.execute(
        f"""
        SELECT EXISTS (SELECT FROM ingest.file WHERE dataset = %(dataset)s
                       AND state IN {sql_list(IN_FLIGHT)} AND {_DUE})
            OR EXISTS (SELECT FROM ingest.file WHERE dataset = %(dataset)s
                       AND state IN {sql_list(UNBUILT)} AND built_at IS NULL)
            OR EXISTS (SELECT FROM ingest.file WHERE dataset = %(dataset)s
                       AND waits_for IS NOT NULL AND {_DUE})
            OR EXISTS (SELECT FROM ingest.action WHERE dataset = %(dataset)s AND kind <> 'mend'
                       AND done_at IS NULL AND refused IS NULL)
        """,  # noqa: S608 - the text is ours
        {"dataset": dataset},
    ).fetchone()
    return bool(row and row[0])


def finished_paths(connection: Connection, dataset: str, paths: Sequence[str]) -> set[str]:
    """Those of `paths` that are in the ledger and have no unfinished version."""
    rows = connection.execute(
        f"""
        SELECT path FROM ingest.file WHERE dataset = %s AND path = ANY(%s)
        GROUP BY path HAVING NOT bool_or(state IN {sql_list(IN_FLIGHT)}
                                         OR state IN {sql_list(UNBUILT)} AND built_at IS NULL)
        """,  # noqa: S608 - the text is ours
        [dataset, list(paths)],
    ).fetchall()
    return {path for (path,) in rows}


def sealed_members(connection: Connection, file_id: int) -> list[tuple[int, str]]:
    """file_id and path of the sealed files that came out of this archive or another version."""
    return connection.execute(
        """
        SELECT m.file_id, m.path FROM ingest.file a
        JOIN ingest.file m ON m.dataset = a.dataset AND starts_with(m.path, a.path || '/')
        WHERE a.file_id = %s AND m.state = 'sealed' ORDER BY m.file_id
        """,
        [file_id],
    ).fetchall()
