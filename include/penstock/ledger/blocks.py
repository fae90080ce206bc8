"""The blocks of files: those to load, and the counts of those that are loaded.

Every function takes a connection of the role `loader` and leaves the transaction to its caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import Connection
from psycopg.rows import class_row

from penstock.files import landing

if TYPE_CHECKING:
    from penstock.files.blocks import Block


@dataclass(frozen=True)
class BlockToLoad:
    """A claimed block, with all that is needed to read it."""

    file_id: int
    block_no: int
    first_byte: int
    last_byte: int
    first_line: int
    path: str
    location: str
    etag: str | None
    columns: list[str] | None
    dialect: dict[str, Any] | None
    copied: bool

    def source(self, dataset: str) -> Path:
        """The file to read its bytes from: the original or our copy."""
        if self.copied:
            return landing.place("copies", dataset, self.file_id, self.path)
        return Path(self.location)


@dataclass(frozen=True)
class BlockCounts:
    """The number of good and bad records in a block."""

    file_id: int
    block_no: int
    records: int
    rows_good: int
    rows_bad: int


def insert_blocks(connection: Connection, blocks: "Sequence[tuple[int, Block]]") -> None:
    """Insert the blocks of files; the blocks of each file are numbered from 0."""
    connection.execute(
        """
        INSERT INTO ingest.block (file_id, block_no, first_byte, last_byte, first_line)
        SELECT file_id, row_number() OVER (PARTITION BY file_id ORDER BY n) - 1,
               first_byte, last_byte, first_line
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) WITH ORDINALITY
             AS b (file_id, first_byte, last_byte, first_line, n)
        """,
        [
            [file_id for file_id, _ in blocks],
            [b.first_byte for _, b in blocks],
            [b.last_byte for _, b in blocks],
            [b.first_line for _, b in blocks],
        ],
    )


def unloaded_blocks(connection: Connection, dataset: str) -> list[tuple[int, int, int]]:
    """(file_id, block_no, bytes) of every block of `dataset` that is to be loaded, in order."""
    return connection.execute(
        """
        SELECT b.file_id, b.block_no, b.last_byte - b.first_byte
        FROM ingest.block b JOIN ingest.file f USING (file_id)
        WHERE f.dataset = %s AND f.state = 'loading' AND b.loaded_at IS NULL
          AND (f.retry_at IS NULL OR f.retry_at <= clock_timestamp())
        ORDER BY 1, 2
        """,
        [dataset],
    ).fetchall()


def claim_blocks(
    connection: Connection,
    dataset: str,
    first: Sequence[int],
    last: Sequence[int],
    limit: int,
    *,
    tried: bool = False,
) -> list[BlockToLoad]:
    """Lock up to `limit` blocks between two (file_id, block_no) until the transaction ends.

    Blocks that another worker has locked are skipped, and so are blocks of files that wait. If a
    worker dies, its blocks are free again. `tried` selects files with failed attempts, or else
    files without.
    """
    with connection.cursor(row_factory=class_row(BlockToLoad)) as cursor:
        return cursor.execute(
            """
            SELECT b.file_id, b.block_no, b.first_byte, b.last_byte, b.first_line,
                   f.path, f.location, f.etag, f.columns, f.dialect, f.copied
            FROM ingest.block b JOIN ingest.file f USING (file_id)
            WHERE f.dataset = %s AND f.state = 'loading' AND b.loaded_at IS NULL
              AND (b.file_id, b.block_no) BETWEEN (%s, %s) AND (%s, %s)
              AND (f.attempts > 0) = %s
              AND (f.retry_at IS NULL OR f.retry_at <= clock_timestamp())
            ORDER BY b.file_id, b.block_no LIMIT %s
            FOR UPDATE OF b SKIP LOCKED
            """,
            [dataset, *first, *last, tried, limit],
        ).fetchall()


def mark_loaded(connection: Connection, counts: Sequence[BlockCounts]) -> None:
    """Mark blocks as loaded; call it in the transaction that writes their rows."""
    connection.execute(
        """
        UPDATE ingest.block b
        SET records = c.records, rows_good = c.good, rows_bad = c.bad, loaded_at = clock_timestamp()
        FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[])
             AS c (file_id, block_no, records, good, bad)
        WHERE b.file_id = c.file_id AND b.block_no = c.block_no
        """,
        [
            [c.file_id for c in counts],
            [c.block_no for c in counts],
            [c.records for c in counts],
            [c.rows_good for c in counts],
            [c.rows_bad for c in counts],
        ],
    )
