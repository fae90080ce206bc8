"""What people did to files: asked for by anybody who may, done by the loader, kept for ever.

Every function leaves the transaction to its caller. To ask needs the role `api` or `loader`, to
do it the role `loader`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row


class Act(StrEnum):
    """The kind of an action, as in `ingest.action.kind`."""

    REPLAY = "replay"  # load a kept file again
    REJECT = "reject"  # refuse a file that is in flight or waits
    RETRACT = "retract"  # take the rows of a sealed file out of the marts
    MEND = "mend"  # land a corrected file
    APPROVE = "approve"  # remove the rows of files that are gone from a mirror


@dataclass(frozen=True)
class Action:
    """What somebody asked for, and what became of it."""

    action_id: int
    kind: str
    dataset: str
    file_id: int | None
    who: str
    why: str | None
    path: str | None
    asked_at: datetime
    done_at: datetime | None
    refused: str | None
    result_file_id: int | None

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.done_at is None and self.refused is None


_ACTION = """
    action_id, kind, dataset, file_id, who, why, path, asked_at, done_at, refused, result_file_id
"""


def ask(
    connection: Connection,
    act: Act,
    dataset: str,
    who: str,
    *,
    why: str | None = None,
    file_id: int | None = None,
    path: str | None = None,
) -> Action:
    """Record that `who` asks for an action, which the next plan of `dataset` does."""
    given = [text and text.replace("\0", "\\x00") for text in (who, why)]
    with connection.cursor(row_factory=class_row(Action)) as cursor:
        found = cursor.execute(
            f"""
            INSERT INTO ingest.action (kind, dataset, file_id, who, why, path)
            VALUES (%s, %s, %s, %s, %s, %s) RETURNING {_ACTION}
            """,  # noqa: S608 - the text is ours
            [act, dataset, file_id, *given, path],
        ).fetchone()
    assert found  # noqa: S101 - an insert returns its row
    return found


def open_actions(connection: Connection, dataset: str) -> list[Action]:
    """The actions on `dataset` that are still to be done, in the order of asking."""
    condition = "dataset = %s AND done_at IS NULL AND refused IS NULL ORDER BY action_id"
    return _actions(connection, condition, [dataset])


def find_action(connection: Connection, action_id: int) -> Action:
    """The action with this key, which exists."""
    (found,) = _actions(connection, "action_id = %s", [action_id])
    return found


def mark_done(connection: Connection, action_id: int, result_file_id: int | None = None) -> None:
    """Mark an action as done; call it in the transaction that does it."""
    connection.execute(
        """
        UPDATE ingest.action SET done_at = clock_timestamp(), result_file_id = %s
        WHERE action_id = %s
        """,
        [result_file_id, action_id],
    )


def mark_refused(connection: Connection, action_id: int, why: str) -> None:
    """Mark an action as one that cannot be done."""
    connection.execute(
        "UPDATE ingest.action SET refused = %s WHERE action_id = %s",
        [why.replace("\0", "\\x00"), action_id],
    )


def actions_of(connection: Connection, file_id: int) -> list[Action]:
    """The actions that were asked of a file, or of which it is the result, the newest first."""
    condition = """
        action_id IN (SELECT action_id FROM ingest.action WHERE file_id = %(file_id)s
                      UNION SELECT action_id FROM ingest.action WHERE result_file_id = %(file_id)s
                      UNION SELECT a.action_id FROM ingest.file f
                            JOIN ingest.action a USING (dataset, path)
                            WHERE f.file_id = %(file_id)s)
        ORDER BY action_id DESC
        """
    return _actions(connection, condition, {"file_id": file_id})


def recent_actions(
    connection: Connection, dataset: str | None = None, limit: int = 50
) -> list[Action]:
    """The last actions on `dataset`, or on all, the newest first."""
    condition = """
        (%(dataset)s::text IS NULL OR dataset = %(dataset)s) ORDER BY action_id DESC LIMIT %(limit)s
        """
    return _actions(connection, condition, {"dataset": dataset, "limit": limit})


def mended_by(connection: Connection, file_id: int) -> list[dict[str, Any]]:
    """The files that mend any version of a file's path: the newest version of each."""
    query = """
        SELECT DISTINCT ON (m.path) m.*
        FROM ingest.file f
        JOIN ingest.file v USING (dataset, path)
        JOIN ingest.action a ON a.file_id = v.file_id AND a.kind = 'mend'
        JOIN ingest.file m ON m.dataset = a.dataset AND m.path = a.path
        WHERE f.file_id = %s ORDER BY m.path, m.version DESC
        """
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, [file_id]).fetchall()


def mends(connection: Connection, file_id: int) -> int | None:
    """The file that this one mends, or a version of it; None if it is no corrected file."""
    query = """
        SELECT a.file_id FROM ingest.file m
        JOIN ingest.action a ON a.dataset = m.dataset AND a.path = m.path AND a.kind = 'mend'
        WHERE m.file_id = %s ORDER BY a.action_id LIMIT 1
        """
    row = connection.execute(query, [file_id]).fetchone()
    return row[0] if row else None


def _actions(
    connection: Connection, condition: str, values: Sequence[Any] | dict[str, Any]
) -> list[Action]:
    with connection.cursor(row_factory=class_row(Action)) as cursor:
        query = f"SELECT {_ACTION} FROM ingest.action WHERE {condition}"  # noqa: S608 - ours
        return cursor.execute(query, values).fetchall()
