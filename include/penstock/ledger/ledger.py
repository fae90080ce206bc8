"""The ledger: which file, which block, in what state. The only truth about progress.

Every function takes a connection of the role `loader` (or a reader's, where it only reads) and
leaves the transaction to its caller. Many files are handled by one statement wherever that counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from penstock.files import landing
from penstock.files.landing import Landed
from penstock.formats.dialect import REPEATED_HEADERS, as_json
from penstock.warehouse import locks

if TYPE_CHECKING:
    from penstock.files.blocks import Block
    from penstock.formats.parsed import Refused
    from penstock.formats.scan import Scan


@dataclass(frozen=True)
class File:
    """A file as the loader needs it."""

    file_id: int
    dataset: str
    path: str
    version: int
    state: str
    location: str | None
    size_bytes: int
    etag: str | None
    content_hash: str | None
    content_bytes: int | None
    replay_of: int | None
    copied: bool
    is_due: bool
    """False while it waits for its next attempt, after a fault that was not its own."""

    @property
    def place(self) -> Path:
        """Where the file is."""
        return Path(self.location or "")

    @property
    def source(self) -> Path:
        """Where its bytes are read: in the file, or in our copy of it."""
        if self.copied:
            return landing.place("copies", self.dataset, self.file_id, self.path)
        return self.place


@dataclass(frozen=True)
class Claim:
    """A file that was taken: where it is, what it looks like there, whether a copy is read."""

    file_id: int
    place: Path
    etag: str | None = None
    size_bytes: int | None = None
    copied: bool = False


@dataclass(frozen=True)
class Member:
    """A file out of an archive: its path, `a.zip/b.csv`, where its bytes are, what they are."""

    path: str
    place: Path
    size_bytes: int
    etag: str


@dataclass(frozen=True)
class BlockToLoad:
    """A claimed block, with what is needed to read it."""

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
        """Where its bytes are read: in the file, or in our copy of it."""
        if self.copied:
            return landing.place("copies", dataset, self.file_id, self.path)
        return Path(self.location)


@dataclass(frozen=True)
class BlockCounts:
    """What became of a block's records."""

    file_id: int
    block_no: int
    records: int
    rows_good: int
    rows_bad: int


_WRITTEN = "waits until nobody writes to it any more"
_MOST_NOTES = 30  # of a file
UNCOVERED = "its blocks did not cover it: it is loaded again as the next version"
_DUE = "coalesce(retry_at <= clock_timestamp(), true)"
_FILE = f"""
    file_id, dataset, path, version, state, location, size_bytes, etag, content_hash,
    content_bytes, replay_of, copied, {_DUE} AS is_due
"""


def register(
    connection: Connection, dataset: str, landed: Sequence[Landed], dag_run_id: str | None
) -> None:
    """Write down what has landed; what waits already is left as it is."""
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
    """A new version of a file's path that reads its kept bytes again; returns the new file_id."""
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
    assert row  # noqa: S101 - the caller has looked the file up
    return int(row[0])


def register_again(
    connection: Connection, file: File, *, is_claimed: bool, why: str = UNCOVERED
) -> int:
    """A new version that loads `file` from its start, in its place; returns the new file_id.

    What the file has in staging is superseded unseen: it was never sealed.
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
        [why, file.file_id, "registered" if is_claimed else "claimed"],
    ).fetchone()
    assert row  # noqa: S101 - the caller has just read it
    return int(row[0])


def times_uncovered(connection: Connection, file_id: int) -> int:
    """How many versions of a file's path were loaded again, for their blocks did not cover them."""
    query = """
        SELECT count(*) FROM ingest.file f JOIN ingest.file v USING (dataset, path)
        WHERE f.file_id = %s AND v.reason = %s
        """
    row = connection.execute(query, [file_id, UNCOVERED]).fetchone()
    return int(row[0]) if row else 0


def newer_states(connection: Connection, file_id: int) -> set[str]:
    """The states of the newer versions of a file's path."""
    query = """
        SELECT DISTINCT n.state FROM ingest.file o JOIN ingest.file n USING (dataset, path)
        WHERE o.file_id = %s AND n.version > o.version
        """
    return {state for (state,) in connection.execute(query, [file_id]).fetchall()}


def older_on_their_way(connection: Connection, dataset: str) -> dict[int, set[int]]:
    """Of each file that loads, the older versions of its path that are not done yet, if any."""
    rows = connection.execute(
        """
        SELECT n.file_id, array_agg(o.file_id)
        FROM ingest.file n JOIN ingest.file o USING (dataset, path)
        WHERE n.dataset = %s AND n.state = 'loading' AND o.version < n.version
          AND o.state IN ('registered', 'claimed', 'loading')
        GROUP BY n.file_id
        """,
        [dataset],
    ).fetchall()
    return {file_id: set(older) for file_id, older in rows}


def has_newer(connection: Connection, file_id: int, versions: str) -> bool:
    """Whether a newer version of the file's path is on its way, or counts in place of the file."""
    row = connection.execute(
        """
        SELECT EXISTS (
            SELECT FROM ingest.file o JOIN ingest.file n USING (dataset, path)
            WHERE o.file_id = %s AND n.version > o.version
              AND (n.state IN ('registered', 'claimed', 'loading')
                   OR n.state = 'sealed' AND (n.replay_of = o.file_id OR %s <> 'add'))
        )
        """,
        [file_id, versions],
    ).fetchone()
    return bool(row and row[0])


def files_in(connection: Connection, dataset: str, *states: str) -> list[File]:
    """The files of `dataset` in one of `states`, by file_id."""
    with connection.cursor(row_factory=class_row(File)) as cursor:
        query = f"SELECT {_FILE} FROM ingest.file WHERE dataset = %s AND state = ANY(%s)"  # noqa: S608
        return cursor.execute(query + " ORDER BY file_id", [dataset, list(states)]).fetchall()


def files_to_archive(connection: Connection, dataset: str) -> list[File]:
    """Files of `dataset` that are done, but whose bytes have yet to move on; those due now."""
    with connection.cursor(row_factory=class_row(File)) as cursor:
        query = f"""
            SELECT {_FILE} FROM ingest.file
            WHERE dataset = %s AND archived_at IS NULL AND {_DUE}
              AND state IN ('sealed', 'rejected', 'superseded', 'duplicate')
            ORDER BY file_id
            """  # noqa: S608
        return cursor.execute(query, [dataset]).fetchall()


def files(connection: Connection, file_ids: Sequence[int]) -> list[File]:
    """The files with these ids, by file_id."""
    with connection.cursor(row_factory=class_row(File)) as cursor:
        query = f"SELECT {_FILE} FROM ingest.file WHERE file_id = ANY(%s) ORDER BY file_id"  # noqa: S608
        return cursor.execute(query, [list(file_ids)]).fetchall()


def kept(connection: Connection, datasets: Sequence[str], after: int, limit: int) -> list[File]:
    """Files of `datasets` in archive/ and rejected/ with a file_id above `after`, by file_id.

    Where a file and its replays share one place, the newest of them.
    """
    with connection.cursor(row_factory=class_row(File)) as cursor:
        return cursor.execute(
            f"""
            SELECT {_FILE} FROM ingest.file f
            WHERE dataset = ANY(%s) AND file_id > %s
              AND archived_at IS NOT NULL AND location IS NOT NULL
              AND NOT EXISTS (SELECT FROM ingest.file n
                              WHERE n.location = f.location AND n.file_id > f.file_id)
            ORDER BY file_id LIMIT %s
            """,  # noqa: S608
            [list(datasets), after, limit],
        ).fetchall()


def find(connection: Connection, file_id: int) -> dict[str, Any] | None:
    """Everything the ledger says of one file."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("SELECT * FROM ingest.file WHERE file_id = %s", [file_id]).fetchone()


def known(connection: Connection, dataset: str) -> dict[str, str]:
    """Path and etag of every file of a mirror as it was last seen; those gone have no etag."""
    return dict(
        connection.execute(
            """
            SELECT path, etag
            FROM (SELECT DISTINCT ON (path) path, etag FROM ingest.file WHERE dataset = %s
                  ORDER BY path, version DESC) AS newest
            WHERE etag IS NOT NULL
            """,
            [dataset],
        ).fetchall()
    )


def mirror_identity(connection: Connection, folder: str) -> str | None:
    """What a mirror's folder is known by; None before its first set-up."""
    query = "SELECT identity FROM ingest.mirror WHERE folder = %s"
    row = connection.execute(query, [folder]).fetchone()
    return str(row[0]) if row else None


def set_mirror(connection: Connection, folder: str, identity: str) -> None:
    """Keep what a mirror's folder is known by."""
    connection.execute(
        "INSERT INTO ingest.mirror (folder, identity) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [folder, identity],
    )


def approve_loss(connection: Connection, dataset: str, paths: Sequence[str]) -> None:
    """A person says that these files are rightly gone from their mirror."""
    connection.execute(
        "INSERT INTO ingest.approval (dataset, paths) VALUES (%s, %s)", [dataset, list(paths)]
    )


def approved_loss(connection: Connection, dataset: str) -> set[str]:
    """The paths that a person says are rightly gone."""
    query = "SELECT unnest(paths) FROM ingest.approval WHERE dataset = %s"
    return {path for (path,) in connection.execute(query, [dataset]).fetchall()}


def forget_approvals(connection: Connection, dataset: str) -> None:
    """What was approved has been done, or is no longer needed."""
    connection.execute("DELETE FROM ingest.approval WHERE dataset = %s", [dataset])


def retire(connection: Connection, dataset: str, gone: Sequence[str]) -> None:
    """These files are no longer in their mirror: what came of them goes with the next build.

    Without an etag they are unknown again, should they come back. Seals are kept out meanwhile.
    """
    locks.take(connection, "seal", dataset)
    of_these = "dataset = %s AND path = ANY(%s) AND etag IS NOT NULL"
    connection.execute(
        f"""
        UPDATE ingest.file
        SET state = 'superseded', reason = 'the file is gone',
            built_at = CASE WHEN state <> 'sealed' THEN clock_timestamp() END
        WHERE {of_these} AND state IN ('sealed', 'loading', 'claimed')
        """,  # noqa: S608 - the text is ours
        [dataset, list(gone)],
    )
    connection.execute(
        f"UPDATE ingest.file SET etag = NULL WHERE {of_these}",  # noqa: S608
        [dataset, list(gone)],
    )


def claimed(connection: Connection, claims: Sequence[Claim]) -> None:
    """These files, or copies of them, can be read."""
    _taken(connection, claims, "claimed")


def taken(connection: Connection, claims: Sequence[Claim], seconds: float) -> None:
    """These files were taken, but somebody may still write to them: they are due in `seconds`."""
    _taken(connection, claims, "registered", _WRITTEN, seconds)


def _taken(
    connection: Connection,
    claims: Sequence[Claim],
    state: str,
    why: str | None = None,
    seconds: float | None = None,
) -> None:
    connection.execute(
        """
        UPDATE ingest.file f
        SET state = %s, reason = %s, retry_at = clock_timestamp() + %s * interval '1 second',
            waits_for = NULL, location = c.location, copied = c.copied,
            claimed_at = clock_timestamp(),
            etag = coalesce(c.etag, f.etag), size_bytes = coalesce(c.size_bytes, f.size_bytes)
        FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::boolean[])
             AS c (file_id, location, etag, size_bytes, copied)
        WHERE f.file_id = c.file_id AND f.state = 'registered'
        """,
        [
            state,
            why,
            seconds,
            [c.file_id for c in claims],
            [str(c.place) for c in claims],
            [c.etag for c in claims],
            [c.size_bytes for c in claims],
            [c.copied for c in claims],
        ],
    )


def forget(connection: Connection, file_ids: Sequence[int]) -> None:
    """These files were gone, or others, before they could be read: nothing of them has loaded."""
    connection.execute(
        "DELETE FROM ingest.file WHERE file_id = ANY(%s) AND state IN ('registered', 'claimed')",
        [list(file_ids)],
    )


def refuse(connection: Connection, reasons: Mapping[int, str]) -> None:
    """These whole files are rejected, each for its reason."""
    connection.execute(
        """
        UPDATE ingest.file f SET state = 'rejected', reason = r.reason
        FROM unnest(%s::bigint[], %s::text[]) AS r (file_id, reason)
        WHERE f.file_id = r.file_id AND f.state IN ('registered', 'claimed', 'loading')
        """,
        [list(reasons), [reason.replace("\0", "\\x00") for reason in reasons.values()]],
    )


def outdated(
    connection: Connection, file_id: int, reason: str = "the file changed while it was read"
) -> None:
    """A file that was never sealed, for another version counts or will be planned."""
    connection.execute(
        """
        UPDATE ingest.file SET state = 'superseded', built_at = clock_timestamp(), reason = %s
        WHERE file_id = %s AND state IN ('claimed', 'loading')
        """,
        [reason, file_id],
    )


def start_over(connection: Connection, file: File, *, anew: bool) -> None:
    """A file that grew or changed before its seal: nothing of what was read counts.

    It is a new version, if it is to load `anew`, which waits where the file is until nobody writes
    to it any more.
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
        [file.file_id, file.location, _WRITTEN, anew],
    )


def late_version(connection: Connection, file: File, place: Path, versions: str) -> str | None:
    """A new version in the place of a kept file that has grown; it waits at `place`.

    Returns why there is none, if so: the file no longer counts. One at a time can be on its way.
    """
    with connection.transaction():
        query = "SELECT state FROM ingest.file WHERE file_id = %s FOR UPDATE"
        row = connection.execute(query, [file.file_id]).fetchone()
        if row is None or row[0] not in ("sealed", "rejected"):
            return "the file no longer counts"
        if has_newer(connection, file.file_id, versions):
            return "a newer version is loading or has taken over"
        new_id = register_replay(connection, file.file_id, place)
        connection.execute(
            """
            UPDATE ingest.file SET state = 'registered', reason = %s, claimed_at = NULL
            WHERE file_id = %s
            """,
            [_WRITTEN, new_id],
        )
    return None


def scanned(connection: Connection, scans: "Mapping[int, Scan]") -> None:
    """Claimed files are ready to load: their hashes, headers and blocks are known.

    What the blocks must cover is written down beside them, for the seal to compare.
    """
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            UPDATE ingest.file SET state = 'loading', content_hash = %s, columns = %s, notes = %s,
                   dialect = %s, continues = %s, waits_for = NULL, retry_at = NULL,
                   first_data_byte = %s, content_bytes = %s, block_count = %s
            WHERE file_id = %s
            """,
            [
                [
                    *(scan.content_hash, scan.columns, scan.notes),
                    Jsonb(as_json(scan.dialect)) if scan.dialect else None,
                    scan.continues,
                    *(scan.first_data_byte, scan.content_bytes, len(scan.blocks)),
                    file_id,
                ]
                for file_id, scan in scans.items()
            ],
        )
    _insert_blocks(connection, [(file_id, b) for file_id, s in scans.items() for b in s.blocks])


def register_members(connection: Connection, archive: File, members: Sequence[Member]) -> None:
    """The files out of an archive, claimed already, as new versions of their paths."""
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


def _insert_blocks(connection: Connection, blocks: "Sequence[tuple[int, Block]]") -> None:
    """The blocks of files, numbered from 0 in their order."""
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


def same_as_before(
    connection: Connection, dataset: str, hashes: Mapping[File, str | None]
) -> set[int]:
    """Of files and their content, those whose path's newest version that counts has the same."""
    rows = connection.execute(
        """
        SELECT n.file_id
        FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::text[])
             AS n (file_id, path, version, content_hash)
        CROSS JOIN LATERAL (
            SELECT o.content_hash, o.state FROM ingest.file o
            WHERE o.dataset = %s AND o.path = n.path AND o.version < n.version
              AND o.state IN ('loading', 'sealed', 'superseded')
            ORDER BY o.version DESC LIMIT 1
        ) AS before
        WHERE before.content_hash = n.content_hash AND before.state IN ('loading', 'sealed')
        """,
        [
            [file.file_id for file in hashes],
            [file.path for file in hashes],
            [file.version for file in hashes],
            list(hashes.values()),
            dataset,
        ],
    ).fetchall()
    return {file_id for (file_id,) in rows}


def earlier(connection: Connection, dataset: str, given: Sequence[File]) -> dict[int, File]:
    """Of each file, the version of its path before that counts; a replay has its original's place.

    Nothing is told of files whose content nobody reads.
    """
    pairs = connection.execute(
        """
        WITH RECURSIVE version AS (
            SELECT file_id, dataset, path, version AS place FROM ingest.file
            WHERE dataset = %s AND path = ANY (%s) AND replay_of IS NULL
            UNION ALL
            SELECT f.file_id, f.dataset, f.path, v.place
            FROM version v JOIN ingest.file f USING (dataset, path)
            WHERE f.replay_of = v.file_id
        )
        SELECT DISTINCT ON (n.file_id) n.file_id, o.file_id
        FROM version n JOIN version b ON b.path = n.path AND b.place < n.place
        JOIN ingest.file o ON o.file_id = b.file_id
        WHERE n.file_id = ANY (%s) AND o.state IN ('loading', 'sealed')
          AND o.content_hash IS NOT NULL AND o.content_bytes IS NOT NULL
        ORDER BY n.file_id, b.place DESC, o.version DESC
        """,
        [dataset, [file.path for file in given], [file.file_id for file in given]],
    ).fetchall()
    found = {file.file_id: file for file in files(connection, [before for _, before in pairs])}
    return {file_id: found[before] for file_id, before in pairs}


def not_continued(connection: Connection, sealing: Sequence[int]) -> set[int]:
    """Of files to be sealed, those that continue a version which is not, nor a replay of it."""
    rows = connection.execute(
        """
        SELECT n.file_id FROM ingest.file n
        WHERE n.file_id = ANY (%(sealing)s) AND n.continues IS NOT NULL
          AND NOT EXISTS (SELECT FROM ingest.file o
                          WHERE n.continues IN (o.file_id, o.replay_of)
                            AND (o.state = 'sealed' OR o.file_id = ANY (%(sealing)s)))
        """,
        {"sealing": list(sealing)},
    ).fetchall()
    return {file_id for (file_id,) in rows}


def duplicate(connection: Connection, hashes: Mapping[int, str | None]) -> None:
    """The same content again: nothing to load."""
    connection.execute(
        """
        UPDATE ingest.file f
        SET state = 'duplicate', content_hash = d.content_hash,
            reason = 'the same content as the version before'
        FROM unnest(%s::bigint[], %s::text[]) AS d (file_id, content_hash)
        WHERE f.file_id = d.file_id
        """,
        [list(hashes), list(hashes.values())],
    )


def unloaded(connection: Connection, dataset: str) -> list[tuple[int, int, int]]:
    """(file_id, block_no, bytes) of every block of `dataset` that waits to be loaded, in order."""
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
    """Up to `limit` blocks between two (file_id, block_no), locked until the transaction ends.

    A block that another worker holds is passed over; one whose worker died is free again. Only of
    files that were `tried` in vain before, or only of others; those that wait are passed over.
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


def loaded(connection: Connection, counts: Sequence[BlockCounts]) -> None:
    """These blocks are in staging and quarantine; said in the transaction that put them there."""
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


def note_once(connection: Connection, notes: Mapping[int, Sequence[str]]) -> set[int]:
    """Add to each file_id those notes of which it has none that begins alike, up to the colon.

    Returns the files that have new notes.
    """
    if not notes:
        return set()
    is_new = """
        g.file_id = f.file_id AND NOT split_part(g.note, ':', 1) = ANY (
            SELECT split_part(n, ':', 1) FROM unnest(f.notes) AS n)
        """
    rows = connection.execute(
        f"""
        WITH given AS (
            SELECT * FROM unnest(%s::bigint[], %s::text[]) WITH ORDINALITY AS g (file_id, note, n)
        )
        UPDATE ingest.file f
        SET notes = f.notes || ARRAY(SELECT g.note FROM given g WHERE {is_new} ORDER BY g.n)
        WHERE file_id = ANY (%s) AND cardinality(notes) < %s
          AND EXISTS (SELECT FROM given g WHERE {is_new})
        RETURNING file_id
        """,  # noqa: S608 - the text is ours
        [
            [file_id for file_id, told in notes.items() for _ in told],
            [note for told in notes.values() for note in told],
            [*notes],
            _MOST_NOTES,
        ],
    ).fetchall()
    return {file_id for (file_id,) in rows}


def lacked(connection: Connection, columns: Mapping[int, Sequence[str | None]]) -> None:
    """Keep for each file_id which columns rows of it lack: names with commas between."""
    names = [
        (file_id, name)
        for file_id, every in columns.items()
        for name in {name for row in every if row for name in row.split(",")}
    ]
    if not names:
        return
    connection.execute(
        """
        UPDATE ingest.file f
        SET absent = ARRAY(SELECT DISTINCT unnest(f.absent || new.names) ORDER BY 1)
        FROM (SELECT file_id, array_agg(name) AS names
              FROM unnest(%s::bigint[], %s::text[]) AS n (file_id, name) GROUP BY file_id) AS new
        WHERE f.file_id = new.file_id AND NOT f.absent @> new.names
        """,
        [[file_id for file_id, _ in names], [name for _, name in names]],
    )


def note_repeated_headers(connection: Connection, counts: Mapping[int, int]) -> None:
    """Add to what is noted of how often the header is repeated in each file_id."""
    for file_id, count in sorted(counts.items()):
        connection.execute(
            """
            WITH before AS (
                SELECT file_id, n, coalesce(substring(n FROM %(told)s || ': ([0-9]+)')::int, 0) AS k
                FROM ingest.file LEFT JOIN unnest(notes) AS n ON starts_with(n, %(told)s)
                WHERE file_id = %(file_id)s
            )
            UPDATE ingest.file f
            SET notes = array_remove(f.notes, b.n) || format('%%s: %%s', %(told)s, b.k + %(count)s)
            FROM before b WHERE f.file_id = b.file_id
            """,
            {"file_id": file_id, "count": count, "told": REPEATED_HEADERS},
        )


def quarantine(
    connection: Connection, dataset: str, refused: "Sequence[tuple[int, Refused]]"
) -> None:
    """Keep refused records, each with the file_id it came from."""
    if not refused:
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY ingest.quarantine (file_id, dataset, line, raw, reasons) FROM STDIN"
        ) as copy,
    ):
        for file_id, record in refused:
            copy.write_row((file_id, dataset, record.line, record.raw, record.reasons))


def first_refused(connection: Connection, file_id: int) -> tuple[int, str] | None:
    """Line and first reason of the first record of a file that was refused, if one was."""
    query = """
        SELECT line, reasons[1] FROM ingest.quarantine WHERE file_id = %s ORDER BY line LIMIT 1
        """
    return connection.execute(query, [file_id]).fetchone()


def archived(connection: Connection, moved: Sequence[tuple[File, Path]]) -> None:
    """The bytes of files, and of the versions they replay, have reached their last places."""
    if not moved:
        return
    connection.execute(
        """
        UPDATE ingest.file f SET location = m.new
        FROM unnest(%s::text[], %s::text[]) AS m (old, new)
        WHERE f.location = m.old AND m.old <> m.new
        """,
        [[file.location for file, _ in moved], [str(new) for _, new in moved]],
    )
    connection.execute(
        "UPDATE ingest.file SET archived_at = clock_timestamp() WHERE file_id = ANY(%s)",
        [[file.file_id for file, _ in moved]],
    )


def anything_unfinished(connection: Connection, dataset: str) -> bool:
    """Whether a file of `dataset` is on its way, or sealed but not in the marts yet.

    One that waits counts once its next attempt is due, wherever it is.
    """
    row = connection.execute(
        f"""
        SELECT EXISTS (SELECT FROM ingest.file WHERE dataset = %(dataset)s
                       AND state IN ('registered', 'claimed', 'loading') AND {_DUE})
            OR EXISTS (SELECT FROM ingest.file WHERE dataset = %(dataset)s
                       AND state IN ('sealed', 'superseded') AND built_at IS NULL)
            OR EXISTS (SELECT FROM ingest.file WHERE dataset = %(dataset)s
                       AND waits_for IS NOT NULL AND {_DUE})
        """,  # noqa: S608 - the text is ours
        {"dataset": dataset},
    ).fetchone()
    return bool(row and row[0])


def list_files(
    connection: Connection,
    dataset: str | None = None,
    limit: int = 100,
    paths: Sequence[str] | None = None,
    after: int = 0,
) -> list[dict[str, Any]]:
    """The newest files first, those with a `file_id` above `after`; all the ledger says of each."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            SELECT * FROM ingest.file
            WHERE (%(dataset)s::text IS NULL OR dataset = %(dataset)s)
              AND (%(paths)s::text[] IS NULL OR path = ANY(%(paths)s))
              AND file_id > %(after)s
            ORDER BY file_id DESC LIMIT %(limit)s
            """,
            {
                "dataset": dataset,
                "limit": limit,
                "after": after,
                "paths": None if paths is None else list(paths),
            },
        ).fetchall()


def with_rows(connection: Connection, files: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Files of the ledger with what became of their rows, None while no mart shows them.

    Of the rows that were good, some stand in a mart, some were replaced by a later row of the same
    key or a newer version, and some repeat an earlier row.
    """
    names = ("rows_standing", "rows_replaced", "rows_deduplicated")
    query = f"SELECT file_id, {', '.join(names)} FROM ingest.file_rows(%s)"  # noqa: S608
    found = connection.execute(query, [[file["file_id"] for file in files]]).fetchall()
    counted = {file_id: dict(zip(names, counts, strict=True)) for file_id, *counts in found}
    return [file | counted.get(file["file_id"], dict.fromkeys(names)) for file in files]


def list_quarantine(
    connection: Connection, dataset: str | None, file_id: int | None, limit: int
) -> list[dict[str, Any]]:
    """Refused records with the path of their file, by file and line."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            SELECT q.file_id, q.dataset, f.path, q.line, q.reasons, q.raw, q.quarantined_at
            FROM ingest.quarantine q JOIN ingest.file f USING (file_id)
            WHERE (%(dataset)s::text IS NULL OR q.dataset = %(dataset)s)
              AND (%(file_id)s::bigint IS NULL OR q.file_id = %(file_id)s)
            ORDER BY q.file_id, q.line LIMIT %(limit)s
            """,
            {"dataset": dataset, "file_id": file_id, "limit": limit},
        ).fetchall()
