"""What keeps strangers and other sites out of the pages."""

import logging
import re

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from penstock.api.errors import PAGES
from penstock.site import csrf
from penstock.site.visitors import COOKIE
from tests.integration.site.conftest import MakeKey, Visit, send_login, token
from tests.pipeline import configure

OPEN = {"/", "/ui", "/ui/login", "/ui/logout", "/ui/static/{digest}/{name}"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)


def page_routes(client: TestClient) -> list[tuple[str, str]]:
    """(method, path) of every route below /ui."""
    return [
        (method, re.sub(r"{(\w+)(:\w+)?}", "1", route.path))
        for route in client.app.routes
        if isinstance(route, APIRoute) and route.path.startswith(PAGES) and route.path not in OPEN
        for method in route.methods
    ]


def test_every_route_wants_a_login(visit: Visit) -> None:
    client = visit()
    routes = page_routes(client)
    assert ("GET", "/ui/") in routes
    for method, path in routes:
        answer = client.request(method, path)
        assert (answer.status_code, answer.content) == (303, b""), (method, path)
        assert answer.headers["location"].startswith("/ui/login"), (method, path)


def test_who_may_look_may_not_act(visit: Visit) -> None:
    client = visit("read")
    acts = [(method, path) for method, path in page_routes(client) if method != "GET"]
    for method, path in acts:
        header = token(client)
        assert client.request(method, path, headers=header).status_code == 403, (method, path)


def test_where_reading_is_open_anyone_may_look_and_nobody_act(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, api_open="read")
    client = visit()
    assert client.get("/ui/").status_code == 200
    for method, path in page_routes(client):
        if method != "GET":
            header = token(client)
            answer = client.request(method, path, headers=header)
            assert answer.headers["location"] == "/ui/login", (method, path)


def test_a_login_is_for_pages_alone(visit: Visit) -> None:
    client = visit("read")
    value = client.cookies[COOKIE]
    client.cookies.clear()
    client.cookies.set(COOKIE, value)  # even if a browser sent it
    assert client.get("/ui/").status_code == 200
    assert client.get("/files").status_code == 401


def test_an_action_needs_the_token_of_a_page(probe: TestClient, visit: Visit) -> None:
    ours = token(probe)
    assert probe.post("/ui/probe").status_code == 403
    assert (
        probe.post("/ui/probe", headers={csrf.HEADER: "x" + ours[csrf.HEADER]}).status_code == 403
    )
    other = token(visit("read", name="somebody else"))
    refused = probe.post("/ui/probe", headers=other)
    assert (refused.status_code, "another user" in refused.text) == (403, True)
    assert probe.post("/ui/probe", headers=ours).json() == "done"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "http://testserver"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_an_action_comes_from_our_page(
    probe: TestClient, headers: dict[str, str], status: int
) -> None:
    answer = probe.post("/ui/probe", headers=headers | token(probe))
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_other_site_logs_anybody_in_or_out(visit: Visit, a_key: MakeKey, site: str) -> None:
    key = a_key("read")
    client = visit("read")
    assert send_login(client, key, site=site).status_code == 403
    assert client.post("/ui/logout", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert client.get("/ui/").status_code == 200


def test_every_answer_says_what_a_browser_may_do_with_it(visit: Visit) -> None:
    client = visit("read")
    style = re.search(r'href="(/ui/static/[^"]+\.css)"', client.get("/ui/").text)[1]
    pages = {"/ui/": 200, "/ui/login": 200, "/ui/nothing": 404}
    for path, status in {**pages, style: 200, "/ui": 303, "/ui/static/x/none.css": 404}.items():
        answer = client.get(path)
        assert (path, answer.status_code) == (path, status)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["referrer-policy"] in ("same-origin", "no-referrer")
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert answer.headers["content-security-policy"] == POLICY
            assert answer.headers["cache-control"] == "no-store"
        else:
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_an_asset_is_kept_by_its_content(visit: Visit) -> None:
    client = visit()
    found = re.findall(r'(?:href|src)="(/ui/static/[^"]+)"', client.get("/ui/login").text)
    assert len(found) >= 4
    for address in found:
        answer = client.get(address)
        assert "immutable" in answer.headers["cache-control"]
        stale = re.sub(r"static/[^/]+", "static/0", address)
        assert client.get(stale).headers["cache-control"] == "no-store"
    for outside in ("/ui/static/0/..%2f__init__.py", "/ui/static/0/x.py", "/ui/static/0/%00.css"):
        assert client.get(outside).status_code in (303, 404, 422)


def test_an_unknown_page_is_a_page(visit: Visit) -> None:
    answer = visit("read").get("/ui/<script>alert(1)</script>")
    assert answer.status_code == 404
    assert "&lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text
    assert "Go to the overview" in answer.text


def test_a_bug_of_ours_is_a_page_that_says_nothing_of_it(probe: TestClient) -> None:
    answer = probe.get("/ui/broken")
    assert (answer.status_code, "secret" in answer.text) == (500, False)
    assert "something went wrong here" in answer.text


def test_no_secret_is_logged(
    visit: Visit, a_key: MakeKey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = a_key("read")
    client = visit()
    send_login(client, key + "x")
    send_login(client, key)
    client.get("/ui/")
    said = "".join(f"{record.getMessage()}{vars(record)}" for record in caplog.records)
    assert "request" in said
    assert key.rpartition("_")[2] not in said
    assert client.cookies[COOKIE] not in said


@pytest.fixture
def probe(visit: Visit) -> TestClient:
    """A visitor of a site with an action and a page that fails."""
    from penstock.site.routing import pages

    client = visit("read")
    router = pages()

    @router.post("/probe")
    async def act() -> str:
        return "done"

    @router.get("/broken")
    async def broken() -> str:
        raise RuntimeError("secret")

    client.app.router.routes[:0] = router.routes  # before the one for unknown pages
    return client
