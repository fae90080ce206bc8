"""What people do to files by HTTP: the next load does it, and who asked and why is kept."""

import psycopg
from starlette.testclient import TestClient

from penstock.marts import build
from tests.integration.api.conftest import bearer
from tests.pipeline import ask, configure, counts, events, ingest, land
from tests.serving import wait_for


def _load() -> None:
    ingest("events")
    build.build("events")


def test_a_file_is_retracted_and_brought_back(client: TestClient, make_key, warehouse) -> None:
    land("events", "x.txt", events(3))
    _load()
    ann = bearer(make_key("operate", "read", name="ann"))
    asked = client.post("/files/1/retract", headers=ann, json={"why": "sent by mistake"})
    assert asked.status_code == 202
    given = asked.json()
    assert (given["kind"], given["who"], given["done_at"]) == ("retract", "ann", None)
    _load()
    assert client.get("/files/1").json()["state"] == "superseded"
    assert ask(warehouse, "SELECT * FROM marts.events") == []
    assert client.post("/files/1/replay", headers=ann, json={}).status_code == 202
    _load()
    assert len(ask(warehouse, "SELECT * FROM marts.events")) == 3
    found = client.get("/files/1/actions", headers=ann).json()
    assert [(a["kind"], a["who"], a["why"], a["result_file_id"]) for a in found] == [
        ("replay", "ann", None, 2),
        ("retract", "ann", "sent by mistake", None),
    ]
    assert all(action["done_at"] for action in found)
    assert client.get("/files/2/actions").json() == found[:1]


def test_what_is_not_possible_is_refused_with_the_reason(client: TestClient, make_key) -> None:
    others = [bearer(make_key(scope)) for scope in ("read", "upload", "process")]
    land("events", "x.txt", events(3))
    _load()
    refused = client.post("/files/1/reject", json={"why": "wrong"})
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "file 1 is sealed: retract it instead",
    )
    assert client.post("/files/7/reject", json={"why": "wrong"}).status_code == 404
    assert client.post("/files/1/retract", json={}).status_code == 422
    assert client.post("/files/1/retract", json={"why": "  "}).status_code == 409
    assert client.get("/files/7/actions").status_code == 404
    assert client.post("/files/7/mend", content=b"x").status_code == 404
    for headers in others:
        for act in ("replay", "reject", "retract", "mend"):
            assert client.post(f"/files/1/{act}", headers=headers, json={}).status_code == 403
    assert client.get("/files/1/actions").json() == []


def test_a_corrected_file_mends_another(client: TestClient, warehouse) -> None:
    land("events", "x.txt", events(3, 1))
    _load()
    corrected = b"2024-05-01T10:00:00Z ann@example.org s-1\n"
    landed = client.post("/files/1/mend?why=as%20the%20producer%20wrote", content=corrected)
    assert landed.status_code == 202
    upload = landed.json()
    assert upload["path"].startswith("mends/1-")
    _load()
    assert client.get(f"/uploads/{upload['upload_id']}").json()["state"] == "loaded"
    assert counts(warehouse, "events") == (4, 4, 1)
    (action,) = client.get("/files/1/actions").json()
    assert (action["kind"], action["result_file_id"], action["why"]) == (
        "mend",
        2,
        "as the producer wrote",
    )
    again = client.post("/files/1/mend", files={"file": ("any.txt", corrected)})
    assert again.status_code == 409
    assert "holds the same corrections already" in again.json()["detail"]


def test_a_corrected_file_may_be_larger_than_other_bodies(
    client: TestClient, monkeypatch, warehouse
) -> None:
    configure(monkeypatch, api_body_bytes=1000, api_workers=1, max_file_bytes=100_000)
    land("events", "x.txt", events(3, 1))
    _load()
    assert client.post("/files/1/mend", content=events(500)).status_code == 202
    assert client.post("/files/1/mend", content=events(5000)).status_code == 413
    _load()
    assert counts(warehouse, "events") == (503, 503, 1)


def test_all_files_refused_for_a_reason_are_replayed(client: TestClient, warehouse) -> None:
    land("events", "x.txt", events(3, 1))
    land("events", "y.txt", events(3, 2))
    _load()
    reason = "expected 3 fields separated by ' ', found 4"
    asked = client.post("/replays", json={"dataset": "events", "reason": reason})
    assert (asked.status_code, len(asked.json())) == (202, 2)
    _load()
    assert counts(warehouse, "events") == (6, 6, 3)
    missing = client.post("/replays", json={"dataset": "events", "reason": "another"})
    assert missing.status_code == 409
    missing = client.post("/replays", json={"dataset": "nope", "reason": reason})
    assert missing.status_code == 404


def test_where_the_api_loads_an_action_is_done_by_itself(
    client: TestClient, monkeypatch, warehouse: psycopg.Connection
) -> None:
    configure(monkeypatch, api_workers=1, api_loads="here")
    land("events", "x.txt", events(3))
    _load()
    assert client.post("/files/1/retract", json={"why": "wrong"}).status_code == 202
    wait_for(lambda: ask(warehouse, "SELECT * FROM marts.events") == [])
