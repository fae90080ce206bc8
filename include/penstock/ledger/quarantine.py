"""The quarantine: refused records, each with its file, line and reasons."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from psycopg import Connection
from psycopg.rows import dict_row

from penstock.errors.rules import rule_of

if TYPE_CHECKING:
    from penstock.formats.parsed import Refused


def quarantine_records(
    connection: Connection, dataset: str, refused: "Sequence[tuple[int, Refused]]"
) -> None:
    """Write refused records, each with its file_id, with COPY; and count them by rule."""
    if not refused:
        return
    counts: Counter[tuple[str, int]] = Counter()
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY ingest.quarantine (file_id, dataset, line, raw, reasons, rules) FROM STDIN"
        ) as copy,
    ):
        for file_id, record in refused:
            rules = list(dict.fromkeys(map(rule_of, record.reasons)))
            counts.update((rule, file_id) for rule in rules)
            copy.write_row((file_id, dataset, record.line, record.raw, record.reasons, rules))
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY ingest.refusal (dataset, rule, file_id, records) FROM STDIN") as copy,
    ):
        for (rule, file_id), records in counts.items():
            copy.write_row((dataset, rule, file_id, records))


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
    query = """
        SELECT f.file_id, f.path, f.version, f.state, count(*) AS records
        FROM (SELECT DISTINCT file_id FROM ingest.refusal
              WHERE dataset = %(dataset)s AND rule IN (%(reason)s, %(rule)s)) AS r
        JOIN ingest.file f USING (file_id)
        JOIN ingest.quarantine q USING (file_id)
        WHERE f.state IN ('sealed', 'rejected')
          AND (%(reason)s = ANY (q.reasons) OR %(reason)s = ANY (q.rules))
        GROUP BY f.file_id ORDER BY f.file_id
        """
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            query, {"dataset": dataset, "reason": reason, "rule": rule_of(reason)}
        ).fetchall()
