"""The pages over a real warehouse, as the browser of a logged-in person asks for them."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from penstock.api import keys
from penstock.api.keys import Scope
from penstock.server.app import create_app
from penstock.settings import settings
from penstock.site import csrf
from penstock.site.secret import signer
from tests import samples
from tests.pipeline import configure

LogIn = Callable[..., TestClient]
MakeKey = Callable[..., str]
Visit = Callable[..., TestClient]


@pytest.fixture
def log_in(warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogIn]:
    """Logs in over this test's own warehouse: `log_in("read")`; without scopes, with all."""
    configure(monkeypatch, api_workers=1)
    with TestClient(create_app(), raise_server_exceptions=False) as client:
        yield lambda *scopes: _logged_in(client, warehouse, scopes)


@pytest.fixture
def site(log_in: LogIn) -> TestClient:
    """The pages over this test's own warehouse, for a person who may do all."""
    return log_in()


@pytest.fixture
def full_site(built: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The pages over a home that has all samples in its marts, for a person who may do all."""
    with _over(built, monkeypatch) as client:
        yield client


@pytest.fixture
def viewer(built: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The same for a person who may only read."""
    with _over(built, monkeypatch, Scope.READ) as client:
        yield client


@pytest.fixture
def a_key(warehouse: psycopg.Connection) -> MakeKey:
    """Makes a key: `a_key("read")`; without scopes, one that may do all."""

    def make(*scopes: str, name: str = "tester") -> str:
        return keys.create(warehouse, name, [Scope(s) for s in scopes or list(Scope)], 1_000_000)

    return make


@pytest.fixture
def visit(home: Path, a_key: MakeKey, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """Makes clients of the pages: `visit()` is not logged in, `visit("read")` with that scope."""
    configure(monkeypatch, api_workers=1)
    signer.cache_clear()  # each home has a secret of its own
    with ExitStack() as stack:

        def come(*scopes: str, name: str = "tester", url: str = "http://testserver") -> TestClient:
            key = a_key(*scopes, name=name) if scopes else None  # before the server reads the keys
            client = TestClient(
                create_app(), url, raise_server_exceptions=False, follow_redirects=False
            )
            stack.enter_context(client)
            if key:
                assert send_login(client, key).status_code == 303
            return client

        yield come
    signer.cache_clear()


def send_login(client: TestClient, key: str, wanted: str = "", site: str | None = None) -> Response:
    """Send the form of the login, as a page of `site` does; the answer."""
    headers = {"Sec-Fetch-Site": site} if site else {}
    return client.post("/ui/login", data={"key": key, "next": wanted}, headers=headers)


def token(client: TestClient) -> dict[str, str]:
    """The header that an action needs, as every page carries it."""
    found = re.search(rf'"{csrf.HEADER}": "([^"]+)"', client.get("/ui/").text)
    assert found, "the page carries no token"
    return {csrf.HEADER: found[1]}


def partial(target: str) -> dict[str, str]:
    """The headers of htmx when it asks for one element of a page."""
    return {"HX-Request": "true", "HX-Target": target}


@contextmanager
def _over(
    built: dict[str, str], monkeypatch: pytest.MonkeyPatch, *scopes: str
) -> Iterator[TestClient]:
    samples.enter(monkeypatch, built)
    url = built["PENSTOCK_WAREHOUSE_URL"]
    with (
        closing(psycopg.connect(url, autocommit=True)) as warehouse,
        TestClient(create_app()) as client,
    ):
        yield _logged_in(client, warehouse, scopes)
    settings.cache_clear()


def _logged_in(
    client: TestClient, warehouse: psycopg.Connection, scopes: tuple[str, ...]
) -> TestClient:
    key = keys.create(warehouse, "tester", [Scope(s) for s in scopes or list(Scope)], 1_000_000)
    answer = client.post("/ui/login", data={"key": key}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return client
