"""What the routes stand on, made once a process: the warehouse, the keys, the cache and so on."""

import asyncio
from typing import Annotated

from fastapi import Depends, Request

from penstock.api.auth import Caller, Identify, KeyRing
from penstock.api.caching import Cache
from penstock.api.database import Database
from penstock.api.loads import Loads
from penstock.intake import uploads
from penstock.intake.votes import Spool
from penstock.settings import settings
from penstock.warehouse import dsn


class Services:
    """Started with the app, or, where it is mounted in another, by its first request."""

    database: Database
    cache: Cache
    spool: Spool
    loads: Loads

    def __init__(self, identify: Identify | None) -> None:
        """`identify` tells who asks; without it, API keys do."""
        self._identify = identify
        self._starting = asyncio.Lock()
        self.started = False

    async def start(self) -> None:
        """Begin; nothing happens when it has begun. The warehouse need not answer yet."""
        if self.started:
            return
        async with self._starting:
            if not self.started:
                await self._start()
                self.started = True

    async def stop(self) -> None:
        """End, leaving nothing in the spool."""
        if self.started:
            self.started = False
            await self.loads.close()
            await self.spool.close()
            await self.database.close()

    async def identify(self, request: Request) -> Caller:
        """Who asks.

        Raises:
            ApiError: 401 when that cannot be told, 429 when they ask too often.
        """
        assert self._identify  # noqa: S101 - set by _start
        return await self._identify(request)

    async def _start(self) -> None:
        conninfo = await asyncio.to_thread(dsn, "api")  # starts an embedded server
        self.database = Database(conninfo)
        await self.database.open()
        self.cache = Cache(self.database)
        if self._identify is None:
            self._identify = KeyRing(conninfo, settings().api_workers).identify
        self.loads = Loads()
        self.spool = Spool()
        await self.spool.open()
        await asyncio.to_thread(uploads.tidy)


async def _services(request: Request) -> Services:  # async: a plain function costs a thread
    services: Services = request.app.state.services
    return services


Provided = Annotated[Services, Depends(_services)]
"""A route's parameter `services: Provided` holds the database, the cache, the spool, the loads."""
