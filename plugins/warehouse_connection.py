"""The Airflow connection `warehouse`: DAGs work on the database that it names."""

import json
import logging
import time
from typing import Any

from penstock.errors import PenstockError

CONN_ID = "warehouse"
_FRESH_SECONDS = 30.0  # how long a trigger goes on without asking again

log = logging.getLogger(__name__)
_asked_at = float("-inf")


def use(fresh_seconds: float = 0) -> None:
    """Let this process work on the connection's database; without one, the settings count.

    Nothing is asked again within `fresh_seconds`.

    Raises:
        PenstockError: the connection is not one of Postgres.
    """
    global _asked_at
    if time.monotonic() - _asked_at < fresh_seconds:
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
    _asked_at = time.monotonic()


def use_in_trigger() -> None:
    """The same for a process that goes on for ever."""
    use(_FRESH_SECONDS)


def _as_json(hook: Any) -> str:
    """The connection in Airflow's JSON; the hook's own `get_uri` leaves out the extra fields."""
    found = hook.connection
    login, password, port = found.login, found.password, found.port
    if found.extra_dejson.get("iam"):
        login, password, port = hook.get_iam_token(found)
    fields = {"conn_type": found.conn_type, "host": found.host, "schema": found.schema}
    given = {"login": login, "password": password, "port": port, "extra": found.extra_dejson}
    return json.dumps(fields | given)
