"""Alembic's entry point; `penstock.schema.migrate` passes the connection."""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
connection.execute(text("CREATE SCHEMA IF NOT EXISTS ingest"))
context.configure(connection=connection, version_table_schema="ingest")
with context.begin_transaction():
    context.run_migrations()
