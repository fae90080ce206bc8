"""Applies the Airflow connection `warehouse`, so that DAGs use its database."""

import json
import logging
import time
from typing import Any

from penstock.errors import PenstockError

CONN_ID = "warehouse"
_FRESH_SECONDS = 30.0  # how long a trigger uses the connection without reading it again

log = logging.getLogger(__name__)
_read_at = float("-inf")


def use(fresh_seconds: float = 0) -> None:
    """Make this process use the connection's database; without a connection, the settings apply.

    The connection is not read again within `fresh_seconds`.

    Raises:
        PenstockError: the connection is not for Postgres.
    """
    global _read_at
    if time.monotonic() - _read_at < fresh_seconds:
        return
    from airflow.providers.postgres.hooks.postgres import PostgresHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    from penstock import warehouse
    from penstock.settings import postgres_url

    try:
        warehouse.use(postgres_url.libpq(_as_json(PostgresHook(CONN_ID))))
    except AirflowNotFoundException:
        log.debug("no connection %s: the settings count", CONN_ID)
    except ValueError as error:
        raise PenstockError(f"connection {CONN_ID}: {error}") from None
    _read_at = time.monotonic()


def use_in_trigger() -> None:
    """Do the same in a long-running process."""
    use(_FRESH_SECONDS)


def _as_json(hook: Any) -> str:
    """Return the connection in Airflow's JSON. The hook's `get_uri` omits the extra fields."""
    found = hook.connection
    login, password, port = found.login, found.password, found.port
    if found.extra_dejson.get("iam"):
        login, password, port = hook.get_iam_token(found)
    fields = {"conn_type": found.conn_type, "host": found.host, "schema": found.schema}
    given = {"login": login, "password": password, "port": port, "extra": found.extra_dejson}
    return json.dumps(fields | given)
