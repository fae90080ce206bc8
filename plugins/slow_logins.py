"""Slows down password guessing in the web UI: after a few failures, a login must wait."""

import json
import time
from collections import OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ROUTES = ("/auth/token", "/auth/token/cli")
_FREE = 5  # failures before a login must wait
_LONGEST_WAIT = 300.0
_LONGEST_BODY = 16_384
_MOST_KEPT = 10_000  # addresses and users; the least recent are dropped first


class Failures:
    """Failed logins by address and by user. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, keys: list[str], now: float) -> float:
        """Return the seconds until the next attempt is allowed; 0 if it is allowed now."""
        return max(0.0, *(self._due(key) - now for key in keys))

    def add(self, keys: list[str], now: float) -> None:
        """Record a failed login."""
        for key in keys:
            count, _ = self._kept.pop(key, (0, 0.0))
            self._kept[key] = (count + 1, now)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    def forget(self, keys: list[str]) -> None:
        """Reset the failures after a successful login."""
        for key in keys:
            self._kept.pop(key, None)

    def _due(self, key: str) -> float:
        count, last = self._kept.get(key, (0, 0.0))
        if count < _FREE:
            return 0.0
        return last + min(_LONGEST_WAIT, 2.0 ** min(count - _FREE, 30))


class SlowLogins:
    """Middleware of Airflow's app. Requests other than logins pass through unchanged."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app
        self._failures = Failures()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Handle a request."""
        if not _is_login(scope):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            await _refuse(send, 413, "the body of a login is longer than any login")
            return
        keys = [f"address {(scope.get('client') or ('',))[0]}", *_user(body)]
        now = time.monotonic()
        wait = self._failures.wait(keys, now)
        if wait > 0:
            await _refuse(send, 429, "too many wrong logins", int(wait) + 1)
            return
        # Counted as failed in advance, so that concurrent attempts must wait.
        self._failures.add(keys, now)

        async def watch(message: "Message") -> None:
            if message["type"] == "http.response.start" and message["status"] < 300:
                self._failures.forget(keys)
            await send(message)

        await self._app(scope, _replay(body, receive), watch)


def _is_login(scope: "Scope") -> bool:
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    return str(scope["path"]).rstrip("/").endswith(_ROUTES)


async def _read(receive: "Receive") -> bytes | None:
    """Return the whole body; None if it is too long."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _LONGEST_BODY:
            return None
    return body


def _replay(body: bytes, receive: "Receive") -> "Receive":
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> "Message":
        return waiting.pop() if waiting else await receive()

    return again


def _user(body: bytes) -> list[str]:
    """Return the key of the user named in the body; [] if none is named."""
    try:
        given = json.loads(body)
    except ValueError:
        given = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
    name = given.get("username") if isinstance(given, dict) else None
    return [f"user {name}"] if isinstance(name, str) else []


async def _refuse(send: "Send", status: int, why: str, retry_after: int | None = None) -> None:
    headers = [(b"content-type", b"application/json")]
    if retry_after:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"detail": why}).encode()})


class SlowLoginsPlugin(AirflowPlugin):
    """The plugin that Airflow registers."""

    name = "slow_logins"
    fastapi_root_middlewares = [  # noqa: RUF012 - as AirflowPlugin declares it
        {"middleware": SlowLogins, "name": "Slow logins"}
    ]
