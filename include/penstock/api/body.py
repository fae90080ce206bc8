"""Receives the body of a request, and limits its size and slowness."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from penstock.api.errors import ApiError
from penstock.settings import settings

_MIN_BYTES = 16 * 1024  # the least bytes in each PENSTOCK_API_REQUEST_SECONDS


class Body:
    """The body of a request. Checks start with the first read, after authorization."""

    def __init__(self, receive: Receive, headers: Headers, *, streamed: bool) -> None:
        """`streamed`: only the rate is limited, not the size and the duration."""
        self._receive = receive
        self._headers = headers
        self._streamed = streamed
        self._size: int | None = None
        self._seconds_left = settings().api_request_seconds
        self._recent = 0
        self.is_awaited = False

    async def receive(self) -> Message:
        """Return the server's next message.

        Raises:
            ApiError: 413, the body is too large; 408, a streamed body is too slow.
        """
        if self._size is None:
            self._size = 0
            self._check(self._declared())
        if self._streamed:
            return await self._receive_with_timeout()
        self.is_awaited = True
        message = await self._receive()
        self.is_awaited = message.get("more_body", False)
        self._size += len(message.get("body", b""))
        self._check(self._size)
        return message

    async def _receive_with_timeout(self) -> Message:
        """Receive a message with a timeout. Only the time spent waiting counts."""
        now = asyncio.get_running_loop().time
        began = now()
        try:
            async with asyncio.timeout(self._seconds_left):
                message = await self._receive()
        except TimeoutError:
            raise too_slow() from None
        self._seconds_left -= now() - began
        self._recent += len(message.get("body", b""))
        if self._recent >= _MIN_BYTES:
            self._seconds_left, self._recent = settings().api_request_seconds, 0
        return message

    def _declared(self) -> int:
        length = self._headers.get("content-length", "")
        return int(length) if length.isdigit() else 0

    def _check(self, size: int) -> None:
        limit = settings().api_body_bytes
        if not self._streamed and size > limit:
            raise ApiError(413, f"the body is larger than {limit:,} bytes")


def too_slow() -> ApiError:
    """Return a 408: the caller sends too slowly."""
    return ApiError(408, f"too little came in for {settings().api_request_seconds:g} s")
