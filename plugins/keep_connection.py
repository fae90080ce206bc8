"""Program of `penstock up` that maintains the connection `warehouse` in Airflow's database."""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from airflow.models.connection import Connection
from airflow.utils.session import create_session
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import select

from warehouse_connection import CONN_ID

_DESCRIPTION = "The warehouse of Penstock's DAGs. Once you change it, Penstock leaves it alone."
_FIELDS = ("host", "port", "login", "password", "schema", "extra")


def keep(url: str, stamp: Path) -> None:
    """Create the connection, or set it to `url` unless a user has changed it.

    `stamp` stores the fingerprints of `url` and of the connection as this program last wrote it.
    """
    wanted = _connection(url)
    with create_session() as session:
        found = session.scalar(select(Connection).where(Connection.conn_id == CONN_ID))
        left = stamp.read_text().split()[1:] if stamp.exists() else []
        ours = found is None or left == [_fingerprint(found.get_uri())]
        if found is None:
            session.add(wanted)
        elif ours:
            for field in _FIELDS:
                setattr(found, field, getattr(wanted, field))
    kept = _fingerprint(wanted.get_uri()) if ours else "a-users"
    stamp.write_text(f"{_fingerprint(url)} {kept}")


def _connection(url: str) -> Connection:
    given: dict[str, Any] = conninfo_to_dict(url)
    names = {"host": "host", "port": "port", "login": "user", "password": "password"}
    values = {field: given.pop(name, None) for field, name in names.items()}
    port = values.pop("port")
    return Connection(
        conn_id=CONN_ID,
        conn_type="postgres",
        description=_DESCRIPTION,
        schema=given.pop("dbname", None),
        port=int(port) if port else None,
        extra=json.dumps(given) if given else None,
        **values,
    )


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    keep(os.environ["PENSTOCK_CONNECTION_URL"], Path(sys.argv[1]))
