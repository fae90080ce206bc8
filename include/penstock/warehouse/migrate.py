"""Brings a warehouse to the newest schema: Alembic for the ledger, declarations for staging."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine

from penstock.columns import Column, Text
from penstock.dataset import Dataset
from penstock.datasets import all_datasets
from penstock.formats.declared import EXTRA
from penstock.warehouse.connect import connect, dsn

_LOCK = 7_303_014_001  # one migration at a time in a database; any fixed number will do


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
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn()))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
    engine.dispose()


def _sync_staging(connection: psycopg.Connection, dataset: Dataset) -> None:
    """Staging follows its declaration: a new column is added, none is ever dropped."""
    table = sql.Identifier("staging", dataset.name)
    create = sql.SQL(
        "CREATE TABLE IF NOT EXISTS {} (_file_id bigint NOT NULL, _row bigint NOT NULL)"
    )
    connection.execute(create.format(table))
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
