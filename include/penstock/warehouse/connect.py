"""Opens connections to the warehouse, each as one of the least-privilege roles."""

import os
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from penstock.errors import PenstockError
from penstock.settings import settings
from penstock.warehouse import embedded, logins

Role = Literal["loader", "transformer", "reader", "api"]

# Both sides detect a dead peer after a minute, not after hours, which frees the locks of a lost
# client. Unix sockets do not need this.
_KEEPALIVE = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
_SESSION = {f"tcp_{name}": value for name, value in _KEEPALIVE.items()} | {
    "client_connection_check_interval": "10s",
}

_OWN_LOGINS: dict[Role | None, str] = {
    None: embedded.SUPERUSER,
    "reader": logins.ANALYST,
    "api": logins.API,
}


def dsn(role: Role | None = None) -> str:
    """Return the libpq URL of the warehouse; with `role`, sessions act as `penstock_<role>`.

    Without a role, it is the login for migrations. The login of `PENSTOCK_WAREHOUSE_URL` must be a
    member of the roles it is used with; `migrate` needs their owner. The embedded server is started
    if it does not run; it has separate logins that are limited to reader and api.
    """
    if settings().warehouse_url is None and role in _OWN_LOGINS:
        return _embedded(_OWN_LOGINS[role])
    return _with_role(app_url(), role)


def app_url() -> str:
    """Return the libpq URL of the login that loads and builds. Each session chooses a role."""
    external = settings().warehouse_url
    return _embedded(logins.APP) if external is None else external


def use(address: str) -> None:
    """Make this process and its children load and build at this libpq URL."""
    if conninfo_to_dict(address) != conninfo_to_dict(app_url()):
        os.environ["PENSTOCK_WAREHOUSE_URL"] = address
        settings.cache_clear()


def people_url() -> str:
    """Return the libpq URL for people and their tools: a login that is limited to reading.

    Raises:
        PenstockError: the warehouse is external and `PENSTOCK_READER_URL` is not set.
    """
    config = settings()
    if config.reader_url:
        return config.reader_url
    if config.warehouse_url:
        raise PenstockError(
            "the login of PENSTOCK_WAREHOUSE_URL can do more than read: make a login that has the "
            "role penstock_reader alone, and set PENSTOCK_READER_URL to its address"
        )
    return dsn("reader")


def connect(role: Role | None = None, *, autocommit: bool = False) -> psycopg.Connection:
    """Open a connection that acts as `penstock_<role>`. Use it as a context manager."""
    return psycopg.connect(dsn(role), autocommit=autocommit, application_name=_name(role))


def _embedded(login: str) -> str:
    home = settings().home
    embedded.ensure_running(home)
    return embedded.url(home, login=login)


def _name(role: Role | None) -> str:
    return f"penstock {role}" if role else "penstock"


def _with_role(url: str, role: Role | None) -> str:
    if role is None:
        return url
    parts = urlsplit(url)
    query = _KEEPALIVE | dict(parse_qsl(parts.query))
    limits = logins.READER_LIMITS if role == "reader" else {}
    chosen = {"role": f"penstock_{role}"} | _SESSION | limits
    options = [query.get("options", ""), *(f"-c {name}={value}" for name, value in chosen.items())]
    query["options"] = " ".join(options).strip()
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))
