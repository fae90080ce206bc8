"""Converts the address of a Postgres, in any form that Airflow accepts, to a libpq URL."""

import json
import re
from typing import Any
from urllib.parse import quote, urlencode

FORM = "postgresql://user:password@host:port/database"
_KINDS = ("postgresql", "postgres")
_SCHEME = re.compile(r"([a-z][a-z0-9]*)[a-z0-9+.-]*:(//)?", re.IGNORECASE)


def libpq(text: str) -> str:
    """Convert a URL, a SQLAlchemy URL with a driver, or Airflow's JSON to a libpq URL.

    Raises:
        ValueError: `text` has none of these forms. The message omits it: it may contain a password.
    """
    text = text.strip()
    if text.startswith("{"):
        return _checked(_from_json(text))
    scheme = _SCHEME.match(text)
    if not scheme or not scheme[2] or scheme[1].lower() not in _KINDS:
        raise ValueError(f"expected {FORM}, found {scheme[0] if scheme else 'no scheme'}")
    return _checked(f"postgresql://{text[scheme.end() :]}")


def _checked(url: str) -> str:
    # Imported late: DAG files read settings, and usually no address is set.
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        found = conninfo_to_dict(url)
        ports = str(found.get("port") or "0").split(",")
        is_valid = all(map(str.isdecimal, ports)) and "@" not in str(found.get("host"))
        is_valid = is_valid and "#" not in url  # Python ends a URL there, libpq does not
    except ProgrammingError:
        is_valid = False
    if not is_valid:
        raise ValueError(
            f"expected {FORM}; special characters in it are written %40 for @, %2F for /, %23 for #"
        )
    return url


def _from_json(text: str) -> str:
    """Convert Airflow's fields: conn_type, login, password, host, port, schema, extra."""
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
    """Return the fields of Airflow's extra that libpq knows; the others are for Airflow's hook."""
    from psycopg.pq import Conninfo

    names = {option.keyword.decode() for option in Conninfo.get_defaults()}
    known = {name: value for name, value in extra.items() if name in names}
    return f"?{urlencode(known, quote_via=quote)}" if known else ""
