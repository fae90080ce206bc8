"""The API as Airflow's API server mounts it: Airflow decides who may ask."""

from tests.integration.airflow.conftest import Airflow

PROBE = """
import json
from airflow.api_fastapi.app import create_app, get_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from starlette.testclient import TestClient

client = TestClient(create_app(apps="core"))

def ask(role, method, path, **options):
    headers = {"X-Request-ID": "probe"}
    if role:
        user = SimpleAuthManagerUser(username=role.lower(), role=role)
        headers["Authorization"] = f"Bearer {get_auth_manager().generate_jwt(user)}"
    answer = client.request(method, "/penstock" + path, headers=headers, **options)
    return [answer.status_code, answer.headers.get("location"), answer.json()]

event = b"2024-01-01T00:00:00Z a@example.org s1\\n"
upload = ("POST", "/uploads/events?filename=a.txt")
with client:
    paths = ask("ADMIN", "GET", "/openapi.json")[2]["paths"]
    print("RAN", json.dumps({
        "anonymous": [
            ask(None, m, p)[0] for p, ms in paths.items() for m in ms
            if "health" not in p and p != "/hello_world"
        ],
        "openapi": ask(None, "GET", "/openapi.json"),
        "live": ask(None, "GET", "/health/live"),
        "read": ask("VIEWER", "GET", "/files"),
        "refused": ask("VIEWER", *upload, content=event),
        "upload": ask("ADMIN", *upload, content=event),
        "vote": ask("USER", "POST", "/votes", json={"candidate": "1"}),
        "nowhere": ask("ADMIN", "GET", "/nowhere"),
    }))
"""


def test_airflow_decides_who_may_ask(airflow: Airflow) -> None:
    said, _ = airflow.run(PROBE)
    assert set(said["anonymous"]) == {401}
    status, _, problem = said["openapi"]
    assert (status, problem["request_id"]) == (401, "probe")
    assert said["live"][0] == 200
    assert said["read"][2] == {"items": [], "next": None}
    assert (said["refused"][0], said["refused"][2]["detail"]) == (
        403,
        "viewer lacks the scope upload",
    )
    status, location, upload = said["upload"]
    assert (status, location) == (202, f"/penstock/uploads/{upload['upload_id']}")
    assert said["vote"][0] == 201
    assert said["nowhere"][0] == 404
