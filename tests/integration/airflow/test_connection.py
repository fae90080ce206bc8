"""DAGs load and build on the database that the Airflow connection `warehouse` names."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.pipeline import counts, events, land

ROOT = Path(__file__).parents[3]
AWAY = "postgresql://127.0.0.1:1/away"  # what the settings say

_RUN = """
import json, sys
sys.path.insert(0, sys.argv[1])
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


@pytest.fixture
def airflow(env: dict[str, str], home: Path):
    """Runs a program to which only a connection says where the warehouse is."""
    ours = {name: value for name, value in os.environ.items() if name.startswith("PENSTOCK_")}
    away = {"PENSTOCK_WAREHOUSE_URL": AWAY, "AIRFLOW__CORE__TEST_CONNECTION": "Enabled"}

    def run(*command: str, **more: str) -> str:
        made = env | ours | away | {"PYTHONPATH": str(ROOT / "plugins")} | more
        done = subprocess.run(
            [sys.executable, *command], env=made, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("given", [_as_json, _as_uri])
def test_a_connection_of_the_environment(airflow, warehouse: psycopg.Connection, given) -> None:
    land("events", "a.txt", events(5, 1))
    said = airflow("-c", _RUN, str(ROOT / "dags"), AIRFLOW_CONN_WAREHOUSE=given(warehouse))
    assert set(_ran(said).values()) == {"success", "skipped"}  # skipped: the verdict
    assert counts(warehouse, "events") == (5, 5, 1)
    assert warehouse.execute("SELECT count(*) FROM marts.events").fetchone() == (5,)


def test_the_connection_that_up_makes(
    airflow, env: dict[str, str], warehouse: psycopg.Connection, tmp_path: Path
) -> None:
    def keep(at: str) -> None:
        airflow(str(ROOT / "plugins/keep_connection.py"), str(stamp), PENSTOCK_CONNECTION_URL=at)

    stamp = tmp_path / "stamp"
    keep(AWAY)
    keep(_as_uri(warehouse))  # the warehouse moved
    shown, tested = _ran(airflow("-c", _TEST))
    assert shown["host"] == _fields(warehouse)["host"]
    assert tested["status"], tested

    land("events", "a.txt", events(5, 1))
    states = _ran(airflow("-c", _RUN, str(ROOT / "dags")))
    assert set(states.values()) == {"success", "skipped"}
    assert counts(warehouse, "events") == (5, 5, 1)

    metadata = env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "")
    with psycopg.connect(metadata, autocommit=True) as connection:
        connection.execute("UPDATE connection SET host = 'a-users' WHERE conn_id = 'warehouse'")
        keep(AWAY)
        row = connection.execute("SELECT host FROM connection WHERE conn_id = 'warehouse'")
        assert row.fetchone() == ("a-users",)
        connection.execute("DELETE FROM connection WHERE conn_id = 'warehouse'")


def _ran(said: str):
    return json.loads(said.partition("RAN ")[2].splitlines()[0])
