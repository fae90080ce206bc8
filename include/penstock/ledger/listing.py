"""Lists of files and refused records, for people and for the API."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row


def list_files(
    connection: Connection,
    dataset: str | None = None,
    limit: int = 100,
    paths: Sequence[str] | None = None,
    after: int = 0,
) -> list[dict[str, Any]]:
    """Rows of files with a `file_id` above `after`, the newest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            SELECT * FROM ingest.file
            WHERE (%(dataset)s::text IS NULL OR dataset = %(dataset)s)
              AND (%(paths)s::text[] IS NULL OR path = ANY(%(paths)s))
              AND file_id > %(after)s
            ORDER BY file_id DESC LIMIT %(limit)s
            """,
            {
                "dataset": dataset,
                "limit": limit,
                "after": after,
                "paths": None if paths is None else list(paths),
            },
        ).fetchall()


def with_rows(connection: Connection, files: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to each file the counts of its rows in marts; None if no mart includes it yet.

    Some good rows are in a mart, some were replaced by a later row with the same key or by a newer
    version, and some are duplicates of an earlier row.
    """
    names = ("rows_standing", "rows_replaced", "rows_deduplicated")
    query = f"SELECT file_id, {', '.join(names)} FROM ingest.file_rows(%s)"  # noqa: S608
    found = connection.execute(query, [[file["file_id"] for file in files]]).fetchall()
    counted = {file_id: dict(zip(names, counts, strict=True)) for file_id, *counts in found}
    return [file | counted.get(file["file_id"], dict.fromkeys(names)) for file in files]
