"""Caches responses for seconds, until the marts change. Concurrent requests share one query."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from fastapi import Request
from starlette.responses import Response

from penstock import ledger
from penstock.api.answers import encode
from penstock.api.database import Database

T = TypeVar("T")

_VERSION_SECONDS = 0.5  # how long a change of the marts may go unnoticed
_ENTRIES = 1000


@dataclass(frozen=True)
class _Entry:
    made: "asyncio.Future[Any]"
    until: float

    def is_valid(self) -> bool:
        failed = self.made.done() and (self.made.cancelled() or self.made.exception())
        return time.monotonic() < self.until and not failed


class Cache:
    """A cache with single flight: concurrent requests for a key share one query."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    async def keep(self, key: Hashable, seconds: float, make: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `make`, at most `seconds` old. A failure is not cached."""
        entry = self._entries.get(key)
        if entry is None or not entry.is_valid():
            entry = _Entry(asyncio.ensure_future(make()), time.monotonic() + seconds)
            self._entries[key] = entry
            if len(self._entries) > _ENTRIES:
                self._entries.popitem(last=False)
        self._entries.move_to_end(key)
        return cast(T, await asyncio.shield(entry.made))

    async def version(self, datasets: tuple[str, ...]) -> str:
        """Return a text that changes with each build of the marts of `datasets`."""

        async def ask() -> str:
            row = await self._database.row(*ledger.last_build(datasets))
            return str(row and row["built_at"])

        return await self.keep(("version", datasets), _VERSION_SECONDS, ask)

    async def answer(
        self,
        request: Request,
        datasets: tuple[str, ...],
        make: Callable[[], Awaitable[Any]],
        *,
        seconds: float = 10,
        media_type: str = "application/json",
    ) -> Response:
        """Return the result of `make` as the response: bytes unchanged, other values as JSON.

        The response is cached by path and query for `seconds`, or until the marts of `datasets`
        change. A client with a matching ETag receives a 304.
        """
        key = (request.url.path, request.url.query, await self.version(datasets))

        async def body() -> tuple[bytes, str]:
            made = await make()
            content = made if isinstance(made, bytes) else encode(made)
            return content, f'"{hashlib.blake2s(content, digest_size=12).hexdigest()}"'

        content, etag = await self.keep(key, seconds, body)
        headers = {"ETag": etag, "Cache-Control": f"{_visibility(request)}, max-age={int(seconds)}"}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=media_type)


def _visibility(request: Request) -> str:
    """Return whether proxies may cache the response: only if the request needs no key."""
    return "private" if hasattr(request.state, "caller") else "public"
