"""Who may ask for what."""

import psycopg
import pytest
from starlette.testclient import TestClient

from penstock.api import keys
from penstock.warehouse import connect
from tests.integration.api.conftest import away, bearer
from tests.pipeline import configure
from tests.serving import wait_for

OPEN = {"/health/live", "/health/ready", "/hello_world"}
VOTE = {"candidate": "1", "vote_time": "2024-01-01T00:00:00Z", "kiosk_id": 1}


def _routes(client: TestClient) -> list[tuple[str, str]]:
    paths = client.get("/openapi.json").json()["paths"]
    return [(method, path) for path, methods in paths.items() for method in methods]


def test_every_route_but_health_wants_a_key(client: TestClient) -> None:
    routes = [*_routes(client), ("get", "/openapi.json")]
    assert len(routes) > 8
    for headers in ({}, bearer("penstock_abc_def"), bearer("x"), {"Authorization": "Basic eDp5"}):
        client.headers.pop("authorization", None)
        for method, path in routes:
            answer = client.request(method, path.replace("{file_id}", "1"), headers=headers)
            expected = 200 if path in OPEN else 401
            assert (path, answer.status_code) == (path, expected)
            if expected == 401:
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.json()["title"] == "Unauthorized"


def test_a_key_does_what_its_scopes_say(client: TestClient, make_key) -> None:
    reader, voter = bearer(make_key("read", name="ann")), bearer(make_key("vote"))
    assert client.get("/files", headers=reader).status_code == 200
    refused = client.post("/votes", headers=reader, json=VOTE)
    assert (refused.status_code, refused.json()["detail"]) == (403, "ann lacks the scope vote")
    assert client.post("/votes", headers=voter, json=VOTE).status_code == 201
    assert client.get("/files", headers=voter).status_code == 403


def test_a_revoked_key_counts_no_longer(client: TestClient, make_key, warehouse) -> None:
    key = make_key("read")
    assert client.get("/files", headers=bearer(key)).status_code == 200
    keys.revoke(warehouse, key.split("_")[1])
    wait_for(lambda: client.get("/files", headers=bearer(key)).status_code == 401)


def test_who_asks_too_often_is_told_when_to_come_back(client: TestClient, make_key) -> None:
    slow = bearer(make_key("read", rate=3))
    answers = [client.get("/files", headers=slow) for _ in range(30)]
    assert [a.status_code for a in answers[:3]] == [200, 200, 200]
    refused = [a for a in answers if a.status_code == 429]
    assert refused
    assert refused[0].headers["retry-after"] == "1"
    assert client.get("/files").status_code == 200, "another key has a rate of its own"


def test_a_setting_opens_scopes(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, api_open="read,vote")
    client.headers.pop("authorization")
    assert client.get("/files").status_code == 200
    assert client.post("/votes", json=VOTE).status_code == 201
    assert client.get("/metrics").status_code == 401


def test_the_warehouse_keeps_no_secret_and_shows_analysts_nothing(make_key, warehouse) -> None:
    key = make_key("read")
    row = warehouse.execute("SELECT k::text FROM api.key k").fetchone()[0]
    assert key.split("_", 2)[2] not in row
    with connect("reader") as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("SELECT * FROM api.key")


def test_known_keys_count_while_the_warehouse_is_away(client: TestClient, warehouse) -> None:
    assert client.post("/votes", json=VOTE).status_code == 201
    with away(warehouse):
        assert client.post("/votes", json=VOTE).status_code == 201
        refused = client.get("/files")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert client.get("/health/ready").status_code == 503
    wait_for(lambda: client.get("/files").status_code == 200)
