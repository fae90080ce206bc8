"""The files that arrived last, with what became of each."""

from datetime import timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row


def recent_files(
    connection: Connection, within: timedelta = timedelta(days=1), limit: int = 50
) -> list[dict[str, Any]]:
    """Rows of the files that arrived `within` that time, the newest first, at most `limit`.

    Each has the columns of `ingest.file`, and `seconds` from its arrival until it was built, or
    until it was archived if it is not in a mart; None while it is in flight.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            SELECT *, extract(epoch FROM coalesce(built_at, archived_at) - registered_at)::float
                          AS seconds
            FROM ingest.file WHERE registered_at > now() - %s
            ORDER BY registered_at DESC LIMIT %s
            """,
            [within, limit],
        ).fetchall()


def newest_file(connection: Connection) -> int | None:
    """The `file_id` of the file that arrived last; None if there is none."""
    row = connection.execute("SELECT max(file_id) FROM ingest.file").fetchone()
    return row[0] if row else None
