"""DAGs load and build on the database that the Airflow connection `warehouse` names."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.integration.airflow.conftest import Airflow
from tests.pipeline import counts, events, land
from tests.programs import ROOT

KEEP = ROOT / "plugins" / "keep_connection.py"
AWAY = "postgresql://127.0.0.1:1/away"  # what the settings say

_RUN = """
import json
from ingest import ingest_events

run = ingest_events.test()
print("RAN " + json.dumps({t.task_id: t.state for t in run.get_task_instances()}))
"""
_TEST = """
import json
from airflow.api_fastapi.app import create_app, get_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from starlette.testclient import TestClient

client = TestClient(create_app(apps="core"))
user = SimpleAuthManagerUser(username="admin", role="ADMIN")
headers = {"Authorization": f"Bearer {get_auth_manager().generate_jwt(user)}"}
with client:
    shown = client.get("/api/v2/connections/warehouse", headers=headers).json()
    tested = client.post("/api/v2/connections/test", headers=headers, json={
        key: shown[key]
        for key in ("connection_id", "conn_type", "host", "login", "schema", "port", "extra")
    }).json()
    print("RAN", json.dumps([shown, tested]))
"""


def _fields(warehouse: psycopg.Connection) -> dict[str, str]:
    given = conninfo_to_dict(warehouse.info.dsn)
    return {"host": given["host"], "login": given["user"], "schema": given["dbname"]}


def _as_json(warehouse: psycopg.Connection) -> str:
    extra = {"application_name": "by-json", "connect_timeout": 10}
    return json.dumps({"conn_type": "postgres", **_fields(warehouse), "extra": extra})


def _as_uri(warehouse: psycopg.Connection) -> str:
    fields = _fields(warehouse)
    return f"postgresql://{fields['login']}@{quote(fields['host'], safe='')}/{fields['schema']}"


SETTINGS = {"PENSTOCK_WAREHOUSE_URL": AWAY, "AIRFLOW__CORE__TEST_CONNECTION": "Enabled"}
"""Only a connection says where the warehouse is."""


@pytest.mark.parametrize("given", [_as_json, _as_uri])
def test_a_connection_of_the_environment(
    airflow: Airflow,
    warehouse: psycopg.Connection,
    given: Callable[[psycopg.Connection], str],
) -> None:
    land("events", "a.txt", events(5, 1))
    states, _ = airflow.run(_RUN, AIRFLOW_CONN_WAREHOUSE=given(warehouse), **SETTINGS)
    assert set(states.values()) == {"success", "skipped"}  # skipped: the verdict
    assert counts(warehouse, "events") == (5, 5, 1)
    assert warehouse.execute("SELECT count(*) FROM marts.events").fetchone() == (5,)


def test_the_connection_that_up_makes(
    airflow: Airflow, warehouse: psycopg.Connection, tmp_path: Path
) -> None:
    def keep(at: str) -> None:
        airflow.run_file(KEEP, str(stamp), PENSTOCK_CONNECTION_URL=at, **SETTINGS)

    stamp = tmp_path / "stamp"
    keep(AWAY)
    keep(_as_uri(warehouse))  # the warehouse moved
    (shown, tested), _ = airflow.run(_TEST, **SETTINGS)
    assert shown["host"] == _fields(warehouse)["host"]
    assert tested["status"], tested

    land("events", "a.txt", events(5, 1))
    states, _ = airflow.run(_RUN, **SETTINGS)
    assert set(states.values()) == {"success", "skipped"}
    assert counts(warehouse, "events") == (5, 5, 1)

    metadata = airflow.env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "")
    with psycopg.connect(metadata, autocommit=True) as connection:
        connection.execute("UPDATE connection SET host = 'a-users' WHERE conn_id = 'warehouse'")
        keep(AWAY)
        row = connection.execute("SELECT host FROM connection WHERE conn_id = 'warehouse'")
        assert row.fetchone() == ("a-users",)
        connection.execute("DELETE FROM connection WHERE conn_id = 'warehouse'")
