"""Change the state of files: claimed, loading, rejected, superseded, duplicate, archived.

Every function takes a connection of the role `loader` and leaves the transaction to its caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import Connection
from psycopg.types.json import Jsonb

from penstock.formats.dialect import as_json
from penstock.ledger.blocks import insert_blocks
from penstock.ledger.files import File
from penstock.ledger.registration import UNSETTLED
from penstock.ledger.states import IN_FLIGHT, State, sql_list

if TYPE_CHECKING:
    from penstock.formats.scanned import Scan


@dataclass(frozen=True)
class Claim:
    """A file that was taken: its new place, its etag and size; `copied`: a copy is read."""

    file_id: int
    place: Path
    etag: str | None = None
    size_bytes: int | None = None
    copied: bool = False


def mark_claimed(connection: Connection, claims: Sequence[Claim]) -> None:
    """Mark files as claimed: they, or copies of them, can be read."""
    _mark_taken(connection, claims, State.CLAIMED)


def mark_unsettled(connection: Connection, claims: Sequence[Claim], seconds: float) -> None:
    """Leave files registered to which somebody may still write; they are due in `seconds`."""
    _mark_taken(connection, claims, State.REGISTERED, UNSETTLED, seconds)


def _mark_taken(
    connection: Connection,
    claims: Sequence[Claim],
    state: State,
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


def mark_scanned(connection: Connection, scans: "Mapping[int, Scan]") -> None:
    """Mark claimed files as loading, with their hashes, headers and blocks.

    Also stores the range of bytes that the blocks must cover, for the check of the seal.
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
    insert_blocks(connection, [(file_id, b) for file_id, s in scans.items() for b in s.blocks])


def forget(connection: Connection, file_ids: Sequence[int]) -> None:
    """Delete files that vanished, or were replaced, before they were read."""
    connection.execute(
        "DELETE FROM ingest.file WHERE file_id = ANY(%s) AND state IN ('registered', 'claimed')",
        [list(file_ids)],
    )


def reject(connection: Connection, reasons: Mapping[int, str]) -> None:
    """Reject files in flight, each with its reason, by file_id."""
    connection.execute(
        f"""
        UPDATE ingest.file f SET state = 'rejected', reason = r.reason
        FROM unnest(%s::bigint[], %s::text[]) AS r (file_id, reason)
        WHERE f.file_id = r.file_id AND f.state IN {sql_list(IN_FLIGHT)}
        """,  # noqa: S608 - the text is ours
        [list(reasons), [reason.replace("\0", "\\x00") for reason in reasons.values()]],
    )


def supersede(
    connection: Connection, file_id: int, reason: str = "the file changed while it was read"
) -> None:
    """Supersede a file that was never sealed: another version replaces it, now or later."""
    connection.execute(
        """
        UPDATE ingest.file SET state = 'superseded', built_at = clock_timestamp(), reason = %s
        WHERE file_id = %s AND state IN ('claimed', 'loading')
        """,
        [reason, file_id],
    )


def retract(connection: Connection, dataset: str, reasons: Mapping[int, str]) -> None:
    """Supersede sealed files, each with its reason, by file_id: the next build removes their rows.

    The connection holds the lock `seal` of `dataset`.
    """
    connection.execute(
        """
        UPDATE ingest.file f SET state = 'superseded', built_at = NULL, reason = r.reason
        FROM unnest(%s::bigint[], %s::text[]) AS r (file_id, reason)
        WHERE f.dataset = %s AND f.file_id = r.file_id AND f.state = 'sealed'
        """,
        [list(reasons), list(reasons.values()), dataset],
    )


def mark_duplicates(connection: Connection, hashes: Mapping[int, str | None]) -> None:
    """Mark files as duplicates: their path already has this content."""
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


def mark_archived(connection: Connection, moved: Sequence[tuple[File, Path]]) -> None:
    """Mark files as archived at their new places, along with replays that share the file."""
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
