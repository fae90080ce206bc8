"""The page of the ledger, from the comments in a migrated warehouse."""

from collections.abc import Iterator
from itertools import groupby

from psycopg import Connection
from tools.reference.markdown import code, page, table

INTRODUCTION = """
The ledger is the schema `ingest`. It says what became of every file and every refused record. All
roles can read it, and its tables and columns are stable: build queries and dashboards on them.
[Concepts](../concepts.md) explains the states of a file.
"""
_COLUMNS = """
SELECT c.relname, obj_description(c.oid, 'pg_class'), c.relkind = 'v',
       a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       coalesce(col_description(c.oid, a.attnum), '')
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'ingest'::regnamespace AND c.relkind IN ('r', 'v')
  AND c.relname <> 'alembic_version'
ORDER BY c.relname, a.attnum
"""
_FUNCTIONS = """
SELECT format('ingest.%s(%s)', proname, pg_get_function_arguments(oid)),
       pg_get_function_result(oid), obj_description(oid, 'pg_proc')
FROM pg_proc
WHERE pronamespace = 'ingest'::regnamespace AND obj_description(oid, 'pg_proc') IS NOT NULL
ORDER BY proname
"""


def ledger_page(connection: Connection) -> str:
    """Every table, view and function of the ledger."""
    columns = connection.execute(_COLUMNS).fetchall()
    sections = [
        line
        for (name, comment, is_view), found in groupby(columns, lambda row: row[:3])
        for line in _relation(name, comment, is_view, [row[3:] for row in found])
    ]
    return page("Ledger tables", INTRODUCTION, *sections, *_functions(connection))


def _relation(
    name: str, comment: str | None, is_view: bool, columns: list[tuple[str, str, bool, str]]
) -> Iterator[str]:
    yield f"## `ingest.{name}`\n"
    yield f"{'A view. ' * is_view}{comment or ''}\n"
    rows = [
        (code(column), of_type, "" if not_null or is_view else "yes", meaning)
        for column, of_type, not_null, meaning in columns
    ]
    yield table(("Column", "Type", "May be null", "Meaning"), rows)


def _functions(connection: Connection) -> Iterator[str]:
    yield "## Functions\n"
    for signature, result, comment in connection.execute(_FUNCTIONS):
        yield f"`{signature}`\n\n{comment} Returns `{result}`.\n"
