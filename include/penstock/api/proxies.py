"""Limits the concurrent requests of each client behind a proxy."""

from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send

from penstock.api.errors import ApiError
from penstock.settings import settings


class FairTurns:
    """Limits concurrent requests by client address, which uvicorn reads from `X-Forwarded-For`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._running: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if client is None:
            await self._app(scope, receive, send)
            return
        address = client[0]
        if self._running[address] >= settings().api_connections_per_address:
            text = f"{address} has {self._running[address]} requests running; wait for one to end"
            raise ApiError(429, text, headers={"Retry-After": "1"})
        self._running[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._running[address] -= 1
            if not self._running[address]:
                del self._running[address]
