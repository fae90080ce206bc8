"""The files in flight, and how far each is loaded."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row

from penstock.ledger.states import IN_FLIGHT, sql_list

MOST_FILES = 20
"""The number of files of a dataset whose progress is counted."""


@dataclass(frozen=True)
class FileProgress:
    """A file in flight: its blocks, the bytes and records of those that are loaded.

    `blocks` is 0 and `content_bytes` None until the file is scanned. `waits_for` is the fault that
    the file waits for.
    """

    file_id: int
    dataset: str
    path: str
    version: int
    state: str
    size_bytes: int
    content_bytes: int | None
    registered_at: datetime
    waits_for: str | None
    blocks: int
    blocks_loaded: int
    bytes_loaded: int
    rows_loaded: int

    @property
    def share(self) -> float:
        """The share of the blocks that is loaded, from 0 to 1."""
        return self.blocks_loaded / self.blocks if self.blocks else 0.0


@dataclass(frozen=True)
class InFlight:
    """The files of a dataset in flight: how many, and the progress of the oldest."""

    count: int = 0
    files: list[FileProgress] = field(default_factory=list)


def files_in_flight(connection: Connection, dataset: str | None = None) -> dict[str, InFlight]:
    """The files in flight of one dataset or of all, by dataset; datasets without any are absent."""
    counts = connection.execute(
        f"""
        SELECT dataset, count(*) FROM ingest.file
        WHERE state IN {sql_list(IN_FLIGHT)}
          AND (%(dataset)s::text IS NULL OR dataset = %(dataset)s)
        GROUP BY dataset
        """,  # noqa: S608 - the text is ours
        {"dataset": dataset},
    ).fetchall()
    files = defaultdict(list)
    for file in _oldest(connection, [name for name, _ in counts]):
        files[file.dataset].append(file)
    return {name: InFlight(count, files[name]) for name, count in counts}


def _oldest(connection: Connection, datasets: list[str]) -> list[FileProgress]:
    """The progress of the files that load, then of those that wait to, the oldest first."""
    with connection.cursor(row_factory=class_row(FileProgress)) as cursor:
        return cursor.execute(
            f"""
            SELECT f.file_id, f.dataset, f.path, f.version, f.state, f.size_bytes, f.content_bytes,
                   f.registered_at, f.waits_for, b.*
            FROM unnest(%s::text[]) AS d (dataset), LATERAL (
                SELECT * FROM ingest.file WHERE dataset = d.dataset
                AND state IN {sql_list(IN_FLIGHT)}
                ORDER BY state <> 'loading', file_id LIMIT %s
            ) AS f, LATERAL (
                SELECT count(*) AS blocks, count(loaded_at) AS blocks_loaded,
                       coalesce(sum(last_byte - first_byte) FILTER (WHERE loaded_at IS NOT NULL), 0)
                           ::bigint AS bytes_loaded,
                       coalesce(sum(records), 0)::bigint AS rows_loaded
                FROM ingest.block WHERE file_id = f.file_id
            ) AS b
            ORDER BY f.dataset, f.state <> 'loading', f.file_id
            """,  # noqa: S608 - the text is ours
            [datasets, MOST_FILES],
        ).fetchall()
