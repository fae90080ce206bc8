"""What Postgres knows of a mart: its columns with types and descriptions, and about how many rows.

The names in a query come from here, never from the address of a page.
"""

from dataclasses import dataclass

from psycopg import sql

from penstock.api.database import Database

_SMALL = 200_000  # rows that are counted one by one
_MART = """
SELECT c.relname AS name, obj_description(c.oid) AS description, c.relkind = 'r' AS is_table,
    c.reltuples::bigint AS estimate, pg_relation_size(c.oid) AS bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'marts' AND c.relkind IN ('r', 'v', 'm') AND c.relname = %s
"""
_COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type,
    col_description(a.attrelid, a.attnum) AS description,
    EXISTS (SELECT FROM pg_index i
            WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum) AS is_indexed
FROM pg_attribute a
WHERE a.attrelid = to_regclass(format('marts.%%I', %s::text)) AND a.attnum > 0
    AND NOT a.attisdropped
ORDER BY a.attnum
"""
_TIMES = ("timestamp with time zone", "timestamp without time zone", "date")


@dataclass(frozen=True)
class Column:
    """A column; `is_indexed`: an index begins with it, so a value is found soon."""

    name: str
    type: str
    description: str | None
    is_indexed: bool


@dataclass(frozen=True)
class Mart:
    """A table or view in the schema `marts`; `estimate` is -1 while its rows are not estimated."""

    name: str
    description: str | None
    is_table: bool
    estimate: int
    bytes: int
    columns: tuple[Column, ...]

    @property
    def is_small(self) -> bool:
        """Whether its rows can be counted while a person waits."""
        return self.is_table and self.bytes < 100 * _SMALL and self.estimate < _SMALL

    @property
    def identifier(self) -> sql.Identifier:
        """Its name in a query."""
        return sql.Identifier("marts", self.name)

    @property
    def time_column(self) -> Column | None:
        """The first column that holds a time."""
        return next((column for column in self.columns if column.type in _TIMES), None)

    @property
    def filters(self) -> tuple[Column, ...]:
        """The columns whose values can be searched for soon."""
        return tuple(c for c in self.columns if c.is_indexed or not self.is_table or self.is_small)

    def column(self, name: str | None) -> Column | None:
        """Return the column with this name that can be searched; None without one."""
        return next((column for column in self.filters if column.name == name), None)


async def find(database: Database, name: str) -> Mart | None:
    """Return the mart with this name; None if it is not built."""
    row = await database.row(_MART, [name])
    if row is None:
        return None
    columns = await database.rows(_COLUMNS, [name])
    return Mart(**row, columns=tuple(Column(**column) for column in columns))
