"""The seal: make files visible once all their blocks are loaded, and replace older versions.

Every function takes a connection of the role `loader` that holds the lock `seal` of the dataset,
and leaves the transaction to its caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import class_row

from penstock.ledger.coverage import COVERAGE
from penstock.ledger.states import State


@dataclass(frozen=True)
class CompleteFile:
    """A file whose blocks are all loaded; `covered`: they are the blocks of the scan."""

    file_id: int
    path: str
    version: int
    covered: bool
    records: int
    rows_good: int
    rows_bad: int


@dataclass(frozen=True)
class FileCounts:
    """The number of good and bad records in a file."""

    file_id: int
    rows_good: int
    rows_bad: int


def complete_files(connection: Connection, dataset: str) -> list[CompleteFile]:
    """The files of `dataset` whose blocks are all loaded, by file_id."""
    query = f"""
        SELECT file_id, path, version, covered, records, rows_good, rows_bad
        FROM ({COVERAGE}) AS of_file WHERE waiting = 0 ORDER BY file_id
        """  # noqa: S608 - the text is ours
    with connection.cursor(row_factory=class_row(CompleteFile)) as cursor:
        return cursor.execute(query, {"dataset": dataset, "state": State.LOADING}).fetchall()


def count_rows(connection: Connection, counts: Sequence[FileCounts]) -> None:
    """Write the counts of files, and the time when their last block was loaded."""
    connection.execute(
        """
        UPDATE ingest.file f
        SET rows_good = c.good, rows_bad = c.bad,
            loaded_at = (SELECT max(b.loaded_at) FROM ingest.block b WHERE b.file_id = f.file_id)
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS c (file_id, good, bad)
        WHERE f.file_id = c.file_id
        """,
        [
            [c.file_id for c in counts],
            [c.rows_good for c in counts],
            [c.rows_bad for c in counts],
        ],
    )


def mark_sealed(connection: Connection, file_ids: Sequence[int]) -> None:
    """Seal files in this order: each gets the next `load_seq`; a replay keeps its position."""
    connection.execute(
        """
        WITH sealing AS (
            SELECT file_id, nextval('ingest.load_seq') AS seq
            FROM unnest(%s::bigint[]) WITH ORDINALITY AS s (file_id, n) ORDER BY n
        )
        UPDATE ingest.file f
        SET state = 'sealed', sealed_at = clock_timestamp(), load_seq = s.seq,
            position = coalesce((SELECT o.position FROM ingest.file o
                                 WHERE o.file_id = f.replay_of), s.seq)
        FROM sealing s WHERE f.file_id = s.file_id
        """,
        [list(file_ids)],
    )


def supersede_replaced(connection: Connection, dataset: str, *, versions_replace: bool) -> None:
    """Supersede sealed files that a sealed replay, continuation or newer version replaces."""
    connection.execute(
        """
        WITH RECURSIVE within AS (
            SELECT o.file_id, o.continues
            FROM ingest.file n
            JOIN ingest.file o ON o.file_id = n.continues AND n.first_data_byte < o.content_bytes
            WHERE n.dataset = %(dataset)s AND n.state = 'sealed' AND n.continues IS NOT NULL
            UNION
            SELECT o.file_id, o.continues
            FROM within w JOIN ingest.file o ON o.file_id = w.continues OR o.replay_of = w.file_id
        ), sealed AS (
            SELECT file_id, replay_of, version < max(version) OVER (PARTITION BY path) AS is_older
            FROM ingest.file WHERE dataset = %(dataset)s AND state = 'sealed'
        ), taken AS (
            SELECT replay_of AS file_id FROM sealed WHERE replay_of IS NOT NULL
            UNION SELECT file_id FROM sealed WHERE is_older AND %(replace)s
            UNION SELECT file_id FROM within
        )
        UPDATE ingest.file o SET state = 'superseded', built_at = NULL
        FROM taken WHERE o.file_id = taken.file_id AND o.state = 'sealed'
        """,
        {"dataset": dataset, "replace": versions_replace},
    )
