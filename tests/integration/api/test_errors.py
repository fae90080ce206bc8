"""Every error has the one shape, the right status, and no traceback."""

import asyncio

import psycopg
from fastapi import FastAPI
from starlette.testclient import TestClient

from penstock.api.app import create_app
from tests.integration.api.conftest import bearer
from tests.pipeline import configure

JSON = {"headers": {"Content-Type": "application/json"}}
SHAPE = {"title", "status", "detail", "errors", "request_id"}


def _problem(answer) -> dict:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == SHAPE
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return body


MISTAKES = [
    ("GET", "/nope", {}, 404, "No such path: /nope"),
    ("GET", "/files/7", {}, 404, "No such file 7"),
    ("DELETE", "/votes", {}, 405, "/votes does not take DELETE"),
    ("GET", "/files?limit=0", {}, 422, "query.limit: Input should be greater than or equal"),
    ("GET", "/files?cursor=%00", {}, 422, "query.cursor: expected `next` of the page before"),
    ("GET", "/files?cursor=WyJ4Il0", {}, 422, "query.cursor: expected `next`"),
    ("GET", "/files?dataset=x%27--", {}, 422, "query.dataset: expected one of"),
    ("GET", "/files/x/quarantine", {}, 422, "path.file_id: Input should be a valid integer"),
    ("GET", f"/files/{2**64}", {}, 422, "path.file_id: Input should be less than"),
    ("POST", "/votes", {"content": b'{"candidate":', **JSON}, 422, "JSON decode error"),
    ("POST", "/votes", {"content": b"\xff", **JSON}, 400, "error parsing the body"),
    ("POST", "/votes", {"content": b"x"}, 422, "body: Input should be a valid dictionary"),
    ("POST", "/votes", {"json": {"candidate": "9"}}, 422, "expected one of 1 (chips)"),
    ("POST", "/votes", {"json": {"candidate": "1", "kiosk_id": -1}}, 422, "body.kiosk_id"),
    ("POST", "/votes", {"json": {"candidate": "1", "vote_time": "now"}}, 422, "vote_time"),
    ("POST", "/uploads/nope?filename=a.txt", {"content": b"x"}, 404, "unknown dataset 'nope'"),
    ("GET", "/uploads/../../etc/passwd", {}, 404, "No such path"),
    ("GET", "/uploads/0", {}, 404, "No such upload '0'"),
]


def test_a_mistake_is_told(client: TestClient) -> None:
    for method, path, options, status, told in MISTAKES:
        answer = client.request(method, path, **options)
        assert (path, answer.status_code) == (path, status)
        assert told in _problem(answer)["detail"]


def test_a_body_beyond_the_limit_is_refused(client: TestClient, monkeypatch) -> None:
    configure(monkeypatch, api_body_bytes=1000)
    for body in (b" " * 1001, iter([b" " * 600, b" " * 600])):
        answer = client.post("/votes", content=body)
        assert answer.status_code == 413
        assert _problem(answer)["detail"] == "the body is larger than 1,000 bytes"


def test_what_takes_too_long_is_ended(home, make_key, monkeypatch) -> None:
    configure(monkeypatch, api_request_seconds=1, api_query_seconds=0.1)
    app = create_app()

    @app.get("/slow")
    async def slow() -> None:
        await asyncio.sleep(60)

    @app.get("/slow-query")
    async def slow_query() -> None:
        await app.state.services.database.row("SELECT pg_sleep(60)")

    with TestClient(app, headers=bearer(make_key())) as client:
        for path, told in (
            ("/slow", "not done within 1 s, so it was ended"),
            ("/slow-query", "the query took too long and was stopped; ask for less"),
        ):
            answer = client.get(path)
            assert (answer.status_code, _problem(answer)["detail"]) == (503, told)


def test_what_nobody_foresaw_shows_no_traceback(client: TestClient, caplog) -> None:
    app: FastAPI = client.app  # type: ignore[assignment]

    @app.get("/broken")
    async def broken() -> None:
        raise KeyError("secret")

    answer = client.get("/broken", headers={"X-Request-ID": "mine-1"})
    assert answer.status_code == 500
    assert _problem(answer)["request_id"] == "mine-1"
    assert "secret" not in answer.text
    assert "KeyError" in caplog.text


def test_answers_carry_security_headers(client: TestClient) -> None:
    for path in ("/health/live", "/nope", "/files"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


def test_a_mart_of_an_earlier_version_is_told(
    client: TestClient, warehouse: psycopg.Connection
) -> None:
    warehouse.execute("CREATE TABLE marts.product_history (sku text)")
    warehouse.execute("GRANT SELECT ON marts.product_history TO penstock_reader")
    answer = client.get("/products/a/history")
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True)
    assert "until its next build" in _problem(answer)["detail"]
