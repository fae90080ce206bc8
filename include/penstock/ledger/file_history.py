"""What happened to one file: its timeline, the versions of its path, its blocks, its checks."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from penstock.ledger.validations import CheckResult, check_results

_MOST_REFUSED = 20_000  # records that are looked at for examples


@dataclass(frozen=True)
class Step:
    """A step of a file; `seconds` since the step before it, None for the first."""

    name: str
    at: datetime
    seconds: float | None


@dataclass(frozen=True)
class BlockSummary:
    """The blocks of a file. `first_loaded_at` and `last_loaded_at` are None until one is loaded."""

    blocks: int
    loaded: int
    records: int
    rows_good: int
    rows_bad: int
    bytes: int
    bytes_loaded: int
    first_loaded_at: datetime | None
    last_loaded_at: datetime | None


@dataclass(frozen=True)
class Example:
    """A refused record: its line, its text, and the reason that a check gave."""

    line: int
    raw: str
    reason: str


@dataclass(frozen=True)
class ExplainedCheck:
    """The result of a check, with the first records that it refused."""

    result: CheckResult
    examples: list[Example] = field(default_factory=list)


def timeline(connection: Connection, file_id: int) -> list[Step]:
    """The steps of a file so far, in order; empty if there is no such file.

    The names are registered, claimed, first block loaded, last block loaded, sealed, built,
    archived.
    """
    rows = connection.execute(
        """
        SELECT name, at, extract(epoch FROM at - lag(at) OVER (ORDER BY at, n))::float AS seconds
        FROM ingest.file f
        CROSS JOIN LATERAL (SELECT min(loaded_at) AS first, max(loaded_at) AS last
                            FROM ingest.block WHERE file_id = f.file_id) AS b
        CROSS JOIN LATERAL (VALUES (1, 'registered', registered_at), (2, 'claimed', claimed_at),
                                   (3, 'first block loaded', b.first),
                                   (4, 'last block loaded', b.last), (5, 'sealed', sealed_at),
                                   (6, 'built', built_at), (7, 'archived', archived_at))
                    AS s (n, name, at)
        WHERE file_id = %s AND at IS NOT NULL
        ORDER BY at, n
        """,
        [file_id],
    ).fetchall()
    return [Step(*row) for row in rows]


def versions_of_path(connection: Connection, file_id: int, limit: int = 50) -> list[dict[str, Any]]:
    """Rows of all files at the path of this one, itself included, the newest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            SELECT v.* FROM ingest.file f JOIN ingest.file v USING (dataset, path)
            WHERE f.file_id = %s ORDER BY v.version DESC LIMIT %s
            """,
            [file_id, limit],
        ).fetchall()


def block_summary(connection: Connection, file_id: int) -> BlockSummary:
    """The blocks of a file in numbers; all 0 until it is scanned."""
    with connection.cursor(row_factory=class_row(BlockSummary)) as cursor:
        (found,) = cursor.execute(
            """
            SELECT count(*) AS blocks, count(loaded_at) AS loaded,
                   coalesce(sum(records), 0)::bigint AS records,
                   coalesce(sum(rows_good), 0)::bigint AS rows_good,
                   coalesce(sum(rows_bad), 0)::bigint AS rows_bad,
                   coalesce(sum(last_byte - first_byte), 0)::bigint AS bytes,
                   coalesce(sum(last_byte - first_byte) FILTER (WHERE loaded_at IS NOT NULL), 0)
                       ::bigint AS bytes_loaded,
                   min(loaded_at) AS first_loaded_at, max(loaded_at) AS last_loaded_at
            FROM ingest.block WHERE file_id = %s
            """,
            [file_id],
        ).fetchall()
        return found


def page_of_blocks(
    connection: Connection, file_id: int, after: int = -1, limit: int = 50
) -> list[dict[str, Any]]:
    """Rows of the blocks of a file with a number above `after`, by number."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            SELECT block_no, first_byte, last_byte, first_line, records, rows_good, rows_bad,
                   loaded_at
            FROM ingest.block WHERE file_id = %s AND block_no > %s ORDER BY block_no LIMIT %s
            """,
            [file_id, after, limit],
        ).fetchall()


def explained_checks(
    connection: Connection, file_id: int, examples: int = 3
) -> list[ExplainedCheck]:
    """The result of each check of a file, with the first `examples` of the records it refused.

    The examples come from the first 20,000 refused records of the file.
    """
    results = check_results(connection, [file_id]).get(file_id, [])
    return [
        ExplainedCheck(result, _examples(connection, result, examples) if result.unexpected else [])
        for result in results
    ]


def _examples(connection: Connection, check: CheckResult, limit: int) -> list[Example]:
    # A check tells its own reason; a cast tells the value first, and then what it expected.
    begins = f"{check.column}: " + ("" if check.type == "cast" else check.reason)
    contains = ", expected " if check.type == "cast" else ""
    rows = connection.execute(
        """
        SELECT line, raw, told
        FROM (SELECT line, raw, reasons FROM ingest.quarantine
              WHERE file_id = %s ORDER BY line LIMIT %s) AS q,
             LATERAL (SELECT reason FROM unnest(reasons) AS reason
                      WHERE starts_with(reason, %s) AND strpos(reason, %s) > 0 LIMIT 1) AS t (told)
        ORDER BY line LIMIT %s
        """,
        [check.file_id, _MOST_REFUSED, begins, contains, limit],
    ).fetchall()
    return [Example(*row) for row in rows]
