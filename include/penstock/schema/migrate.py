"""Migrates a warehouse to the newest schema: the ledger by Alembic, staging by declarations."""

import logging
import time
from collections.abc import Mapping

import psycopg
from psycopg import sql
from psycopg.errors import LockNotAvailable

from penstock import ledger
from penstock.datasets import all_datasets
from penstock.declare.columns import Column, Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import ABSENT, EXTRA
from penstock.errors import PenstockError
from penstock.marts import lineage
from penstock.schema import version
from penstock.settings import settings
from penstock.warehouse import locks
from penstock.warehouse.connect import connect, dsn

# Rows of a file are stored in adjacent pages: a small BRIN index finds them, so that a build does
# not scan all of staging for new rows. Vacuum maintains the index; by default it would run only
# after a fifth of the table is new.
_TABLE = """
CREATE TABLE IF NOT EXISTS {table} (_file_id bigint NOT NULL, _row bigint NOT NULL)
WITH (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000000);
CREATE INDEX IF NOT EXISTS {index} ON {table} USING brin (_file_id);
"""
_WAIT_SECONDS = 600.0  # for sessions that use a table to alter
_PAUSE_SECONDS = 1.0

log = logging.getLogger(__name__)


def migrate() -> None:
    """Create or upgrade roles, ledger and staging tables. Idempotent, also when run concurrently.

    Needs a login that owns the warehouse and may create roles.

    Raises:
        PenstockError: the schema is newer than this code, or a session blocked it for too long.
    """
    with connect(autocommit=True) as connection:
        version.refuse_newer(connection)
        locks.prepare(connection)
        with locks.held(None, "migrate"):
            _upgrade()
            for dataset in all_datasets().values():
                locks.declare(connection, dataset.name)
                _sync_staging(connection, dataset)
            _sync_marts_of_rows(connection)


def migrate_if_owner() -> None:
    """Migrate if the login owns the warehouse; otherwise only check the schema's version.

    Raises:
        PenstockError: see `migrate` and `version.check`.
    """
    if _is_owner():
        migrate()
    else:
        version.check()


def _is_owner() -> bool:
    """Return whether the login has the owner's rights, or the warehouse has no schema yet."""
    if settings().warehouse_url is None:
        return True
    owner = "SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'ingest'"
    with connect(autocommit=True) as connection:
        row = connection.execute(owner).fetchone()
    return row is None or bool(row[0])


def _upgrade() -> None:
    """Migrate the ledger in one transaction, once no session blocks a table that it alters."""
    # Imported late: processes that load files or parse DAGs never migrate.
    from sqlalchemy.exc import OperationalError

    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            return _upgrade_unless_locked()
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
        message = f"the ledger cannot be migrated while others use it: {_users_of_the_ledger()}"
        if time.monotonic() > deadline:
            raise PenstockError(f"{message}; waited {_WAIT_SECONDS:.0f} s")
        log.info("%s", message)
        time.sleep(_PAUSE_SECONDS)


def _upgrade_unless_locked() -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    config = Config()
    config.set_main_option("script_location", str(version.MIGRATIONS))
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn()))
    try:
        with engine.begin() as connection:
            # Wait only briefly, because others queue behind a requested lock.
            connection.exec_driver_sql("SET LOCAL lock_timeout = '400ms'")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _users_of_the_ledger() -> str:
    query = """
        SELECT DISTINCT holder FROM pg_tables, locks.holders(format('%I.%I', schemaname, tablename))
            AS holder WHERE schemaname = 'ingest' AND holder IS NOT NULL
    """
    with connect(autocommit=True) as connection:
        return ", ".join(holder for (holder,) in connection.execute(query)) or "gone by now"


def _sync_staging(connection: psycopg.Connection, dataset: Dataset) -> None:
    """Create the staging table of `dataset` or add its new columns. No column is ever dropped.

    An unchanged table is not altered, because ALTER TABLE waits for all its readers.
    """
    table = sql.Identifier("staging", dataset.name)
    present = _columns(connection, dataset.name)
    if not present:
        index = sql.Identifier(f"{dataset.name}_by_file")
        connection.execute(sql.SQL(_TABLE).format(table=table, index=index))
    missing = {name: sort for name, sort in _declared(dataset).items() if name not in present}
    if missing:
        _add(connection, table.as_string(connection), missing)
    comment = sql.SQL("COMMENT ON TABLE {} IS {}")
    connection.execute(comment.format(table, sql.Literal(dataset.description)))


def _add(connection: psycopg.Connection, table: str, columns: Mapping[str, str]) -> None:
    added = [
        sql.SQL("ADD COLUMN {} {}").format(sql.Identifier(name), sql.SQL(sort)).as_string()
        for name, sort in columns.items()
    ]
    alter = f"ALTER TABLE {table} {', '.join(added)}"
    locks.patiently(connection, table, alter, "to add columns", _WAIT_SECONDS)


def _columns(connection: psycopg.Connection, dataset: str) -> set[str]:
    query = """
        SELECT attname FROM pg_attribute
        WHERE attrelid = to_regclass(format('staging.%%I', %s::text)) AND NOT attisdropped
    """
    return {name for (name,) in connection.execute(query, [dataset])}


def _declared(dataset: Dataset) -> dict[str, str]:
    """Return the SQL type of each column of the staging table, by name."""
    declared: dict[str, str] = {c.name: _definition(c) for c in dataset.columns}
    if dataset.unknown_columns == "keep":
        declared[EXTRA] = "jsonb NOT NULL DEFAULT '{}'"
    if dataset.may_lack:
        declared[ABSENT] = "text"
    return declared


def _definition(column: Column) -> str:
    return "text NOT NULL DEFAULT ''" if isinstance(column, Text) else column.sql_type


def _sync_marts_of_rows(connection: psycopg.Connection) -> None:
    """Register the mart with the rows of each dataset, for the counts of `ingest.file_rows`."""
    found = [(name, *_mart_of_rows(name)) for name in all_datasets()]
    marts = [(name, relation, others) for name, relation, others in found if relation]
    with connection.transaction():
        ledger.set_marts_of_rows(connection, marts)


def _mart_of_rows(dataset: str) -> tuple[str | None, str | None]:
    """Return the mart of the dataset's rows; (None, None) if its models are broken."""
    try:
        return lineage.mart_of_rows(dataset)
    except PenstockError as error:
        log.warning("%s: %s", dataset, error)
        return None, None
