"""Queries of `penstock verify`: sealed files that differ from their blocks, rows or marts."""

from typing import Literal

from psycopg import Connection, sql

from penstock.ledger.coverage import COVERAGE
from penstock.ledger.states import State

Check = Literal["blocks", "staging", "quarantine", "versions", "rows"]

# Each query selects (file_id, difference); parameters: `dataset`, `state` and `replace`.
_QUERIES: dict[Check, str] = {
    "blocks": f"""
        SELECT file_id, format('%%s: its blocks have %%s good and %%s bad rows%%s, its file says '
               '%%s and %%s', f.path, b.rows_good, b.rows_bad,
               CASE WHEN b.covered THEN '' ELSE ' and do not cover it' END, f.rows_good, f.rows_bad)
        FROM ({COVERAGE}) AS b JOIN ingest.file f USING (file_id)
        WHERE NOT b.covered OR b.waiting > 0
           OR (b.rows_good, b.rows_bad) IS DISTINCT FROM (f.rows_good, f.rows_bad)
        """,  # noqa: S608 - the text is ours
    "staging": """
        SELECT f.file_id, format('%%s: %%s rows in staging, %%s good ones in the ledger', f.path,
                                 coalesce(s.rows, 0), f.rows_good)
        FROM ingest.file f
        LEFT JOIN (SELECT _file_id, count(*) AS rows FROM {staging} GROUP BY _file_id) AS s
            ON f.file_id = s._file_id
        WHERE f.dataset = %(dataset)s AND f.state = %(state)s
          AND f.rows_good IS DISTINCT FROM coalesce(s.rows, 0)
        """,
    "quarantine": """
        SELECT f.file_id, format('%%s: %%s records in quarantine, %%s bad ones in the ledger',
                                 f.path, coalesce(q.records, 0), f.rows_bad)
        FROM ingest.file f
        LEFT JOIN (SELECT file_id, count(*) AS records FROM ingest.quarantine
                   WHERE dataset = %(dataset)s GROUP BY file_id) AS q USING (file_id)
        WHERE f.dataset = %(dataset)s AND f.state = %(state)s
          AND f.rows_bad IS DISTINCT FROM coalesce(q.records, 0)
        """,
    "versions": """
        SELECT file_id, format('%%s: version %%s counts, and so does what takes its place', path,
                               version)
        FROM (SELECT *, version < max(version) OVER (PARTITION BY path) AS is_older
              FROM ingest.file WHERE dataset = %(dataset)s AND state = %(state)s) AS f
        WHERE is_older AND %(replace)s
           OR file_id IN (SELECT replay_of FROM ingest.file
                          WHERE dataset = %(dataset)s AND state = %(state)s)
        """,
    "rows": """
        SELECT file_id, format('%%s: of %%s rows received %%s stand in the mart, %%s were '
               'replaced, %%s deduplicated, %%s quarantined', path, rows_received, rows_standing,
               rows_replaced, rows_deduplicated, rows_quarantined)
        FROM ingest.file_rows(NULL, %(dataset)s)
        WHERE rows_received <> rows_standing + rows_replaced + rows_deduplicated + rows_quarantined
           OR rows_replaced < 0 OR rows_deduplicated < 0
        """,
}


def file_differences(
    connection: Connection, check: Check, dataset: str, *, versions_replace: bool, limit: int
) -> list[tuple[int, str]]:
    """The first `limit` sealed files that fail a check, each with its difference.

    The check `rows` compares the ledger with the marts; the others compare it with staging and with
    its own tables.
    """
    query = sql.SQL(f"{_QUERIES[check]} ORDER BY 1 LIMIT {limit:d}").format(
        staging=sql.Identifier("staging", dataset)
    )
    asked = {"dataset": dataset, "state": State.SEALED, "replace": versions_replace}
    return connection.execute(query, asked).fetchall()
