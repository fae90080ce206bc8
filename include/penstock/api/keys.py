"""API keys in the warehouse: made, listed and revoked. Only a hash of each is kept."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from penstock.errors import PenstockError


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    UPLOAD = "upload"
    VOTE = "vote"
    METRICS = "metrics"
    PROCESS = "process"


@dataclass(frozen=True)
class Key:
    """A key that counts. `rate` is in requests a second."""

    key_id: str
    name: str
    secret_hash: bytes
    scopes: list[str]
    rate: int


def create(connection: Connection, name: str, scopes: Sequence[Scope], rate: int) -> str:
    """A new key, `penstock_<id>_<secret>`: shown this once."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO api.key (key_id, name, secret_hash, scopes, rate) VALUES (%s, %s, %s, %s, %s)",
        [key_id, name, hashed(secret), sorted({scope.value for scope in scopes}), rate],
    )
    return f"penstock_{key_id}_{secret}"


def revoke(connection: Connection, key_id: str) -> None:
    """The key counts no longer; running servers know within seconds.

    Raises:
        PenstockError: no key that counts has this id.
    """
    done = connection.execute(
        "UPDATE api.key SET revoked_at = now() WHERE key_id = %s AND revoked_at IS NULL", [key_id]
    )
    if not done.rowcount:
        raise PenstockError(f"no key {key_id!r} to revoke; `penstock keys list` shows them")


def every(connection: Connection) -> list[dict[str, Any]]:
    """All keys there ever were, the newest first, without their hashes."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT key_id, name, scopes, rate, created_at, revoked_at FROM api.key"
            " ORDER BY created_at DESC, key_id"
        ).fetchall()


def valid(connection: Connection) -> dict[str, Key]:
    """The keys that count, by id."""
    with connection.cursor(row_factory=class_row(Key)) as cursor:
        found = cursor.execute(
            "SELECT key_id, name, secret_hash, scopes, rate FROM api.key WHERE revoked_at IS NULL"
        ).fetchall()
    return {key.key_id: key for key in found}


def split(text: str) -> tuple[str, str] | None:
    """Id and secret of a key's text; None when it is no key."""
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if prefix == "penstock" and secret else None


def hashed(secret: str) -> bytes:
    """One round of SHA-256 is enough: a secret of 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).digest()
