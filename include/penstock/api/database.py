"""Reads the warehouse for the API, through a pool of connections as `penstock_api`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Concatenate, LiteralString, ParamSpec, TypeVar

from psycopg import AsyncConnection, Connection, sql
from psycopg.errors import UndefinedFunction, UndefinedTable
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from penstock.settings import settings

Query = LiteralString | sql.Composed | sql.SQL
Params = Sequence[Any] | Mapping[str, Any] | None
Row = dict[str, Any]
T = TypeVar("T")
P = ParamSpec("P")

_WAIT_SECONDS = 2.0  # for a free connection; then the caller gets a 503
_NO_MART = (UndefinedTable, UndefinedFunction)
_LIMITS: LiteralString = (
    "SELECT set_config('statement_timeout', %s, false), set_config('timezone', 'UTC', false)"
)
_OPTIONS = {"autocommit": True, "application_name": "penstock api", "connect_timeout": 5}


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
            kwargs=_OPTIONS | {"row_factory": dict_row},
        )
        self._blocking = ConnectionPool(
            conninfo,
            min_size=0,
            max_size=settings().api_pool,
            timeout=_WAIT_SECONDS,
            open=False,
            configure=_configure_blocking,
            check=ConnectionPool.check_connection,
            kwargs=_OPTIONS,
        )

    async def open(self) -> None:
        """Start to connect. Returns at once, whether the warehouse answers or not."""
        await self._pool.open(wait=False)
        await asyncio.to_thread(self._blocking.open, wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()
        await asyncio.to_thread(self._blocking.close)

    async def ask(
        self, question: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what a function of the ledger says, run in a thread: `ask(ledger.find, 7)`."""

        def run() -> T:
            with self._blocking.connection() as connection:
                return question(connection, *args, **kwargs)

        return await asyncio.to_thread(run)

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
    await connection.execute(_LIMITS, [_query_milliseconds()])


def _configure_blocking(connection: Connection) -> None:
    connection.execute(_LIMITS, [_query_milliseconds()])


def _query_milliseconds() -> str:
    return str(int(settings().api_query_seconds * 1000))
