"""Who looks at a page: an Airflow user, the holder of an API key, or anyone where that is open."""

from dataclasses import dataclass

from fastapi import Request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from penstock.api.auth import Caller, open_scopes
from penstock.api.errors import ApiError
from penstock.api.keys import Key
from penstock.api.services import Services
from penstock.site.secret import signer

COOKIE = "penstock_session"


@dataclass(frozen=True)
class Visitor:
    """A person at a page: the name, None without a login, and the scopes."""

    name: str | None
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether the person may do what `scope` allows."""
        return scope in self.scopes


async def admit(request: Request, scopes: frozenset[str]) -> None:
    """Find out who asks, for `visitor`, and check that the person has all `scopes`.

    Raises:
        ApiError: 401 without a login, 403 if a scope is missing, 429 above the rate limit.
    """
    caller = await _caller(request.app.state.services, request)
    granted = open_scopes() | (caller.scopes if caller else frozenset())
    request.state.visitor = Visitor(caller.name if caller else None, granted)
    request.state.caller = caller.name if caller else None
    if scopes <= granted:
        return
    if caller is None:
        raise ApiError(401, "log in to see this page")
    missing = ", ".join(sorted(scopes - granted))
    raise ApiError(403, f"{caller.name} lacks the permission {missing}; ask an administrator")


def visitor(request: Request) -> Visitor:
    """Return who asks; nobody in particular on a page that is open to all."""
    known = getattr(request.state, "visitor", None)
    return known if isinstance(known, Visitor) else Visitor(None, open_scopes())


def session_of(key: Key) -> str:
    """Return the value of the cookie that identifies the holder of `key`."""
    return _sessions().dumps(key.key_id)


async def _caller(services: Services, request: Request) -> Caller | None:
    if services.host:
        try:
            return await services.host.identify(request)
        except ApiError as error:
            if error.status_code == 401:
                return None
            raise
    key = await _holder(services, request.cookies.get(COOKIE, ""))
    return services.keys.admit(key) if key else None


async def _holder(services: Services, session: str) -> Key | None:
    try:
        key_id = _sessions().loads(session, max_age=SESSION_SECONDS)
    except BadSignature:
        return None
    return await services.keys.find(key_id)


def _sessions() -> URLSafeTimedSerializer:
    return signer("session")


SESSION_SECONDS = 12 * 3600
"""How long a login lasts."""
LONGEST_NEXT = 2000
"""The longest address that the login leads back to, in characters."""
