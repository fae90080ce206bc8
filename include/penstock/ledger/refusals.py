"""Refused records of all files: grouped by rule, over time, and page by page.

A rule is a reason without the value that was found. `ingest.refusal` counts by rule, so that
millions of records need not be read for a count.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection, sql
from psycopg.rows import dict_row

from penstock.ledger.questions import Question


@dataclass(frozen=True)
class Refusals:
    """Which refused records: of a dataset, a rule, a file. None does not restrict."""

    dataset: str | None = None
    rule: str | None = None
    file_id: int | None = None


_CONDITIONS: dict[str, LiteralString] = {
    "dataset": "r.dataset = %(dataset)s",
    "rule": "r.rule = %(rule)s",
    "file_id": "r.file_id = %(file_id)s",
}
_OF_RECORDS: dict[str, LiteralString] = {
    "dataset": "q.dataset = %(dataset)s",
    # The newest file bounds the search where the index of rules is not worth its while.
    "rule": "q.rules @> ARRAY[%(rule)s] AND q.file_id <= "
    "(SELECT max(file_id) FROM ingest.refusal WHERE rule = %(rule)s"
    " AND (%(dataset)s::text IS NULL OR dataset = %(dataset)s))",
    "file_id": "q.file_id = %(file_id)s",
}


def count_refused(connection: Connection, which: Refusals) -> tuple[int, int]:
    """How many records these are, and in how many files."""
    query = (
        "SELECT coalesce(sum(rows_bad), 0)::bigint, count(*) FROM ingest.file r"
        if which.rule is None
        else "SELECT coalesce(sum(records), 0)::bigint, count(DISTINCT file_id)"
        " FROM ingest.refusal r"
    )
    where = _where(which, _CONDITIONS)
    if which.rule is None:
        where.append(sql.SQL("r.rows_bad > 0"))
    full = sql.SQL("{} {}").format(sql.SQL(query), _all(where))
    return connection.execute(full, vars(which)).fetchone() or (0, 0)


def refusals_by_rule(
    connection: Connection, which: Refusals, limit: int = 100
) -> list[dict[str, Any]]:
    """The rules with dataset, `records`, `files` and the `last` day, the most frequent first."""
    return _grouped(
        connection,
        "SELECT r.dataset, r.rule, sum(r.records)::bigint AS records,"
        " count(DISTINCT r.file_id) AS files, max(r.day) AS last FROM ingest.refusal r",
        which,
        "GROUP BY r.dataset, r.rule ORDER BY records DESC, r.dataset, r.rule LIMIT %(limit)s",
        limit,
    )


def refusals_by_file(
    connection: Connection, which: Refusals, limit: int = 100
) -> list[dict[str, Any]]:
    """The files with their path, version, state and `records`, the newest first.

    Of a file, a record counts once with each of its rules.
    """
    return _grouped(
        connection,
        "SELECT f.file_id, f.dataset, f.path, f.version, f.state, r.records FROM"
        " (SELECT r.file_id, sum(r.records)::bigint AS records FROM ingest.refusal r",
        which,
        "GROUP BY r.file_id ORDER BY r.file_id DESC LIMIT %(limit)s) AS r"
        " JOIN ingest.file f USING (file_id) ORDER BY f.file_id DESC",
        limit,
    )


def refusals_by_day(connection: Connection, which: Refusals) -> list[dict[str, Any]]:
    """The number of `records` by day and `name`, by day: the dataset, of one dataset the rule."""
    return _grouped(
        connection,
        "SELECT r.day, CASE WHEN num_nonnulls(%(dataset)s::text, %(file_id)s::bigint) > 0"
        " THEN r.rule ELSE r.dataset END AS name, sum(r.records)::bigint AS records"
        " FROM ingest.refusal r",
        which,
        "GROUP BY 1, 2 ORDER BY 1, 2",
    )


def page_of_refusals(
    connection: Connection, which: Refusals, after: Sequence[int] | None, limit: int
) -> list[dict[str, Any]]:
    """Refused records, with path, version, state, columns and dialect of their file.

    The newest file comes first; of one file, the first line. `after` is the `file_id` and `line` of
    the last record of the page before.
    """
    one = which.file_id is not None
    where = _where(which, _OF_RECORDS)
    if after is not None:
        beyond = sql.SQL(">" if one else "<")
        where.append(sql.SQL("(q.file_id, q.line) {} (%(file)s, %(line)s)").format(beyond))
    query = sql.SQL(
        "SELECT p.*, f.path, f.version, f.state, f.columns, f.dialect"
        " FROM (SELECT q.file_id, q.dataset, q.line, q.raw, q.reasons, q.rules, q.quarantined_at"
        " FROM ingest.quarantine q {where} ORDER BY q.file_id {way}, q.line {way}"
        " LIMIT %(limit)s) AS p JOIN ingest.file f USING (file_id)"
        " ORDER BY p.file_id {way}, p.line {way}"
    ).format(where=_all(where), way=sql.SQL("ASC" if one else "DESC"))
    place = dict(zip(("file", "line"), after or (None, None), strict=True))
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, vars(which) | place | {"limit": limit}).fetchall()


def refused_on_lines(
    connection: Connection, file_id: int, lines: Collection[int]
) -> list[dict[str, Any]]:
    """The refused records of a file on these lines, by line."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT line, raw, reasons FROM ingest.quarantine"
            " WHERE file_id = %s AND line = ANY(%s) ORDER BY line",
            [file_id, list(lines)],
        ).fetchall()


def all_refusals(which: Refusals) -> Question:
    """All these records, by file and line; the reasons as one text."""
    query = sql.SQL(
        "SELECT q.dataset, f.path, q.file_id, q.line,"
        " array_to_string(q.reasons, '; ') AS reasons, q.raw"
        " FROM ingest.quarantine q JOIN ingest.file f USING (file_id) {}"
        " ORDER BY q.file_id, q.line"
    ).format(_all(_where(which, _OF_RECORDS)))
    return Question(query, vars(which))


def _grouped(
    connection: Connection,
    select: LiteralString,
    which: Refusals,
    rest: LiteralString,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    query = sql.SQL("{} {} {}").format(
        sql.SQL(select), _all(_where(which, _CONDITIONS)), sql.SQL(rest)
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, vars(which) | {"limit": limit}).fetchall()


def _where(which: Refusals, conditions: dict[str, LiteralString]) -> list[sql.Composable]:
    return [
        sql.SQL(condition)
        for name, condition in conditions.items()
        if getattr(which, name) is not None
    ]


def _all(where: Sequence[sql.Composable]) -> sql.Composable:
    return sql.SQL("WHERE ") + sql.SQL(" AND ").join(where) if where else sql.SQL("")
