"""Queries for the API, which runs them on its own connections: SQL and bound parameters."""

from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple

from psycopg import sql

from penstock.ledger.states import State


class Question(NamedTuple):
    """A query with its bound parameters."""

    query: LiteralString | sql.SQL | sql.Composed
    params: Sequence[Any] | dict[str, Any]


def page_of_files(
    columns: Sequence[str], dataset: str | None, state: str | None, before: int | None, limit: int
) -> Question:
    """Files with a `file_id` below `before`, the newest first."""
    query = sql.SQL(
        "SELECT {} FROM ingest.file"
        " WHERE (%(dataset)s::text IS NULL OR dataset = %(dataset)s)"
        " AND (%(state)s::text IS NULL OR state = %(state)s)"
        " AND (%(before)s::bigint IS NULL OR file_id < %(before)s)"
        " ORDER BY file_id DESC LIMIT %(limit)s"
    ).format(_names(columns))
    return Question(query, {"dataset": dataset, "state": state, "before": before, "limit": limit})


def one_file(columns: Sequence[str], file_id: int) -> Question:
    """Columns of one file."""
    query = sql.SQL("SELECT {} FROM ingest.file WHERE file_id = %s").format(_names(columns))
    return Question(query, [file_id])


def rows_of_file(columns: Sequence[str], file_id: int) -> Question:
    """Columns of `ingest.file_rows` for one file; no row if no mart includes it yet."""
    query = sql.SQL("SELECT {} FROM ingest.file_rows(ARRAY[%s])").format(_names(columns))
    return Question(query, [file_id])


def uploaded_file(dataset: str, path: str, etag: str) -> Question:
    """The newest version of a path with this etag; `is_newest`: the path has no newer version.

    A replay has the etag of its original, so the replay is found instead.
    """
    return Question(
        """
        SELECT *, NOT EXISTS (SELECT FROM ingest.file n
                              WHERE n.dataset = f.dataset AND n.path = f.path
                                AND n.version > f.version) AS is_newest
        FROM ingest.file f WHERE dataset = %s AND path = %s AND etag = %s
        ORDER BY version DESC LIMIT 1
        """,
        [dataset, path, etag],
    )


def known_file_name(dataset: str, name: str) -> Question:
    """A row if a file with this base name landed and was not rejected."""
    return Question(
        """
        SELECT FROM ingest.file
        WHERE dataset = %s AND split_part(path, '/', -1) = %s AND state <> %s LIMIT 1
        """,
        [dataset, name, State.REJECTED],
    )


def last_build(datasets: Sequence[str]) -> Question:
    """The time of the last build of `datasets` that had files, as text in `built_at`."""
    return Question(
        "SELECT max(built_at)::text AS built_at FROM ingest.file WHERE dataset = ANY(%s)",
        [list(datasets)],
    )


def load_times(dataset: str, limit: int) -> Question:
    """The times of the newest files of a dataset that are in its marts, and their seconds.

    `seconds_to_seal` and `seconds_to_mart` count from `registered_at`.
    """
    return Question(
        """
        SELECT file_id, path, version, size_bytes, rows_good, rows_bad,
               registered_at, claimed_at, loaded_at, sealed_at, built_at,
               extract(epoch FROM sealed_at - registered_at)::float AS seconds_to_seal,
               extract(epoch FROM built_at - registered_at)::float AS seconds_to_mart
        FROM ingest.file
        WHERE dataset = %s AND state = %s AND built_at IS NOT NULL
        ORDER BY file_id DESC LIMIT %s
        """,
        [dataset, State.SEALED, limit],
    )


def page_of_refused(file_id: int, after: int, limit: int) -> Question:
    """Refused records of a file on the lines after `after`, by line."""
    return Question(
        "SELECT line, raw, reasons, quarantined_at FROM ingest.quarantine"
        " WHERE file_id = %s AND line > %s ORDER BY line LIMIT %s",
        [file_id, after, limit],
    )


def all_refused(file_id: int) -> Question:
    """All refused records of a file, by line; the reasons as one text."""
    return Question(
        "SELECT line, array_to_string(reasons, '; ') AS reasons, raw FROM ingest.quarantine"
        " WHERE file_id = %s ORDER BY line",
        [file_id],
    )


def frequent_reasons(file_id: int) -> Question:
    """The 20 most frequent reasons of a file, without the found value, which differs by row."""
    return Question(
        "SELECT rule AS reason, sum(records)::bigint AS rows FROM ingest.refusal"
        " WHERE file_id = %s GROUP BY rule ORDER BY rows DESC, rule LIMIT 20",
        [file_id],
    )


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
