"""Compares the version of the warehouse's schema with the one that this code is written for."""

from pathlib import Path

import psycopg

from penstock.errors import PenstockError
from penstock.warehouse.connect import app_url

MIGRATIONS = Path(__file__).parent / "migrations"


def expected() -> str:
    """Return the version that this code expects: the number of its newest migration."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def check() -> None:
    """Check that the schema has the expected version. Changes nothing.

    Raises:
        PenstockError: the schema is missing, older or newer; the message says what to do.
    """
    with psycopg.connect(app_url(), autocommit=True) as connection:
        found = _version(connection)
    if found != expected():
        raise PenstockError(_advice(found))


def refuse_newer(connection: psycopg.Connection) -> None:
    """Check that the schema is not newer than this code.

    Raises:
        PenstockError: it is newer.
    """
    found = _version(connection)
    if found is not None and found > expected():
        raise PenstockError(_advice(found))


def _version(connection: psycopg.Connection) -> str | None:
    """Return the version of the schema; None if the warehouse has no schema yet."""
    roles = "SELECT FROM pg_roles WHERE rolname = 'penstock_reader'"
    if connection.execute(roles).fetchone() is None:
        return None
    with connection.transaction():
        connection.execute("SET LOCAL ROLE penstock_reader")
        exists = (
            "SELECT FROM pg_tables WHERE (schemaname, tablename) = ('ingest', 'alembic_version')"
        )
        if connection.execute(exists).fetchone() is None:
            return None
        row = connection.execute("SELECT version_num FROM ingest.alembic_version").fetchone()
    return str(row[0]) if row else None


def _advice(found: str | None) -> str:
    if found is not None and found > expected():
        return (
            f"the warehouse's schema has version {found}, newer than version {expected()} of this "
            "Penstock: install the Penstock that migrated it, or a newer one"
        )
    what = f"has version {found}, older than version {expected()} of" if found else "is missing for"
    return (
        f"the warehouse's schema {what} this Penstock: run `penstock migrate` as the login that "
        "owns the warehouse, or `penstock up`; in containers, `docker compose run --rm migrate`"
    )
