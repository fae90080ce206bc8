"""The quarantine: refused records, each with its file, line and reasons."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from psycopg import Connection
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from penstock.formats.parsed import Refused


def quarantine_records(
    connection: Connection, dataset: str, refused: "Sequence[tuple[int, Refused]]"
) -> None:
    """Write refused records, each with its file_id, with COPY."""
    if not refused:
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY ingest.quarantine (file_id, dataset, line, raw, reasons) FROM STDIN"
        ) as copy,
    ):
        for file_id, record in refused:
            copy.write_row((file_id, dataset, record.line, record.raw, record.reasons))


def first_refused(connection: Connection, file_id: int) -> tuple[int, str] | None:
    """Line and first reason of the first refused record of a file, or None."""
    query = """
        SELECT line, reasons[1] FROM ingest.quarantine WHERE file_id = %s ORDER BY line LIMIT 1
        """
    return connection.execute(query, [file_id]).fetchone()


def list_quarantine(
    connection: Connection, dataset: str | None, file_id: int | None, limit: int
) -> list[dict[str, Any]]:
    """Refused records with the path of their file, by file and line."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            SELECT q.file_id, q.dataset, f.path, q.line, q.reasons, q.raw, q.quarantined_at
            FROM ingest.quarantine q JOIN ingest.file f USING (file_id)
            WHERE (%(dataset)s::text IS NULL OR q.dataset = %(dataset)s)
              AND (%(file_id)s::bigint IS NULL OR q.file_id = %(file_id)s)
            ORDER BY q.file_id, q.line LIMIT %(limit)s
            """,
            {"dataset": dataset, "file_id": file_id, "limit": limit},
        ).fetchall()


def files_refused_for(connection: Connection, dataset: str, reason: str) -> list[dict[str, Any]]:
    """The sealed and rejected files with records that were refused for `reason`, by file_id.

    `reason` is exact, or the rule of it: without the value found, as `frequent_reasons` gives it.
    Each row has file_id, path, version, state and the number of such `records`.
    """
    column, _, rule = reason.partition(": ")
    expects = rule.startswith("expected ")
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            SELECT f.file_id, f.path, f.version, f.state, count(*) AS records
            FROM ingest.file f JOIN ingest.quarantine q USING (file_id)
            WHERE f.dataset = %(dataset)s AND f.state IN ('sealed', 'rejected')
              AND EXISTS (SELECT FROM unnest(q.reasons) AS found
                          WHERE found = %(reason)s OR starts_with(found, %(reason)s || ', found ')
                             OR starts_with(found, %(before)s::text)
                                AND right(found, length(%(after)s::text)) = %(after)s)
            GROUP BY f.file_id ORDER BY f.file_id
            """,
            {
                "dataset": dataset,
                "reason": reason,
                "before": f"{column}: " if expects else None,
                "after": f", {rule}" if expects else None,
            },
        ).fetchall()
