"""Holds the services that routes share in a process: database, cache, keys, spool, loads."""

import asyncio
from typing import Annotated

from fastapi import Depends, Request

from penstock.api.auth import Caller, Host, KeyRing
from penstock.api.caching import Cache
from penstock.api.database import Database
from penstock.api.loads import Loads
from penstock.intake import uploads
from penstock.intake.votes import Spool
from penstock.settings import settings
from penstock.warehouse import dsn


class Services:
    """Starts with the app or, if mounted in another app, with the first request."""

    database: Database
    cache: Cache
    spool: Spool
    loads: Loads
    keys: KeyRing

    def __init__(self, host: Host | None) -> None:
        """`host` authenticates callers; without one, their API keys do."""
        self.host = host
        self._starting = asyncio.Lock()
        self.started = False

    async def start(self) -> None:
        """Start the services. Idempotent. Does not wait for the warehouse to answer."""
        if self.started:
            return
        async with self._starting:
            if not self.started:
                await self._start()
                self.started = True

    async def stop(self) -> None:
        """Stop the services and land the votes in the spool."""
        if self.started:
            self.started = False
            await self.loads.close()
            await self.spool.close()
            await self.database.close()

    async def identify(self, request: Request) -> Caller:
        """Return the caller of a request.

        Raises:
            ApiError: 401 if authentication fails, 429 above the rate limit.
        """
        identify = self.host.identify if self.host else self.keys.identify
        return await identify(request)

    async def _start(self) -> None:
        conninfo = await asyncio.to_thread(dsn, "api")  # starts an embedded server
        self.database = Database(conninfo)
        await self.database.open()
        self.cache = Cache(self.database)
        self.keys = KeyRing(conninfo, settings().api_workers)
        self.loads = Loads()
        self.spool = Spool()
        await self.spool.open()
        await asyncio.to_thread(uploads.tidy)


async def _services(request: Request) -> Services:  # async: a plain function would run in a thread
    services: Services = request.app.state.services
    return services


Provided = Annotated[Services, Depends(_services)]
"""A route's parameter `services: Provided` holds the database, the cache, the spool, the loads."""
