"""Mirrors: their folders, the files last seen in them, and deletions that a person approved."""

from collections.abc import Sequence

from psycopg import Connection

from penstock.warehouse import locks


def known_etags(connection: Connection, dataset: str) -> dict[str, str]:
    """Path and etag of every file last seen in a mirror, without deleted files."""
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
    """The identity of a mirror's folder; None before it is set up."""
    query = "SELECT identity FROM ingest.mirror WHERE folder = %s"
    row = connection.execute(query, [folder]).fetchone()
    return str(row[0]) if row else None


def set_mirror(connection: Connection, folder: str, identity: str) -> None:
    """Store the identity of a mirror's folder, unless one is stored already."""
    connection.execute(
        "INSERT INTO ingest.mirror (folder, identity) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [folder, identity],
    )


def approve_loss(connection: Connection, dataset: str, paths: Sequence[str]) -> None:
    """Record that a person approved the deletion of these files from their mirror."""
    connection.execute(
        "INSERT INTO ingest.approval (dataset, paths) VALUES (%s, %s)", [dataset, list(paths)]
    )


def approved_loss(connection: Connection, dataset: str) -> set[str]:
    """The paths whose deletion a person approved."""
    query = "SELECT unnest(paths) FROM ingest.approval WHERE dataset = %s"
    return {path for (path,) in connection.execute(query, [dataset]).fetchall()}


def forget_approvals(connection: Connection, dataset: str) -> None:
    """Delete the approvals of a dataset, which were used or are no longer needed."""
    connection.execute("DELETE FROM ingest.approval WHERE dataset = %s", [dataset])


def retire(connection: Connection, dataset: str, gone: Sequence[str]) -> None:
    """Supersede files that were deleted from their mirror: the next build deletes their rows.

    Their etag is removed, so that they count as new if they come back. Takes the lock `seal`.
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
