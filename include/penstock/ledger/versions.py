"""Compare the versions of a path: which is newer, in force, or a continuation of another."""

from collections.abc import Mapping, Sequence

from psycopg import Connection

from penstock.ledger.files import File, files_by_id
from penstock.ledger.states import IN_FLIGHT, sql_list

UNCOVERED = "its blocks did not cover it: it is loaded again as the next version"
"""The reason of a version whose blocks did not cover it."""


def times_uncovered(connection: Connection, file_id: int) -> int:
    """The number of versions of a file's path whose blocks did not cover them."""
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


def older_in_flight(connection: Connection, dataset: str) -> dict[int, set[int]]:
    """The older versions in flight of each file that loads, by file_id."""
    rows = connection.execute(
        f"""
        SELECT n.file_id, array_agg(o.file_id)
        FROM ingest.file n JOIN ingest.file o USING (dataset, path)
        WHERE n.dataset = %s AND n.state = 'loading' AND o.version < n.version
          AND o.state IN {sql_list(IN_FLIGHT)}
        GROUP BY n.file_id
        """,  # noqa: S608 - the text is ours
        [dataset],
    ).fetchall()
    return {file_id: set(older) for file_id, older in rows}


def has_newer(connection: Connection, file_id: int, versions: str) -> bool:
    """Whether a newer version of the file's path, or another load of its bytes, counts or will.

    Versions in flight will; of those that are sealed, a newer one that replaces it by the rule
    `versions` of its dataset, and every other replay of the same file.
    """
    row = connection.execute(
        f"""
        WITH RECURSIVE origin AS (
            SELECT file_id, dataset, path, replay_of FROM ingest.file WHERE file_id = %(file_id)s
            UNION ALL
            SELECT o.file_id, o.dataset, o.path, o.replay_of
            FROM origin n JOIN ingest.file o ON o.file_id = n.replay_of
        ), same AS (
            SELECT file_id, dataset, path FROM origin WHERE replay_of IS NULL
            UNION ALL
            SELECT f.file_id, f.dataset, f.path
            FROM same s JOIN ingest.file f USING (dataset, path) WHERE f.replay_of = s.file_id
        )
        SELECT EXISTS (
            SELECT FROM ingest.file o JOIN ingest.file n USING (dataset, path)
            WHERE o.file_id = %(file_id)s AND n.file_id <> o.file_id
              AND (n.version > o.version AND n.state IN {sql_list(IN_FLIGHT)}
                   OR n.state = 'sealed' AND (n.version > o.version AND %(versions)s <> 'add'
                                              OR n.file_id IN (SELECT file_id FROM same)))
        )
        """,  # noqa: S608 - the text is ours
        {"file_id": file_id, "versions": versions},
    ).fetchone()
    return bool(row and row[0])


def newer_in_flight(connection: Connection, file_id: int) -> int | None:
    """A newer version of the file's path that is in flight, or None."""
    row = connection.execute(
        f"""
        SELECT n.file_id FROM ingest.file o JOIN ingest.file n USING (dataset, path)
        WHERE o.file_id = %s AND n.version > o.version AND n.state IN {sql_list(IN_FLIGHT)}
        LIMIT 1
        """,  # noqa: S608 - the text is ours
        [file_id],
    ).fetchone()
    return row[0] if row else None


def sealed_together(connection: Connection, file_id: int) -> list[int]:
    """The file, and the sealed versions that continue it or that it continues, in order.

    Together they hold the rows of one delivered file of which each version loads what was appended.
    """
    rows = connection.execute(
        """
        WITH RECURSIVE linked AS (
            SELECT file_id, dataset, path, continues, replay_of
            FROM ingest.file WHERE file_id = %s
            UNION
            SELECT f.file_id, f.dataset, f.path, f.continues, f.replay_of
            FROM linked l JOIN ingest.file f USING (dataset, path)
            WHERE f.file_id IN (l.continues, l.replay_of) OR l.file_id IN (f.continues, f.replay_of)
        )
        SELECT file_id FROM linked JOIN ingest.file f USING (file_id)
        WHERE f.state = 'sealed' ORDER BY file_id
        """,
        [file_id],
    ).fetchall()
    return [sealed for (sealed,) in rows]


def same_as_before(
    connection: Connection, dataset: str, hashes: Mapping[File, str | None]
) -> set[int]:
    """The file_ids whose content equals the newest earlier version in force at their path."""
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


def earlier_versions(
    connection: Connection, dataset: str, given: Sequence[File]
) -> dict[int, File]:
    """The previous version in force, by file_id; a replay takes the place of its original.

    Versions whose content was not read are left out.
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
    found = {
        file.file_id: file for file in files_by_id(connection, [before for _, before in pairs])
    }
    return {file_id: found[before] for file_id, before in pairs}


def not_continued(connection: Connection, sealing: Sequence[int]) -> set[int]:
    """Files to seal that continue a version of which neither it nor a replay of it is sealed."""
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


def places_without_rows(connection: Connection, file_id: int) -> list[str]:
    """Where versions of the file's path are that give no rows, neither themselves nor replayed."""
    rows = connection.execute(
        """
        SELECT v.location FROM ingest.file f JOIN ingest.file v USING (dataset, path)
        WHERE f.file_id = %s AND v.location IS NOT NULL
        GROUP BY v.location
        HAVING bool_and(v.state IN ('superseded', 'duplicate'))
        """,
        [file_id],
    ).fetchall()
    return [location for (location,) in rows]
