"""Builds: the files that are not in the marts yet, and the relation with each dataset's rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection, sql
from psycopg.rows import class_row

from penstock.ledger.states import UNBUILT, sql_list


@dataclass(frozen=True)
class UnbuiltFile:
    """A file that the next build adds or retracts, depending on its state."""

    file_id: int
    state: str


def unbuilt_files(connection: Connection, datasets: Sequence[str]) -> list[UnbuiltFile]:
    """The files whose state is not in the marts of `datasets` yet, by file_id."""
    with connection.cursor(row_factory=class_row(UnbuiltFile)) as cursor:
        return cursor.execute(
            f"""
            SELECT file_id, state FROM ingest.file
            WHERE dataset = ANY(%s) AND state IN {sql_list(UNBUILT)} AND built_at IS NULL
            ORDER BY file_id
            """,  # noqa: S608 - the text is ours
            [list(datasets)],
        ).fetchall()


def ever_built(connection: Connection, datasets: Sequence[str]) -> bool:
    """Whether a build has ever included a file of `datasets`."""
    query = "SELECT FROM ingest.file WHERE dataset = ANY(%s) AND built_at IS NOT NULL LIMIT 1"
    return connection.execute(query, [list(datasets)]).rowcount == 1


def mark_built(connection: Connection, files: Sequence[UnbuiltFile]) -> None:
    """Mark files as built; a file whose state has changed since is left to the next build."""
    connection.execute(
        """
        UPDATE ingest.file f SET built_at = clock_timestamp()
        FROM unnest(%s::bigint[], %s::text[]) AS b (file_id, state)
        WHERE f.file_id = b.file_id AND f.state = b.state
        """,
        [[file.file_id for file in files], [file.state for file in files]],
    )


def copy_files(connection: Connection, schema: str, datasets: Sequence[str]) -> None:
    """Copy the files of `datasets` to tables `file` and `mart_file` in `schema`."""
    copy = sql.SQL("CREATE TABLE {} AS SELECT * FROM {} WHERE dataset IN ({})")
    of_these = sql.SQL(", ").join(map(sql.Literal, datasets))
    for name in ("file", "mart_file"):
        target, source = sql.Identifier(schema, name), sql.Identifier("ingest", name)
        connection.execute(copy.format(target, source, of_these))


def set_marts_of_rows(connection: Connection, marts: Sequence[tuple[str, str, str | None]]) -> None:
    """Replace `ingest.mart_of_rows`: dataset, relation, and what happened to its other rows."""
    with connection.cursor() as cursor:
        gone = "DELETE FROM ingest.mart_of_rows WHERE dataset <> ALL (%s)"
        cursor.execute(gone, [[dataset for dataset, _, _ in marts]])
        cursor.executemany(
            """
            INSERT INTO ingest.mart_of_rows AS m VALUES (%s, %s, %s)
            ON CONFLICT (dataset) DO UPDATE
            SET relation = excluded.relation, others = excluded.others
            WHERE (m.relation, m.others) IS DISTINCT FROM (excluded.relation, excluded.others)
            """,
            marts,
        )
