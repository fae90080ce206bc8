"""Reads the warehouse for the API, through a pool of connections as `penstock_api`."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql
from psycopg.errors import UndefinedFunction, UndefinedTable
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from penstock.settings import settings

Query = LiteralString | sql.Composed | sql.SQL
Params = Sequence[Any] | Mapping[str, Any] | None
Row = dict[str, Any]

_WAIT_SECONDS = 2.0  # for a free connection; then the caller gets a 503
_NO_MART = (UndefinedTable, UndefinedFunction)


class Database:
    """Reads with bound parameters; every query ends within `PENSTOCK_API_QUERY_SECONDS`.

    A mart that is not built yet has no rows.

    Every method raises psycopg's OperationalError or PoolTimeout if the warehouse does not answer.
    The API turns these into a 503.
    """

    def __init__(self, conninfo: str) -> None:
        self._pool = AsyncConnectionPool(
            conninfo,
            min_size=1,
            max_size=settings().api_pool,
            timeout=_WAIT_SECONDS,
            open=False,
            configure=_configure,
            # An extra round trip, so that a restart of Postgres causes no error.
            check=AsyncConnectionPool.check_connection,
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "application_name": "penstock api",
                "connect_timeout": 5,
            },
        )

    async def open(self) -> None:
        """Start to connect. Returns at once, whether the warehouse answers or not."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    async def rows(self, query: Query, params: Params = None) -> list[Row]:
        """Return all rows, each as a dictionary by column name."""
        with suppress(*_NO_MART):
            async with self._pool.connection() as connection:
                return await (await connection.execute(query, params)).fetchall()
        return []

    async def row(self, query: Query, params: Params = None) -> Row | None:
        """Return the first row, or None."""
        with suppress(*_NO_MART):
            async with self._pool.connection() as connection:
                return await (await connection.execute(query, params)).fetchone()
        return None

    async def stream(
        self, query: Query, params: Params = None, batch: int = 2000
    ) -> AsyncIterator[list[Row]]:
        """Yield rows in batches, in constant memory."""
        with suppress(*_NO_MART):
            async with (
                self._pool.connection() as connection,
                connection.transaction(),
                connection.cursor("stream") as cursor,
            ):
                await cursor.execute(query, params)
                while rows := await cursor.fetchmany(batch):
                    yield rows

    async def copy(self, query: LiteralString) -> AsyncIterator[bytes]:
        """Yield all rows as CSV without a header or timeout; nothing before the mart's first build.

        Raises:
            psycopg.Error: the query failed; the bytes so far are incomplete.
        """
        with suppress(*_NO_MART):
            async with self._pool.connection() as connection, connection.transaction():
                await connection.execute("SET LOCAL statement_timeout = 0")
                statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(sql.SQL(query))
                async with connection.cursor().copy(statement) as out:
                    async for part in out:
                        yield bytes(part)


async def _configure(connection: AsyncConnection[Row]) -> None:
    milliseconds = str(int(settings().api_query_seconds * 1000))
    await connection.execute(
        "SELECT set_config('statement_timeout', %s, false), set_config('timezone', 'UTC', false)",
        [milliseconds],
    )
