"""Mirrors: the folder of each, the files last seen in it, and losses that a person approved."""

from collections.abc import Sequence

from psycopg import Connection

from penstock.warehouse import locks


def known_etags(connection: Connection, dataset: str) -> dict[str, str]:
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
