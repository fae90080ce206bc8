"""Creates, lists and revokes API keys. The warehouse stores only a hash of each."""

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
    OPERATE = "operate"


@dataclass(frozen=True)
class Key:
    """A valid key. `rate` is in requests per second."""

    key_id: str
    name: str
    secret_hash: bytes
    scopes: list[str]
    rate: int


def create(connection: Connection, name: str, scopes: Sequence[Scope], rate: int) -> str:
    """Create a key and return it as `penstock_<id>_<secret>`. It cannot be read again."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO api.key (key_id, name, secret_hash, scopes, rate) VALUES (%s, %s, %s, %s, %s)",
        [key_id, name, hashed(secret), sorted({scope.value for scope in scopes}), rate],
    )
    return f"penstock_{key_id}_{secret}"


def revoke(connection: Connection, key_id: str) -> None:
    """Revoke a key. Running servers reject it within seconds.

    Raises:
        PenstockError: no valid key has this id.
    """
    done = connection.execute(
        "UPDATE api.key SET revoked_at = now() WHERE key_id = %s AND revoked_at IS NULL", [key_id]
    )
    if not done.rowcount:
        raise PenstockError(f"no key {key_id!r} to revoke; `penstock keys list` shows them")


def every(connection: Connection) -> list[dict[str, Any]]:
    """Return all keys, including revoked ones, newest first, without their hashes."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT key_id, name, scopes, rate, created_at, revoked_at FROM api.key"
            " ORDER BY created_at DESC, key_id"
        ).fetchall()


def valid(connection: Connection) -> dict[str, Key]:
    """Return the valid keys, by id."""
    with connection.cursor(row_factory=class_row(Key)) as cursor:
        found = cursor.execute(
            "SELECT key_id, name, secret_hash, scopes, rate FROM api.key WHERE revoked_at IS NULL"
        ).fetchall()
    return {key.key_id: key for key in found}


def split(text: str) -> tuple[str, str] | None:
    """Split a key into id and secret; None if it is malformed."""
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if prefix == "penstock" and secret else None


def hashed(secret: str) -> bytes:
    """Hash a secret. One round of SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()
