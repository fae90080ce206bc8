"""First who, then what; and nothing that comes in may be endless."""

import asyncio
import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from penstock import datasets
from penstock.api import keys
from penstock.arrivals import mirror_folder
from penstock.files import landing
from tests.integration.api.conftest import bearer
from tests.pipeline import configure, events, ingest, land

OPEN = {"/health/live", "/health/ready", "/hello_world"}
JSON = {"content-type": "application/json"}
FORM = {"content-type": "multipart/form-data; boundary=b"}
STALL = 600.0
"""A number among the bytes is a pause, in seconds."""

Piece = bytes | float


def ask(
    client: TestClient,
    method: str,
    target: str,
    headers: dict[str, str],
    body: Iterable[Piece] | None,
) -> tuple[int, str]:
    """Status and body of the app's answer to a body that comes in piece by piece.

    Without a body, none may be read.
    """
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    pieces = iter(body or ())
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        assert body is not None, "the body was read"
        piece = next(pieces, b"")
        await asyncio.sleep(piece if isinstance(piece, float) else 0)
        if isinstance(piece, float):
            piece = next(pieces)
        return {"type": "http.request", "body": piece, "more_body": piece != b""}

    async def send(message: Any) -> None:
        sent.append(message)

    client.portal.call(client.app, scope, receive, send)
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:]).decode()


def _routes(client: TestClient) -> Iterator[tuple[str, str]]:
    for route in client.app.routes:
        assert isinstance(route, APIRoute)
        for method in route.methods:
            yield method, route.path.replace("{file_id}", "1").replace("{number}", "1")


BODIES = [
    JSON | {"content-length": "7"},
    JSON | {"content-length": str(1 << 40)},
    JSON | {"transfer-encoding": "chunked"},
    {"content-type": "text/plain", "content-length": "7"},
    FORM | {"content-length": str(1 << 40)},
]


def test_who_comes_is_asked_before_a_byte_is_read(client: TestClient, warehouse) -> None:
    powerless = bearer(keys.create(warehouse, "powerless", [], 1_000_000))
    callers = [({}, 401), (bearer("penstock_abc_def"), 401), (powerless, 403)]
    routes = [route for route in _routes(client) if route[1] not in OPEN]
    assert len(routes) > 40
    for method, path in routes:
        for caller, expected in callers:
            for body in BODIES:
                status, _ = ask(client, method, f"{path}?nope=1", body | caller, None)
                assert (method, path, status) == (method, path, expected)


TAKES_JSON = [
    ("POST", "/votes"), ("POST", "/vote"), ("POST", "/"), ("POST", "/events/query"),
    ("PUT", "/products/a"),
]  # fmt: skip


def test_what_comes_is_looked_at_afterwards(client: TestClient, make_key) -> None:
    caller = bearer(make_key())
    for method, path in TAKES_JSON:
        for headers, body, status in (
            (JSON, [b'{"x":'], 422),
            (JSON, [b"[1]"], 422),
            (JSON | {"content-length": str(1 << 40)}, None, 413),
            (JSON, [b" " * (1 << 20), b" "], 413),
        ):
            found, _ = ask(client, method, path, caller | headers, body)
            assert (path, headers, found) == (path, headers, status)


def test_a_body_that_stalls_is_the_callers_fault(client: TestClient, make_key, monkeypatch) -> None:
    configure(monkeypatch, api_request_seconds=0.3)
    caller = bearer(make_key())
    for method, path in TAKES_JSON:
        status, said = ask(client, method, path, caller | JSON, [b'{"a":', STALL])
        assert (status, "too little came in for 0.3 s" in said) == (408, True)


PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
UPLOAD = "/uploads/events?filename=a.txt"


def _nothing_is_left() -> None:
    folder = landing.folder(datasets.get("events"))
    assert [p for p in folder.rglob("*") if p.is_file()] == []
    assert list((landing.root() / ".uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, [STALL]),
        ({}, [events(5), STALL]),
        (FORM, [STALL]),
        (FORM, [b"--b\r\nContent-Dis", STALL]),
        (FORM, [b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1', STALL]),
        (FORM, [PART, STALL]),
        (FORM, [PART + events(5) + b"\r\n--b\r\n", STALL]),
    ],
)
def test_an_upload_that_stalls_is_ended_in_every_phase(
    client: TestClient, make_key, monkeypatch, headers, body
) -> None:
    configure(monkeypatch, api_request_seconds=0.3)
    status, said = ask(client, "POST", UPLOAD, bearer(make_key()) | headers, body)
    assert (status, "too little came in for 0.3 s" in said) == (408, True)
    _nothing_is_left()


@pytest.mark.parametrize("headers", [{}, FORM])
def test_an_upload_that_only_drips_is_ended(
    client: TestClient, make_key, monkeypatch, headers
) -> None:
    configure(monkeypatch, api_request_seconds=0.3)
    drips = (byte for byte in [PART if headers else b"x", *[b"x"] * 10_000, STALL])
    assert ask(client, "POST", UPLOAD, bearer(make_key()) | headers, drips)[0] == 408
    _nothing_is_left()


def test_a_steady_upload_may_take_its_time(client: TestClient, make_key, monkeypatch) -> None:
    """Several times as long as a stalled one gets."""
    configure(monkeypatch, api_request_seconds=2)
    piece = events(100)
    steady = [part for _ in range(120) for part in (0.05, piece)]
    assert ask(client, "POST", UPLOAD, bearer(make_key()), steady)[0] == 202
    assert (landing.folder(datasets.get("events")) / "a.txt").read_bytes() == piece * 120


ENDLESS = [
    ([b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'], b"x" * 65536, 413),
    ([b"--b\r\nX: "], b"x" * 65536, 422),
    ([b"--b\r\n"], b"X: y\r\n" * 1000, 422),
    ([PART + b"1\r\n--b--\r\n"], b"x" * 65536, 413),
]


@pytest.mark.parametrize(("begin", "endless", "expected"), ENDLESS)
def test_what_is_endless_in_a_form_is_refused(
    client: TestClient, make_key, begin, endless, expected
) -> None:
    body = chain(begin, repeat(endless))
    assert ask(client, "POST", UPLOAD, bearer(make_key()) | FORM, body)[0] == expected
    _nothing_is_left()


def test_a_boundary_is_of_70_bytes_at_most(client: TestClient) -> None:
    for size, status in ((70, 202), (71, 422), (5000, 422)):
        boundary = "b" * size
        form = PART.replace(b"--b", b"--" + boundary.encode()) + events(size)
        answer = client.post(
            f"/uploads/events?filename={size}.txt",
            content=form + f"\r\n--{boundary}--\r\n".encode(),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        assert (size, answer.status_code) == (size, status), answer.text


@pytest.mark.parametrize("dataset", ["events", "people"])
def test_a_file_and_a_folder_of_one_name_are_a_conflict(client: TestClient, dataset: str) -> None:
    assert mirror_folder.set_up_all() == []
    suffix = {"events": "txt", "people": "csv"}[dataset]
    for first, second in (("a.{}", "a.{}/in.{}"), ("b.{}/in.{}", "b.{}")):
        names = [name.replace("{}", suffix) for name in (first, second)]
        answers = [
            client.post(f"/uploads/{dataset}?filename={name}", content=name.encode())
            for name in names
        ]
        if answers[0].status_code == 422:  # the dataset takes no folders
            continue
        assert [a.status_code for a in answers] == [202, 409], answers[1].text
        assert "cannot land" in answers[1].json()["detail"]


def test_a_folder_that_is_empty_again_is_in_nobodys_way(client: TestClient) -> None:
    assert client.post("/uploads/events?filename=a.txt/in.txt", content=events(1)).is_success
    (landing.folder(datasets.get("events")) / "a.txt" / "in.txt").unlink()
    assert client.post("/uploads/events?filename=a.txt", content=events(1)).status_code == 202


def test_a_landing_zone_that_cannot_be_written_is_told(client: TestClient, make_key) -> None:
    (landing.folder(datasets.get("products")) / "api").write_text("in the way")
    answer = client.put("/products/a", json={"name": "A"})
    assert (answer.status_code, "cannot land" in answer.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/people?is_image_exist=", "query.is_image_exist: no such parameter; did you mean `is_im"),
        ("/data?min_aeg=3", "query.min_aeg: no such parameter; did you mean `min_age`?"),
        ("/files?q=1", "query.q: no such parameter; expected dataset or state or limit or cursor"),
        ("/access-log/totals?x", "query.x: no such parameter; this route takes none"),
        ("/files?limit=1&limit=2", "query.limit: expected once, found 2 times"),
    ],
)
def test_an_unknown_parameter_is_told(client: TestClient, path: str, told: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert told in answer.json()["detail"]


def test_no_route_takes_a_parameter_it_does_not_know(client: TestClient, make_key) -> None:
    caller = bearer(make_key())
    for method, path in _routes(client):
        status, _ = ask(client, method, f"{path}?n%C3%B6pe=1", caller, None)
        assert (path, status) == (path, 422)


def test_options_and_405_tell_every_method_of_a_path(client: TestClient) -> None:
    client.headers.pop("authorization")
    for path, allow in (
        ("/products/x", "DELETE, GET, OPTIONS, PUT"),
        ("/data", "GET, OPTIONS, POST"),
        ("/health/live", "GET, OPTIONS"),
    ):
        options = client.options(path)
        assert (options.status_code, options.headers["allow"]) == (204, allow)
        other = client.request("PATCH", path)
        assert (other.status_code, other.headers["allow"]) == (405, allow)
    assert client.options("/nope").status_code == 404


@pytest.mark.parametrize("value", ["0", "1700000000", "2017-4-1", "20170401", ""])
def test_a_number_is_no_day_and_no_instant(client: TestClient, value: str) -> None:
    assert client.get(f"/article-likes?date={value}").status_code == 422
    assert client.get(f"/access-log/top-hosts?from={value}").status_code == 422
    for time in (value, 0, 1700000000, 1.5, True):
        vote = {"candidate": "1", "vote_time": time}
        assert (time, client.post("/votes", json=vote).status_code) == (time, 422)


def test_only_a_whole_number_is_a_kiosk(client: TestClient) -> None:
    for kiosk in (False, True, "7", 7.0, None, [7]):
        vote = {"candidate": "1", "kiosk_id": kiosk}
        assert (kiosk, client.post("/votes", json=vote).status_code) == (kiosk, 422)


def test_downloads_have_a_name(reads: TestClient) -> None:
    for path, name in (
        ("/people/output.csv", 'attachment; filename="output.csv"'),
        ("/chains/27/plot.svg", 'inline; filename="chain-27.svg"'),
        ("/plot/27", 'inline; filename="chain-27.png"'),
    ):
        headers = reads.get(path).headers
        assert headers["content-disposition"] == name
        assert headers["x-content-type-options"] == "nosniff"


def test_the_name_of_a_download_is_safe(client: TestClient, warehouse) -> None:
    warehouse.execute(
        "INSERT INTO ingest.file (dataset, path, version, etag, size_bytes, state)"
        " VALUES ('events', %s, 1, 'x', 0, 'registered')",
        ['in/ü";x=\r\n.txt'],
    )
    (file,) = client.get("/files").json()["items"]
    answer = client.get(f"/files/{file['file_id']}/quarantine.csv")
    assert answer.headers["content-disposition"] == (
        'attachment; filename="___x___.txt.refused.csv"'
        "; filename*=UTF-8''%C3%BC%22%3Bx%3D%0D%0A.txt.refused.csv"
    )


def test_a_download_holds_no_formula_unless_it_is_asked_for_raw(
    client: TestClient, warehouse
) -> None:
    land("events", "a.txt", b"=cmd|x\n" + b"2024-01-01T00:00:00Z a@example.org s\n" * 3)
    ingest("events")
    (file,) = client.get("/files").json()["items"]
    url = f"/files/{file['file_id']}/quarantine.csv"
    for asked, raw in (("", "'=cmd|x"), ("?raw=true", "=cmd|x")):
        (row,) = csv.DictReader(io.StringIO(client.get(url + asked).text))
        assert row["raw"] == raw
