"""Authenticates and authorizes callers, by API key or by the function given to `create_app`."""

import asyncio
import hmac
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psycopg
from fastapi import Request, params
from fastapi.security import HTTPBearer

from penstock.api import keys
from penstock.api.errors import ApiError, away
from penstock.api.keys import Key, Scope
from penstock.settings import settings

log = logging.getLogger(__name__)

_FRESH_SECONDS = 3.0  # how long a revoked key may still be valid
_UNKNOWN_KEY_SECONDS = 0.5  # the least time between reads for an unknown key, which may be new


@dataclass(frozen=True)
class Caller:
    """An authenticated caller: the name for the log, and the scopes."""

    name: str
    scopes: frozenset[str]


Identify = Callable[[Request], Awaitable[Caller]]
"""Returns the caller of a request; raises an ApiError (401) if authentication fails."""


@dataclass(frozen=True)
class Host:
    """An app that mounts this one, and knows its users.

    `login_url` returns where a person logs in who wants to see a URL.
    """

    identify: Identify
    login_url: Callable[[str], str]


_bearer = HTTPBearer(auto_error=False, description="An API key, from `penstock keys create`.")


def needs(scope: Scope) -> params.Security:
    """Declare the scope of a router or route: `Router(dependencies=[needs(Scope.READ)])`."""
    return params.Security(_bearer, scopes=[scope.value])


async def authorize(request: Request, scopes: frozenset[str]) -> None:
    """Check that the caller has all `scopes`. Reads only the request's headers.

    Raises:
        ApiError: 401 if authentication fails, 403 if a scope is missing, 429 above the rate limit.
    """
    if scopes <= open_scopes():
        return
    caller: Caller = await request.app.state.services.identify(request)
    request.state.caller = caller.name
    missing = scopes - caller.scopes
    if missing:
        raise ApiError(403, f"{caller.name} lacks the scope {', '.join(sorted(missing))}")


def caller_name(request: Request) -> str:
    """The name of who asks, for what is kept of an action; where a scope is open, "anyone"."""
    return getattr(request.state, "caller", None) or "anyone"


class KeyRing:
    """The valid API keys, read from the warehouse every few seconds.

    While the warehouse is down, the last known keys stay valid, so that votes are still accepted.
    """

    def __init__(self, conninfo: str, share: int) -> None:
        """`share`: the number of processes that share a key's rate limit."""
        self._conninfo = conninfo
        self._share = share
        self._keys: dict[str, Key] | None = None
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._buckets: dict[str, _Bucket] = {}

    async def identify(self, request: Request) -> Caller:
        """Return the holder of the key in `Authorization: Bearer <key>`.

        Raises:
            ApiError: 401 if the key is missing or invalid, 429 above its rate limit, 503 if no keys
                could be read yet.
        """
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        key = await self.holding(text.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise ApiError(
                401,
                "expected the header `Authorization: Bearer <key>` with a valid API key",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return self.admit(key)

    def admit(self, key: Key) -> Caller:
        """Count a request of the key's holder.

        Raises:
            ApiError: 429 above the rate limit.
        """
        self._take_token(key)
        return Caller(key.name, frozenset(key.scopes))

    async def holding(self, text: str) -> Key | None:
        """Return the valid key that is written `text`; None if there is none.

        Raises:
            ApiError: 503, no keys could be read yet.
        """
        key_id, secret = keys.split(text) or ("", "")
        key = await self.find(key_id)
        matches = hmac.compare_digest(keys.hashed(secret), key.secret_hash if key else b"")
        return key if matches else None

    async def find(self, key_id: str) -> Key | None:
        """Return the valid key with this id; None if there is none.

        Raises:
            ApiError: 503, no keys could be read yet.
        """
        age = time.monotonic() - self._read_at
        known = self._keys or {}
        if self._keys is None or (key_id not in known and age > _UNKNOWN_KEY_SECONDS):
            await self._read()
        elif age > _FRESH_SECONDS:
            self._start_reading()
        if self._keys is None:
            raise away()
        return self._keys.get(key_id)

    def _start_reading(self) -> "asyncio.Task[None]":
        """Start to read the keys. Concurrent callers share one read."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_keys())
        return self._reading

    async def _read(self) -> None:
        await asyncio.shield(self._start_reading())

    async def _read_keys(self) -> None:
        self._read_at = time.monotonic()
        try:
            self._keys = await asyncio.to_thread(self._fetch_keys)
        except psycopg.Error as error:
            log.warning("the API keys cannot be read: %s", error)

    def _fetch_keys(self) -> dict[str, Key]:
        with psycopg.connect(self._conninfo, connect_timeout=5) as connection:
            return keys.valid(connection)

    def _take_token(self, key: Key) -> None:
        rate = key.rate / self._share
        bucket = self._buckets.setdefault(key.key_id, _Bucket(tokens=max(rate, 1.0)))
        wait = bucket.take(rate)
        if wait:
            raise ApiError(
                429,
                f"{key.name} asks more than {key.rate} times a second",
                headers={"Retry-After": str(int(wait) + 1)},
            )


@dataclass
class _Bucket:
    """A token bucket that holds the tokens of one second."""

    tokens: float
    filled_at: float = field(default_factory=time.monotonic)

    def take(self, rate: float) -> float:
        """Take one token and return 0; if none is left, return the seconds until the next."""
        now = time.monotonic()
        self.tokens = min(max(rate, 1.0), self.tokens + (now - self.filled_at) * rate)
        self.filled_at = now
        if self.tokens < 1:
            return (1 - self.tokens) / rate
        self.tokens -= 1
        return 0.0


def open_scopes() -> frozenset[str]:
    """Return the scopes that need no key."""
    scopes_text = settings().api_open
    return frozenset(scopes_text.split(",")) if scopes_text else frozenset()
