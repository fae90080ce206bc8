"""Register files in `ingest.file`: landed files, members of archives, new versions of paths.

Every function takes a connection of the role `loader` and leaves the transaction to its caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg import Connection

from penstock.files.landing import LandedFile
from penstock.ledger.files import File
from penstock.ledger.states import State
from penstock.ledger.versions import UNCOVERED, has_newer

UNSETTLED = "waits until nobody writes to it any more"
"""The reason of a registered file to which somebody may still write."""


@dataclass(frozen=True)
class Member:
    """A file unpacked from an archive, its path `a.zip/b.csv`; `place` is where its bytes are."""

    path: str
    place: Path
    size_bytes: int
    etag: str


def register(
    connection: Connection, dataset: str, landed: Sequence[LandedFile], dag_run_id: str | None
) -> None:
    """Register files that landed, as new versions; files already registered stay as they are."""
    connection.execute(
        """
        INSERT INTO ingest.file (dataset, path, version, size_bytes, etag, state, dag_run_id)
        SELECT %(dataset)s, l.path,
               1 + coalesce((SELECT max(f.version) FROM ingest.file f
                             WHERE f.dataset = %(dataset)s AND f.path = l.path), 0),
               l.size_bytes, l.etag, 'registered', %(dag_run_id)s
        FROM unnest(%(paths)s::text[], %(sizes)s::bigint[], %(etags)s::text[])
             AS l (path, size_bytes, etag)
        ON CONFLICT DO NOTHING
        """,
        {
            "dataset": dataset,
            "dag_run_id": dag_run_id,
            "paths": [file.path for file in landed],
            "sizes": [file.size_bytes for file in landed],
            "etags": [file.etag for file in landed],
        },
    )


def register_replay(connection: Connection, file_id: int, location: Path) -> int:
    """Register a new version that reads the archived bytes again; returns its file_id."""
    row = connection.execute(
        """
        INSERT INTO ingest.file (dataset, path, version, size_bytes, etag, state, replay_of,
                                 location, claimed_at)
        SELECT dataset, path,
               (SELECT 1 + max(v.version) FROM ingest.file v
                WHERE v.dataset = f.dataset AND v.path = f.path),
               size_bytes, etag, 'claimed', file_id, %s, clock_timestamp()
        FROM ingest.file f WHERE file_id = %s
        RETURNING file_id
        """,
        [str(location), file_id],
    ).fetchone()
    assert row  # noqa: S101 - the caller has read the file
    return int(row[0])


def register_again(
    connection: Connection, file: File, *, is_claimed: bool, why: str = UNCOVERED
) -> int:
    """Register a new version that loads `file` again from its start; returns its file_id.

    The old version is superseded. It was never sealed, so no reader has seen its rows.
    """
    row = connection.execute(
        """
        WITH failed AS (
            UPDATE ingest.file
            SET state = 'superseded', built_at = clock_timestamp(), archived_at = clock_timestamp(),
                waits_for = NULL, retry_at = NULL, reason = %s
            WHERE file_id = %s RETURNING *
        )
        INSERT INTO ingest.file (dataset, path, version, size_bytes, etag, state, replay_of,
                                 location, dag_run_id)
        SELECT dataset, path,
               (SELECT 1 + max(v.version) FROM ingest.file v
                WHERE v.dataset = failed.dataset AND v.path = failed.path),
               size_bytes, etag, %s, coalesce(replay_of, file_id), location, dag_run_id
        FROM failed RETURNING file_id
        """,
        [why, file.file_id, State.REGISTERED if is_claimed else State.CLAIMED],
    ).fetchone()
    assert row  # noqa: S101 - the caller has just read it
    return int(row[0])


def start_over(connection: Connection, file: File, *, anew: bool) -> None:
    """Supersede a file that changed before its seal; its loaded rows do not count.

    With `anew`, a new version is registered that waits until nobody writes to the file.
    """
    connection.execute(
        """
        WITH old AS (
            UPDATE ingest.file
            SET state = 'superseded', built_at = clock_timestamp(), location = NULL,
                archived_at = clock_timestamp(), waits_for = NULL, retry_at = NULL,
                reason = 'the file changed while it was read'
            WHERE file_id = %s AND state IN ('claimed', 'loading')
            RETURNING dataset, path, size_bytes, replay_of, dag_run_id
        )
        INSERT INTO ingest.file (dataset, path, version, size_bytes, state, replay_of, dag_run_id,
                                 location, reason)
        SELECT o.dataset, o.path,
               (SELECT 1 + max(v.version) FROM ingest.file v
                WHERE v.dataset = o.dataset AND v.path = o.path),
               o.size_bytes, 'registered', o.replay_of, o.dag_run_id, %s, %s
        FROM old o WHERE %s
        """,
        [file.file_id, file.location, UNSETTLED, anew],
    )


def late_version(connection: Connection, file: File, place: Path, versions: str) -> str | None:
    """Register a new version of an archived file that grew; it waits at `place`.

    Returns None, or the reason why no version was registered: only one can be in flight.
    """
    with connection.transaction():
        query = "SELECT state FROM ingest.file WHERE file_id = %s FOR UPDATE"
        row = connection.execute(query, [file.file_id]).fetchone()
        if row is None or row[0] not in (State.SEALED, State.REJECTED):
            return "the file no longer counts"
        if has_newer(connection, file.file_id, versions):
            return "a newer version is loading or has taken over"
        new_id = register_replay(connection, file.file_id, place)
        connection.execute(
            """
            UPDATE ingest.file SET state = 'registered', reason = %s, claimed_at = NULL
            WHERE file_id = %s
            """,
            [UNSETTLED, new_id],
        )
    return None


def register_members(connection: Connection, archive: File, members: Sequence[Member]) -> None:
    """Register the members of an archive as claimed files, in new versions of their paths."""
    connection.execute(
        """
        INSERT INTO ingest.file (dataset, path, version, size_bytes, etag, state, location,
                                 claimed_at, dag_run_id)
        SELECT a.dataset, m.path,
               1 + coalesce((SELECT max(f.version) FROM ingest.file f
                             WHERE f.dataset = a.dataset AND f.path = m.path), 0),
               m.size_bytes, m.etag, 'claimed', m.location, clock_timestamp(), a.dag_run_id
        FROM ingest.file a
        CROSS JOIN unnest(%s::text[], %s::text[], %s::bigint[], %s::text[]) WITH ORDINALITY
             AS m (path, location, size_bytes, etag, n)
        WHERE a.file_id = %s ORDER BY m.n
        """,
        [
            [member.path for member in members],
            [str(member.place) for member in members],
            [member.size_bytes for member in members],
            [member.etag for member in members],
            archive.file_id,
        ],
    )
