"""Create the indexes that only make some queries faster, once the rows count as built.

A model lists them in its `meta`: `late_indexes: ["gin (...)"]`. Until they are there, the queries
that they serve are slow.
"""

from collections.abc import Iterable
from typing import Any

from psycopg import Connection, sql

_MEMORY = "SET LOCAL maintenance_work_mem = '256MB'"


def create(connection: Connection, models: Iterable[Any]) -> None:
    """Create those of dbt's `models` that are missing. Readers do not wait. Needs `transformer`."""
    for model in models:
        for number, definition in enumerate(model.config.meta.get("late_indexes", [])):
            _create(connection, sql.Identifier(model.schema, model.alias), number, definition)


def _create(connection: Connection, relation: sql.Identifier, number: int, definition: str) -> None:
    # Named after the table's number: a replaced table that is still in use keeps its index.
    found = connection.execute("SELECT %s::regclass::oid", [relation.as_string(connection)])
    (oid,) = found.fetchone() or (0,)
    statement = sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} USING {}").format(
        sql.Identifier(f"late_{oid}_{number}"), relation, sql.SQL(definition)
    )
    with connection.transaction():
        connection.execute(_MEMORY)
        connection.execute(statement)
