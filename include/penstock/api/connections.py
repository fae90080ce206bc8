"""Connections of `penstock serve`: limits that hold before there is a request.

Headers end within a time and a size. Of more connections than there may be, one that waits is
closed in favour of a new one, so that whoever holds connections open keeps nobody out; and file
descriptors are left for what the answers need, such as the spool of votes.
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

_HEADERS = 100  # of one request, at most
_RESERVED_FILES = 128  # of a process: for the spool, the warehouse, logs and libraries


class Connection(HttpToolsProtocol):
    """uvicorn's, with limits."""

    _of_address: ClassVar[defaultdict[str, dict["Connection", None]]] = defaultdict(dict)
    """Of this process, in the order in which they came."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._address = ""
        self._in_headers = False
        self._header_bytes = 0
        self._received = 0
        self._clock: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let it in, if need be in the place of one that waits."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        if self._is_one_too_many() and not self._take_a_place():
            self._refuse(503, "there are too many connections; try again soon")
            return
        self._of_address[self._address][self] = None
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """It ended; nothing of it is kept."""
        super().connection_lost(exc)
        self._stop_clock()
        mine = self._of_address[self._address]
        mine.pop(self, None)
        if not mine:
            del self._of_address[self._address]

    def data_received(self, data: bytes) -> None:
        """Take in what came, as long as it is not all headers."""
        if self._in_headers and self._header_bytes > settings().api_header_bytes:
            self._refuse(431, _TOO_MANY_HEADERS)
            return
        self._received = len(data)
        went_on = self._in_headers
        super().data_received(data)
        if self._in_headers and went_on:
            self._header_bytes += len(data)
        if self._in_headers or not self._is_busy():
            self._start_clock()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_headers, self._header_bytes = True, 0

    def on_headers_complete(self) -> None:
        """A request can be answered."""
        self._in_headers = False
        self._stop_clock()
        if len(self.headers) > _HEADERS or self._are_headers_too_large():
            raise ValueError(_TOO_MANY_HEADERS)  # the parser then ends by `send_400_response`
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """What came is no request, or more than one may be."""
        if len(self.headers or ()) > _HEADERS or self._are_headers_too_large():
            self._refuse(431, _TOO_MANY_HEADERS)
        else:
            self._refuse(400, msg)

    def _are_headers_too_large(self) -> bool:
        limit = settings().api_header_bytes
        if self._header_bytes + self._received <= limit:  # nearly always: no need to look
            return False
        sizes = (len(name) + len(value) for name, value in self.headers or ())
        return len(self.url) + sum(sizes) > limit

    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _start_clock(self) -> None:
        if self._clock is None:
            seconds = settings().api_header_seconds
            self._clock = self.loop.call_later(seconds, self._time_is_up)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _time_is_up(self) -> None:
        self._clock = None
        if self._is_busy():  # the next request comes in while this one is answered
            self._start_clock()
        else:
            self._refuse(408, f"no request came in for {settings().api_header_seconds:g} s")

    def _refuse(self, status: int, text: str) -> None:
        """Answer and close; while another answer is on its way, only close."""
        if not self._is_busy() and not self.transport.is_closing():
            answer = problem(status, text, None, _CLOSING)
            headers = (b"%s: %s\r\n" % header for header in answer.raw_headers)
            self.transport.write(b"".join([STATUS_LINE[status], *headers, b"\r\n", answer.body]))
        self.transport.close()

    def _is_one_too_many(self) -> bool:
        if len(self.connections) > most_connections():
            return True
        if len(self._of_address[self._address]) < settings().api_connections_per_address:
            return False
        return not _is_proxy(self._address)

    def _take_a_place(self) -> bool:
        """Close one that waits: of this address, else of whose there are most."""
        for others in (self._of_address[self._address], max(self._of_address.values(), key=len)):
            waiting = [other for other in others if not other._is_busy()]
            if waiting:  # rather one that never asked; of these, the first
                place = min(waiting, key=lambda other: other.cycle is not None)
                others.pop(place)
                place.transport.abort()
                return True
        return False


_TOO_MANY_HEADERS = "the request's headers are too many or too large"
_CLOSING = {"Connection": "close", "X-Content-Type-Options": "nosniff"}


def most_connections() -> int:
    """How many connections this process may have: each may need a file, too."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(settings().api_connections, (files - _RESERVED_FILES) // 2))


def raise_file_limit() -> None:
    """Let this process open as many files as its connections may need, if it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings().api_connections * 2 + _RESERVED_FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def _is_proxy(address: str) -> bool:
    return any(ip_address(address) in network for network in settings().proxies)
