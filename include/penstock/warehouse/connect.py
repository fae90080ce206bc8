"""Connections to the warehouse, each as one of the least-privilege roles."""

from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg

from penstock.settings import settings
from penstock.warehouse import embedded

Role = Literal["loader", "transformer", "reader"]


def dsn(role: Role | None = None) -> str:
    """The libpq URL of the warehouse; with `role`, sessions act as `penstock_<role>`.

    The login of `PENSTOCK_WAREHOUSE_URL` needs only to be a member of the roles it is used with;
    `migrate` needs their owner. Starts the embedded server when there is no external one.
    """
    base = settings().warehouse_url
    if base is None:
        embedded.ensure_running(settings().home)
        base = embedded.url(settings().home)
    return _with_role(_libpq(base), role)


def connect(role: Role | None = None, *, autocommit: bool = False) -> psycopg.Connection:
    """A new connection acting as `penstock_<role>`; use it as a context manager."""
    return psycopg.connect(dsn(role), autocommit=autocommit, application_name=_name(role))


def _name(role: Role | None) -> str:
    return f"penstock {role}" if role else "penstock"


def _libpq(url: str) -> str:
    """`postgres://` and SQLAlchemy's `postgresql+driver://` as libpq reads them."""
    _, _, rest = url.partition("://")
    return f"postgresql://{rest}"


def _with_role(url: str, role: Role | None) -> str:
    if role is None:
        return url
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    query["options"] = f"{query.get('options', '')} -c role=penstock_{role}".strip()
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))
