"""Limits connections of `penstock serve`, before a request is read.

Headers are limited in time and size. Above the connection limit, a new connection replaces an idle
one, so that idle clients lock nobody out. Some file descriptors stay reserved, for example for the
spool of votes.
"""

import asyncio
import resource
from asyncio import TimerHandle
from collections import defaultdict
from ipaddress import ip_address
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from penstock.api.errors import problem
from penstock.settings import settings

_HEADERS = 100  # at most, in one request
_RESERVED_FILES = 128  # of a process: for the spool, the warehouse, logs and libraries


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with limits."""

    _of_address: ClassVar[defaultdict[str, dict["Connection", None]]] = defaultdict(dict)
    """The connections of this process by address, in order of arrival."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._address = ""
        self._in_headers = False
        self._header_bytes = 0
        self._received = 0
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection; above the limit, it replaces an idle one."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        if self._is_over_limit() and not self._evict_idle():
            self._refuse(503, "there are too many connections; try again soon")
            return
        self._of_address[self._address][self] = None
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self._stop_timer()
        mine = self._of_address[self._address]
        mine.pop(self, None)
        if not mine:
            del self._of_address[self._address]

    def data_received(self, data: bytes) -> None:
        """Pass data to the parser, within the limit of the headers' size."""
        if self._in_headers and self._header_bytes > settings().api_header_bytes:
            self._refuse(431, _TOO_MANY_HEADERS)
            return
        self._received = len(data)
        was_in_headers = self._in_headers
        super().data_received(data)
        if self._in_headers and was_in_headers:
            self._header_bytes += len(data)
        if self._in_headers or not self._is_busy():
            self._start_timer()

    def on_message_begin(self) -> None:
        """Reset the limits for a new request."""
        super().on_message_begin()
        self._in_headers, self._header_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Check the size of the headers, then let the request be handled."""
        self._in_headers = False
        self._stop_timer()
        if len(self.headers) > _HEADERS or self._are_headers_too_large():
            raise ValueError(_TOO_MANY_HEADERS)  # the parser then ends by `send_400_response`
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Respond to an invalid request or to headers that are too large."""
        if len(self.headers or ()) > _HEADERS or self._are_headers_too_large():
            self._refuse(431, _TOO_MANY_HEADERS)
        else:
            self._refuse(400, msg)

    def _are_headers_too_large(self) -> bool:
        limit = settings().api_header_bytes
        if self._header_bytes + self._received <= limit:  # the fast path
            return False
        sizes = (len(name) + len(value) for name, value in self.headers or ())
        return len(self.url) + sum(sizes) > limit

    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _start_timer(self) -> None:
        if self._timer is None:
            seconds = settings().api_header_seconds
            self._timer = self.loop.call_later(seconds, self._on_timeout)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timeout(self) -> None:
        self._timer = None
        if self._is_busy():  # a pipelined request arrives during a response
            self._start_timer()
        else:
            self._refuse(408, f"no request came in for {settings().api_header_seconds:g} s")

    def _refuse(self, status: int, text: str) -> None:
        """Send an error and close; during another response, only close."""
        if not self._is_busy() and not self.transport.is_closing():
            answer = problem(status, text, None, _CLOSING)
            headers = (b"%s: %s\r\n" % header for header in answer.raw_headers)
            self.transport.write(b"".join([STATUS_LINE[status], *headers, b"\r\n", answer.body]))
        self.transport.close()

    def _is_over_limit(self) -> bool:
        if len(self.connections) > most_connections():
            return True
        if len(self._of_address[self._address]) < settings().api_connections_per_address:
            return False
        return not _is_proxy(self._address)

    def _evict_idle(self) -> bool:
        """Close an idle connection: of this address, or else of the address with the most."""
        for others in (self._of_address[self._address], max(self._of_address.values(), key=len)):
            waiting = [other for other in others if not other._is_busy()]
            if waiting:  # prefer one without any request, then the oldest
                evicted = min(waiting, key=lambda other: other.cycle is not None)
                others.pop(evicted)
                evicted.transport.abort()
                return True
        return False


_TOO_MANY_HEADERS = "the request's headers are too many or too large"
_CLOSING = {"Connection": "close", "X-Content-Type-Options": "nosniff"}


def most_connections() -> int:
    """Return the most connections of this process. Each may need a second file descriptor."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(settings().api_connections, (files - _RESERVED_FILES) // 2))


def raise_file_limit() -> None:
    """Raise this process's limit of open files to the need of its connections, if permitted."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings().api_connections * 2 + _RESERVED_FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def _is_proxy(address: str) -> bool:
    return any(ip_address(address) in network for network in settings().proxies)
