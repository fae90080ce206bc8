"""Incidents: problems for a person, open in `ingest.incident` until they are resolved.

Every function leaves the transaction to its caller; those that write need the role `loader`.
"""

from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row


def report_incident(
    connection: Connection, dataset: str, kind: str, message: str, file_id: int | None = None
) -> None:
    """Open an incident, or update the message of the open one of this kind and file.

    `kind` is a name such as `late_bytes`. `message` says what happened and how to fix it.
    """
    connection.execute(
        """
        INSERT INTO ingest.incident (dataset, file_id, kind, message) VALUES (%s, %s, %s, %s)
        ON CONFLICT (dataset, kind, file_id) WHERE resolved_at IS NULL
        DO UPDATE SET message = excluded.message
        """,
        [dataset, file_id, kind, message.replace("\0", "\\x00")],
    )


def resolve_incident(
    connection: Connection, dataset: str, kind: str, file_id: int | None = None
) -> None:
    """Close the open incident of this kind and file, if there is one."""
    connection.execute(
        """
        UPDATE ingest.incident SET resolved_at = clock_timestamp()
        WHERE dataset = %s AND kind = %s AND file_id IS NOT DISTINCT FROM %s
          AND resolved_at IS NULL
        """,
        [dataset, kind, file_id],
    )


def open_incidents(connection: Connection, dataset: str | None = None) -> list[dict[str, Any]]:
    """Every open incident, of one dataset or of all, the oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            SELECT i.incident_id, i.dataset, i.file_id, f.path, i.kind, i.message, i.happened_at
            FROM ingest.incident i LEFT JOIN ingest.file f USING (file_id)
            WHERE i.resolved_at IS NULL AND (%(dataset)s::text IS NULL OR i.dataset = %(dataset)s)
            ORDER BY i.incident_id
            """,
            {"dataset": dataset},
        ).fetchall()
