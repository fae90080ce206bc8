"""Answers kept for a moment: made once however many ask, and anew when the marts have changed."""

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

_VERSION_SECONDS = 0.5  # how late a cache may notice that the marts have changed
_ENTRIES = 1000


@dataclass(frozen=True)
class _Entry:
    made: "asyncio.Future[Any]"
    until: float

    def counts(self) -> bool:
        failed = self.made.done() and (self.made.cancelled() or self.made.exception())
        return time.monotonic() < self.until and not failed


class Cache:
    """Single flight: of many who ask for the same at once, one asks the warehouse."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    async def keep(self, key: Hashable, seconds: float, make: Callable[[], Awaitable[T]]) -> T:
        """What `make` gave at most `seconds` ago. A failure reaches all who wait; none is kept."""
        entry = self._entries.get(key)
        if entry is None or not entry.counts():
            entry = _Entry(asyncio.ensure_future(make()), time.monotonic() + seconds)
            self._entries[key] = entry
            if len(self._entries) > _ENTRIES:
                self._entries.popitem(last=False)
        self._entries.move_to_end(key)
        return cast(T, await asyncio.shield(entry.made))

    async def version(self, datasets: tuple[str, ...]) -> str:
        """What changes whenever a build changes the marts of `datasets`."""

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
        """What `make` gives, as JSON, or as it is when it gives bytes.

        It is kept under the request's path and query for `seconds` at most, and no longer than
        until the marts of `datasets` change. Who has it already gets a 304.
        """
        key = (request.url.path, request.url.query, await self.version(datasets))

        async def body() -> tuple[bytes, str]:
            made = await make()
            content = made if isinstance(made, bytes) else encode(made)
            return content, f'"{hashlib.blake2s(content, digest_size=12).hexdigest()}"'

        content, etag = await self.keep(key, seconds, body)
        headers = {"ETag": etag, "Cache-Control": f"{_who(request)}, max-age={int(seconds)}"}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=media_type)


def _who(request: Request) -> str:
    """Proxies may keep what needs no key."""
    return "private" if hasattr(request.state, "caller") else "public"
