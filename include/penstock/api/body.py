"""The body of a request as it comes in: no larger and no slower than allowed."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from penstock.api.errors import ApiError
from penstock.settings import settings

_LEAST_BYTES = 16 * 1024  # what must come in within `PENSTOCK_API_REQUEST_SECONDS`


class Body:
    """Nothing is checked before the first byte is asked for: by then the caller is known."""

    def __init__(self, receive: Receive, headers: Headers, *, streamed: bool) -> None:
        """`streamed`: of any size and duration as long as enough comes in."""
        self._receive = receive
        self._headers = headers
        self._streamed = streamed
        self._size: int | None = None
        self._patience = settings().api_request_seconds
        self._recent = 0
        self.is_awaited = False

    async def receive(self) -> Message:
        """The next message of the server.

        Raises:
            ApiError: 413, the body is too large; 408, a streamed one is too slow.
        """
        if self._size is None:
            self._size = 0
            self._check(self._declared())
        if self._streamed:
            return await self._receive_in_time()
        self.is_awaited = True
        message = await self._receive()
        self.is_awaited = message.get("more_body", False)
        self._size += len(message.get("body", b""))
        self._check(self._size)
        return message

    async def _receive_in_time(self) -> Message:
        """As `_receive`; only the time spent waiting counts."""
        now = asyncio.get_running_loop().time
        began = now()
        try:
            async with asyncio.timeout(self._patience):
                message = await self._receive()
        except TimeoutError:
            raise too_slow() from None
        self._patience -= now() - began
        self._recent += len(message.get("body", b""))
        if self._recent >= _LEAST_BYTES:
            self._patience, self._recent = settings().api_request_seconds, 0
        return message

    def _declared(self) -> int:
        length = self._headers.get("content-length", "")
        return int(length) if length.isdigit() else 0

    def _check(self, size: int) -> None:
        limit = settings().api_body_bytes
        if not self._streamed and size > limit:
            raise ApiError(413, f"the body is larger than {limit:,} bytes")


def too_slow() -> ApiError:
    """A 408: the caller sends too slowly."""
    return ApiError(408, f"too little came in for {settings().api_request_seconds:g} s")
