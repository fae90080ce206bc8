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

def browse(path, role=None, method="GET", **headers):
    client.cookies.clear()
    if role:
        user = SimpleAuthManagerUser(username=role.lower(), role=role)
        client.cookies.set("_token", get_auth_manager().generate_jwt(user))
    answer = client.request(method, "/penstock" + path, headers=headers, follow_redirects=False)
    client.cookies.clear()
    return [answer.status_code, answer.headers.get("location")]

def start(site):
    return browse("/loads/events", "ADMIN", "POST", **{"Sec-Fetch-Site": site})

event = b"2024-01-01T00:00:00Z a@example.org s1\\n"
upload = ("POST", "/uploads/events?filename=a.txt")
retract = ("POST", "/files/1/retract")
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
        "acts": [ask(role, *retract, json={"why": "x"})[0] for role in ("VIEWER", "USER")],
        "vote": ask("USER", "POST", "/votes", json={"candidate": "1"}),
        "nowhere": ask("ADMIN", "GET", "/nowhere"),
        "page": browse("/ui/", "VIEWER"),
        "page of a stranger": browse("/ui/?x=1"),
        "login page": browse("/ui/login"),
        "by our page": start("same-origin"),
        "by another site": start("same-site"),
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
    assert said["acts"] == [403, 404], "a viewer may not; for others there is no such file"
    assert said["nowhere"][0] == 404


def test_people_log_in_to_airflow_and_other_sites_cannot_use_that(airflow: Airflow) -> None:
    said, _ = airflow.run(PROBE)
    login = "/api/v2/auth/login?next=http%3A%2F%2Ftestserver%2Fpenstock%2Fui%2F"
    assert said["page"] == [200, None]
    assert said["page of a stranger"] == [303, f"{login}%3Fx%3D1"]
    assert said["login page"] == [303, login]
    assert said["by our page"][0] == 202
    assert said["by another site"][0] == 403
