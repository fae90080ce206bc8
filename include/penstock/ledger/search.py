"""Search files by path, dataset, state and time of arrival, sorted, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, LiteralString

from psycopg import Connection, sql
from psycopg.rows import dict_row


class Sort(StrEnum):
    """What a list of files is sorted by."""

    ARRIVAL = "arrival"
    PATH = "path"
    SIZE = "size"
    ROWS = "rows"
    REFUSED = "refused"
    SECONDS = "seconds"


@dataclass(frozen=True)
class Wanted:
    """The files to find; `path` is a part of the path, in any case. None does not restrict.

    `since` is included, `until` is not.
    """

    path: str | None = None
    dataset: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None


SORT_KEYS: dict[Sort, tuple[LiteralString, type]] = {
    Sort.ARRIVAL: ("file_id", int),
    Sort.PATH: ("path", str),
    Sort.SIZE: ("size_bytes", int),
    Sort.ROWS: ("coalesce(rows_good, -1)", int),
    Sort.REFUSED: ("coalesce(rows_bad, -1)", int),
    Sort.SECONDS: ("coalesce(date_part('epoch', built_at - registered_at), -1)", float),
}
"""The expression of each order, and the type of its values."""

_CONDITIONS: dict[str, LiteralString] = {
    "path": "strpos(lower(path), lower(%(path)s)) > 0",
    "dataset": "dataset = %(dataset)s",
    "state": "state = %(state)s",
    "since": "registered_at >= %(since)s",
    "until": "registered_at < %(until)s",
}
_ROW: LiteralString = """
    file_id, dataset, path, version, state, reason, waits_for, size_bytes, rows_good, rows_bad,
    registered_at, built_at, extract(epoch FROM built_at - registered_at)::float AS seconds
"""


def search_files(
    connection: Connection,
    wanted: Wanted,
    sort: Sort = Sort.ARRIVAL,
    *,
    descending: bool = True,
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Rows of the files that are `wanted`, with `seconds` until built and the `key` of the order.

    `after` is the `key` and `file_id` of the last row of the page before.
    """
    key = sql.SQL(SORT_KEYS[sort][0])
    where: list[sql.Composable] = [
        sql.SQL(condition)
        for name, condition in _CONDITIONS.items()
        if getattr(wanted, name) is not None
    ]
    if after is not None:
        beyond = sql.SQL("<" if descending else ">")
        where.append(sql.SQL("({}, file_id) {} (%(key)s, %(id)s)").format(key, beyond))
    query = sql.SQL(
        "WITH found AS (SELECT file_id, {key} AS key FROM ingest.file {where}"
        "               ORDER BY {key} {way}, file_id {way} LIMIT %(limit)s)"
        " SELECT {row}, key FROM found JOIN ingest.file USING (file_id)"
        " ORDER BY key {way}, file_id {way}"
    ).format(
        row=sql.SQL(_ROW),
        key=key,
        where=sql.SQL("WHERE ") + sql.SQL(" AND ").join(where) if where else sql.SQL(""),
        way=sql.SQL("DESC" if descending else "ASC"),
    )
    page = dict(zip(("key", "id"), after or (None, None), strict=True))
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, vars(wanted) | page | {"limit": limit}).fetchall()
