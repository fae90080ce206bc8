"""Brings a warehouse to the newest schema: Alembic for the ledger, declarations for staging."""

from pathlib import Path

import psycopg
from psycopg import sql

from penstock.columns import Column, Text
from penstock.dataset import Dataset
from penstock.datasets import all_datasets
from penstock.formats.declared import EXTRA
from penstock.warehouse.connect import connect, dsn

_LOCK = 7_303_014_001  # one migration at a time in a database; any fixed number will do

# Rows of a file stand close together: a small index tells in which pages, so that a build need not
# look through all of staging for the new ones. Vacuum keeps it up; else not before a fifth is new.
_TABLE = """
CREATE TABLE IF NOT EXISTS {} (_file_id bigint NOT NULL, _row bigint NOT NULL)
WITH (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000000)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS {} ON {} USING brin (_file_id)"


def migrate() -> None:
    """Create or upgrade roles, ledger and staging tables; safe to repeat and to run twice at once.

    Needs a login that owns the warehouse and may create roles.
    """
    with connect(autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        _upgrade()
        for dataset in all_datasets().values():
            _sync_staging(connection, dataset)


def _upgrade() -> None:
    # Here, for who loads files or reads DAGs never migrates.
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn()))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()


def _sync_staging(connection: psycopg.Connection, dataset: Dataset) -> None:
    """Staging follows its declaration: a new column is added, none is ever dropped."""
    table = sql.Identifier("staging", dataset.name)
    connection.execute(sql.SQL(_TABLE).format(table))
    index = sql.Identifier(f"{dataset.name}_by_file")
    connection.execute(sql.SQL(_INDEX).format(index, table))
    for column in dataset.columns:
        add = sql.SQL("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} ").format(
            table, sql.Identifier(column.name)
        )
        connection.execute(add + sql.SQL(_definition(column)))
    if dataset.extra == "keep":
        extra = sql.SQL("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} jsonb NOT NULL DEFAULT '{{}}'")
        connection.execute(extra.format(table, sql.Identifier(EXTRA)))
    comment = sql.SQL("COMMENT ON TABLE {} IS {}")
    connection.execute(comment.format(table, sql.Literal(dataset.description)))


def _definition(column: Column) -> str:
    return "text NOT NULL DEFAULT ''" if isinstance(column, Text) else column.sql_type
