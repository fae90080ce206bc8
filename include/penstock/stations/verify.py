"""Whether ledger, blocks, staging, quarantine, marts and archive agree.

All of the warehouse is read in one snapshot, so that a load that runs meanwhile makes no false
alarm. Each difference names the command that mends it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from psycopg import Connection, sql

from penstock import datasets, ledger
from penstock.arrivals.archive import check_archive
from penstock.marts import build, scratch
from penstock.warehouse.connect import connect

_MOST_TOLD = 100  # differences of a kind
OnStep = Callable[[str], None]
"""Told what is compared now."""


@dataclass(frozen=True)
class Difference:
    """What does not agree: `found` says it in words, `mend` is the command that mends it."""

    dataset: str
    kind: str
    file_id: int | None
    found: str
    mend: str


@dataclass(frozen=True)
class _Check:
    """A query for (file_id, what differs), on the parameter `dataset` and the table {staging}."""

    kind: str
    query: str
    mend: str


_CHECKS = (
    _Check(
        "blocks",
        f"""
        SELECT file_id, format('%%s: its blocks have %%s good and %%s bad rows%%s, its file says '
               '%%s and %%s', f.path, b.rows_good, b.rows_bad,
               CASE WHEN b.covered THEN '' ELSE ' and do not cover it' END, f.rows_good, f.rows_bad)
        FROM ({ledger.COVERAGE}) AS b JOIN ingest.file f USING (file_id)
        WHERE NOT b.covered OR b.waiting > 0
           OR (b.rows_good, b.rows_bad) IS DISTINCT FROM (f.rows_good, f.rows_bad)
        """,  # noqa: S608 - the text is ours
        "penstock replay {file_id}",
    ),
    _Check(
        "staging",
        """
        SELECT f.file_id, format('%%s: %%s rows in staging, %%s good ones in the ledger', f.path,
                                 coalesce(s.rows, 0), f.rows_good)
        FROM ingest.file f
        LEFT JOIN (SELECT _file_id, count(*) AS rows FROM {staging} GROUP BY _file_id) AS s
            ON f.file_id = s._file_id
        WHERE f.dataset = %(dataset)s AND f.state = %(state)s
          AND f.rows_good IS DISTINCT FROM coalesce(s.rows, 0)
        """,
        "penstock replay {file_id}",
    ),
    _Check(
        "quarantine",
        """
        SELECT f.file_id, format('%%s: %%s records in quarantine, %%s bad ones in the ledger',
                                 f.path, coalesce(q.records, 0), f.rows_bad)
        FROM ingest.file f
        LEFT JOIN (SELECT file_id, count(*) AS records FROM ingest.quarantine
                   WHERE dataset = %(dataset)s GROUP BY file_id) AS q USING (file_id)
        WHERE f.dataset = %(dataset)s AND f.state = %(state)s
          AND f.rows_bad IS DISTINCT FROM coalesce(q.records, 0)
        """,
        "penstock replay {file_id}",
    ),
    _Check(
        "versions",
        """
        SELECT file_id, format('%%s: version %%s counts, and so does what takes its place', path,
                               version)
        FROM (SELECT *, version < max(version) OVER (PARTITION BY path) AS is_older
              FROM ingest.file WHERE dataset = %(dataset)s AND state = %(state)s) AS f
        WHERE is_older AND %(replace)s
           OR file_id IN (SELECT replay_of FROM ingest.file
                          WHERE dataset = %(dataset)s AND state = %(state)s)
        """,
        "penstock load {dataset}",
    ),
)
_ROWS = _Check(
    "rows",
    """
    SELECT file_id, format('%%s: of %%s rows received %%s stand in the mart, %%s were replaced, '
           '%%s deduplicated, %%s quarantined', path, rows_received, rows_standing, rows_replaced,
           rows_deduplicated, rows_quarantined)
    FROM ingest.file_rows(NULL, %(dataset)s)
    WHERE rows_received <> rows_standing + rows_replaced + rows_deduplicated + rows_quarantined
       OR rows_replaced < 0 OR rows_deduplicated < 0
    """,
    "penstock build {dataset} --full-refresh",
)


def verify(
    dataset: str,
    *,
    archive: bool = True,
    marts: bool = False,
    on_step: OnStep = lambda _: None,
) -> list[Difference]:
    """Compare all that is kept of `dataset`; what differs, the worst first.

    `archive` reads every kept file again, and takes in what was appended to one. `marts` compares
    every row of its marts too, with those that a build makes of staging from nothing: that takes as
    long as a full refresh, and builds first what waits to be built.

    Raises:
        PenstockError: dbt failed, or another process compares marts for long.
    """
    name = datasets.get(dataset).name
    found = _check_archive(name, on_step) if archive else []
    with connect("transformer") as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found += _compare(connection, name, on_step)
    if marts and not any(d.kind == "marts" for d in found):
        on_step(f"{name}: marts, made anew beside those that are")
        mend = f"penstock build {name} --full-refresh"
        found += [Difference(name, "marts", None, d, mend) for d in scratch.differences(name)]
    return found


def _check_archive(dataset: str, on_step: OnStep) -> list[Difference]:
    """Kept files that have grown; others that are not as they were are incidents."""
    on_step(f"{dataset}: archive")
    with connect("loader", autocommit=True) as connection:
        findings = check_archive(connection, dataset)
    return [
        Difference(dataset, "archive", f.file_id, f.message, f"penstock load {dataset}")
        for f in findings
        if f.kind == "grown"
    ]


def _compare(connection: Connection, dataset: str, on_step: OnStep) -> Iterator[Difference]:
    for check in _CHECKS:
        on_step(f"{dataset}: {check.kind}")
        yield from _run(connection, dataset, check)
    on_step(f"{dataset}: marts")
    damages = build.damages(connection, dataset)
    for damage in damages:
        yield Difference(dataset, "marts", None, damage, f"penstock build {dataset}")
    if not damages:
        yield from _run(connection, dataset, _ROWS)
    for incident in ledger.open_incidents(connection, dataset):
        said = incident["message"]
        yield Difference(dataset, "incident", incident["file_id"], said, "see its message")


def _run(connection: Connection, dataset: str, check: _Check) -> Iterator[Difference]:
    query = sql.SQL(f"{check.query} ORDER BY 1 LIMIT {_MOST_TOLD}").format(
        staging=sql.Identifier("staging", dataset)
    )
    replaces = datasets.get(dataset).versions == "replace"
    asked = {"dataset": dataset, "state": "sealed", "replace": replaces}
    for file_id, found in connection.execute(query, asked):
        mend = check.mend.format(dataset=dataset, file_id=file_id)
        yield Difference(dataset, check.kind, file_id, found, mend)
