"""The address of a Postgres, in each form that people and Airflow write it, as a libpq URL."""

import json
import re
from typing import Any
from urllib.parse import quote, urlencode

FORM = "postgresql://user:password@host:port/database"
_KINDS = ("postgresql", "postgres")
_SCHEME = re.compile(r"([a-z][a-z0-9]*)[a-z0-9+.-]*:(//)?", re.IGNORECASE)


def libpq(text: str) -> str:
    """`text` as libpq reads it: a URL, SQLAlchemy's with a driver, or Airflow's JSON.

    Raises:
        ValueError: it is none; the message holds nothing of it, for there is a password in it.
    """
    text = text.strip()
    if text.startswith("{"):
        return _checked(_from_json(text))
    scheme = _SCHEME.match(text)
    if not scheme or not scheme[2] or scheme[1].lower() not in _KINDS:
        raise ValueError(f"expected {FORM}, found {scheme[0] if scheme else 'no scheme'}")
    return _checked(f"postgresql://{text[scheme.end() :]}")


def _checked(url: str) -> str:
    # Here, for DAG files read settings, and most of them name no address.
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        found = conninfo_to_dict(url)
        ports = str(found.get("port") or "0").split(",")
        is_one = all(map(str.isdecimal, ports)) and "@" not in str(found.get("host"))
        is_one = is_one and "#" not in url  # which to Python ends a URL, and to libpq does not
    except ProgrammingError:
        is_one = False
    if not is_one:
        raise ValueError(
            f"expected {FORM}; special characters in it are written %40 for @, %2F for /, %23 for #"
        )
    return url


def _from_json(text: str) -> str:
    """Airflow's form: conn_type, login, password, host, port, schema, extra."""
    try:
        given: dict[str, Any] = json.loads(text)
        extra = given.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else dict(extra)
    except (ValueError, TypeError):
        raise ValueError(f"expected {FORM}, or a connection as Airflow writes it in JSON") from None
    kind = given.get("conn_type")
    if kind not in _KINDS:
        raise ValueError(f"expected the conn_type postgres, found {kind!r}")
    login = quote(str(given.get("login") or ""), safe="")
    if given.get("password"):
        login += ":" + quote(str(given["password"]), safe="")
    port = f":{given['port']}" if given.get("port") else ""
    host = quote(str(given.get("host") or ""), safe="[]:,")
    database = quote(str(given.get("schema") or ""), safe="")
    return f"postgresql://{login}@{host}{port}/{database}{_parameters(extra)}"


def _parameters(extra: dict[str, Any]) -> str:
    """What libpq knows of Airflow's extra; the rest is for Airflow's own hook."""
    from psycopg.pq import Conninfo

    names = {option.keyword.decode() for option in Conninfo.get_defaults()}
    known = {name: value for name, value in extra.items() if name in names}
    return f"?{urlencode(known, quote_via=quote)}" if known else ""
