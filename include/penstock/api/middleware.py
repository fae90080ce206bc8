"""Wraps every request: request id, limits, security headers, log line, metrics, error handling.

Plain ASGI: Starlette's base class for middleware would halve the throughput.
"""

import asyncio
import itertools
import logging
import re
import secrets
import time
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from penstock.api import metrics
from penstock.api.body import Body, too_slow
from penstock.api.errors import ApiError, answer
from penstock.settings import settings

if TYPE_CHECKING:
    from penstock.api.services import Services

log = logging.getLogger("penstock.api.access")

STREAMED = ("/uploads", "/ui/upload/")
"""Paths without a limit of body size and time here: their routes check the limits."""
MEND = "/mend"
"""The end of other such paths, where corrected files are received."""

_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_REQUEST_ID = re.compile(r"[\w.-]{1,64}")
_GONE = 499  # nginx's status for a client that closed the connection
_QUIET = {"/health/live", "/health/ready", "/metrics", "/votes", "/vote"}
"""Frequent machine requests: only failures are logged."""


class Guarded:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, services: "Services") -> None:
        self._app = app
        self._services = services
        self._prefix = secrets.token_hex(4)
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        exchange = _Exchange(scope, receive, send, headers, self._request_id(headers))
        scope.setdefault("state", {})["request_id"] = exchange.request_id
        try:
            # Mounted in another app, the first request starts the services.
            await self._services.start()
            async with asyncio.timeout(exchange.limit_seconds) as exchange.clock:
                await self._app(scope, exchange.body.receive, exchange.send)
        except ClientDisconnect:
            exchange.status = _GONE
        except ApiError as error:
            await exchange.fail(error)
        except TimeoutError:
            await exchange.fail(exchange.too_slow())
        except Exception:
            log.exception("unforeseen", extra={"fields": {"request_id": exchange.request_id}})
            text = "something went wrong here; the log has more under this request_id"
            await exchange.fail(ApiError(500, text))
        finally:
            exchange.finish()

    def _request_id(self, headers: Headers) -> str:
        given = headers.get("x-request-id", "")
        if _REQUEST_ID.fullmatch(given):
            return given
        return f"{self._prefix}-{next(self._numbers):x}"


class _Exchange:
    """One request and its answer."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, headers: Headers, request_id: str
    ) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        streamed = path.startswith(STREAMED) or path.endswith(MEND)
        self.body = Body(receive, headers, streamed=streamed)
        self.limit_seconds = None if streamed else settings().api_request_seconds
        self.request_id = request_id
        self.status = 0
        self.clock: asyncio.Timeout | None = None
        self._scope = scope
        self._receive = receive
        self._send = send
        self._began = time.perf_counter()

    def too_slow(self) -> ApiError:
        """Return a 408 if the caller's body was slow, or a 503 if the response was."""
        if self.body.is_awaited:
            return too_slow()
        return ApiError(503, f"not done within {self.limit_seconds:g} s, so it was ended")

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            for name, value in _SECURITY.items():
                headers.setdefault(name, value)
            if self.clock:
                self.clock.reschedule(None)  # no time limit for the response
        await self._send(message)

    async def fail(self, error: ApiError) -> None:
        """Respond with the error; if a response has begun, abort the connection."""
        if self.status:
            raise ConnectionAbortedError("the answer could not be completed")
        self.clock = None
        response = answer(Request(self._scope), error)
        await response(self._scope, self._receive, self.send)

    def finish(self) -> None:
        seconds = time.perf_counter() - self._began
        route = getattr(self._scope.get("route"), "path", "none")
        metrics.answered(self._scope["method"], route, self.status, seconds)
        if self.status >= 400 or self._scope["path"] not in _QUIET:
            log.info("request", extra={"fields": self._fields(seconds)})

    def _fields(self, seconds: float) -> dict[str, Any]:
        return {
            "request_id": self.request_id,
            "caller": self._scope["state"].get("caller"),
            "client": client[0] if (client := self._scope.get("client")) else None,
            "method": self._scope["method"],
            "path": self._scope["path"],
            "status": self.status,
            "ms": round(seconds * 1000, 2),
        }
