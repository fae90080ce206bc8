"""Writes ledger and staging rows as the loader leaves them, straight in SQL."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from penstock.datasets import get

Row = Mapping[str, Any]


def arrive(
    connection: psycopg.Connection,
    dataset: str,
    path: str,
    rows: Sequence[Row],
    replay_of: int | None = None,
) -> int:
    """Seal a file with `rows`, as line 2 and on, in one transaction; its file_id."""
    with connection.transaction():
        file_id = _register(connection, dataset, path, rows, replay_of)
        for line, row in enumerate(rows, start=2):
            _stage(connection, dataset, {"_file_id": file_id, "_row": line, **row})
        _supersede(connection, dataset, file_id)
    return file_id


def _register(
    connection: psycopg.Connection,
    dataset: str,
    path: str,
    rows: Sequence[Row],
    replay_of: int | None,
) -> int:
    found = connection.execute(
        """
        INSERT INTO ingest.file (dataset, path, version, size_bytes, state, rows_good, rows_bad,
                                 load_seq, position, replay_of, sealed_at, columns)
        SELECT %(dataset)s, %(path)s,
               (SELECT count(*) + 1 FROM ingest.file WHERE dataset = %(dataset)s
                                                       AND path = %(path)s),
               1, 'sealed', %(rows)s, 0, seq,
               coalesce((SELECT position FROM ingest.file WHERE file_id = %(replay_of)s), seq),
               %(replay_of)s, clock_timestamp(), %(columns)s
        FROM nextval('ingest.load_seq') AS seq RETURNING file_id
        """,
        {
            "dataset": dataset,
            "path": path,
            "rows": len(rows),
            "replay_of": replay_of,
            "columns": sorted({name for row in rows for name in row}),
        },
    ).fetchone()
    assert found
    return found[0]


def _stage(connection: psycopg.Connection, dataset: str, row: Row) -> None:
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier("staging", dataset),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(map(sql.Literal, row.values())),
    )
    connection.execute(insert)


def _supersede(connection: psycopg.Connection, dataset: str, file_id: int) -> None:
    """A replay retracts what it replays; a new version does where the dataset says so."""
    connection.execute(
        """
        UPDATE ingest.file old SET state = 'superseded', built_at = NULL
        FROM ingest.file new
        WHERE new.file_id = %s AND old.state = 'sealed' AND old.dataset = new.dataset
          AND (new.replay_of = old.file_id
               OR %s AND new.path = old.path AND new.version > old.version)
        """,
        [file_id, get(dataset).versions == "replace"],
    )
