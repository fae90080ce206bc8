"""Provides named locks: one process at a time plans, seals or builds a dataset, or migrates.

A lock is an empty table in the schema `locks` that only the loader and the transformer may lock.
Advisory locks are not used, because every login could take one. The transaction that holds a lock
writes nothing, so it does not delay vacuum. The lock ends when its connection ends.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal, get_args

from psycopg import Connection, sql
from psycopg.errors import DuplicateSchema, UniqueViolation

from penstock.errors import PenstockError
from penstock.warehouse.connect import Role, connect

Kind = Literal["plan", "seal", "build"]  # one lock for each dataset
Single = Literal["migrate", "verify"]  # one lock for all datasets

log = logging.getLogger(__name__)
_WAIT_SECONDS = {"plan": 1800, "seal": 600, "build": 1800, "migrate": 600, "verify": 600}
_LOG_SECONDS = 10  # between two lines in the log; an attempt takes one second

# A strong lock is requested only briefly, because all later requests queue behind it.
_SCHEMA = """
CREATE SCHEMA locks;
CREATE TABLE locks.migrate ();

CREATE FUNCTION locks.holders(relation text) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(
        format('pid %s (role %s, application %s, since %s)', pid, usename,
               coalesce(nullif(application_name, ''), 'unknown'),
               coalesce(date_trunc('second', xact_start)::text, 'unknown')),
        ', ' ORDER BY pid)
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'relation' AND granted AND pid <> pg_backend_pid()
      AND pg_locks.relation = to_regclass(holders.relation)
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;
COMMENT ON FUNCTION locks.holders IS 'Who holds a lock on a relation, in words; else NULL.';

CREATE FUNCTION locks.attempt(relation text, statement text, attempts integer) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE held_by text;
BEGIN
    FOR _ IN 1..attempts LOOP
        BEGIN
            SET LOCAL lock_timeout = '400ms';
            EXECUTE statement;
            SET LOCAL lock_timeout TO DEFAULT;
            RETURN NULL;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_stat_clear_snapshot();  -- else it sees who was there at its first look
            held_by := locks.holders(relation);
            PERFORM pg_sleep(0.6);
        END;
    END LOOP;
    RETURN coalesce(held_by, 'a session that is gone by now');
END $$;
COMMENT ON FUNCTION locks.attempt IS
    'Runs a statement that needs a strong lock on a relation, in attempts of a second of which it
waits 0.4 s, so that who comes later does not queue for long. Returns NULL, or who held it.';
"""


@contextmanager
def held(role: Role | None, kind: Kind | Single, dataset: str = "") -> Iterator[None]:
    """Hold a lock on a separate connection, outside of the transactions of the work.

    Raises:
        PenstockError: see `take`.
    """
    with connect(role) as connection:
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        take(connection, kind, dataset)
        yield


def take(connection: Connection, kind: Kind | Single, dataset: str = "") -> None:
    """Wait until the lock is free, and hold it until the transaction ends.

    Raises:
        PenstockError: another session held the lock for too long; the message names it.
    """
    table = sql.Identifier("locks", f"{kind}_{dataset}" if dataset else kind).as_string(connection)
    lock = f"LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE"
    patiently(connection, table, lock, f"to {kind} {dataset}".strip(), _WAIT_SECONDS[kind])


def patiently(
    connection: Connection, relation: str, statement: str, purpose: str, seconds: float
) -> None:
    """Run `statement`, which needs a strong lock on `relation`, once no session blocks it.

    Later requests queue behind it for at most 0.4 s. `purpose` appears in messages.

    Raises:
        PenstockError: a session blocked it for `seconds`; the message names it.
    """
    deadline = time.monotonic() + seconds
    while holder := attempt(connection, relation, statement, _LOG_SECONDS):
        if time.monotonic() > deadline:
            raise PenstockError(
                f"waited {seconds:.0f} s {purpose}: {relation} is held by {holder};"
                " wait for it, or end it with pg_terminate_backend(pid), then try again"
            )
        log.info("waiting %s: %s is held by %s", purpose, relation, holder)


def attempt(connection: Connection, relation: str, statement: str, seconds: int) -> str | None:
    """Run as `patiently`, for at most `seconds`; return None, or the session that blocked it."""
    # Literals: with parameters, the snapshot would stay open until the next statement.
    values = sql.SQL(", ").join(map(sql.Literal, (relation, statement, seconds)))
    row = connection.execute(sql.SQL("SELECT locks.attempt({})").format(values)).fetchone()
    return row[0] if row else None


def prepare(connection: Connection) -> None:
    """Create the schema `locks` and its functions, as its owner. Idempotent."""
    row = connection.execute("SELECT to_regclass('locks.migrate')").fetchone()
    if row == (None,):
        with suppress(UniqueViolation, DuplicateSchema):  # a concurrent migration created it
            connection.execute(_SCHEMA)


def declare(connection: Connection, dataset: str) -> None:
    """Create the locks of `dataset`. The connection must be of the warehouse's owner."""
    for kind in get_args(Kind):
        table = sql.Identifier("locks", f"{kind}_{dataset}")
        connection.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} ()").format(table))
