"""The pages over a real warehouse, as a browser that is logged in asks for them."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from starlette.testclient import TestClient

from penstock.api import keys
from penstock.api.keys import Scope
from penstock.server.app import create_app
from penstock.site import csrf
from tests.integration.api.conftest import MakeKey, make_key, samples_key  # noqa: F401 - fixtures
from tests.pipeline import configure

LogIn = Callable[..., TestClient]


@pytest.fixture
def log_in(home: Path, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogIn]:
    """Logs in over this test's own warehouse: `log_in("read")`; without scopes, with all."""
    configure(monkeypatch, api_workers=1)
    with TestClient(create_app(), raise_server_exceptions=False) as client:

        def log_in(*scopes: str) -> TestClient:
            return _logged_in(client, make_key(*scopes))

        yield log_in


@pytest.fixture
def site(log_in: LogIn) -> TestClient:
    """The pages over this test's own warehouse, for a person who may do all."""
    return log_in()


@pytest.fixture
def full_site(samples_key: str) -> Iterator[TestClient]:
    """The pages over a home that has all samples in its marts; to be read."""
    with TestClient(create_app()) as client:
        yield _logged_in(client, samples_key)


@pytest.fixture
def viewer(built: dict[str, str], samples_key: str) -> Iterator[TestClient]:
    """The same for a person who may read only."""
    with psycopg.connect(built["PENSTOCK_WAREHOUSE_URL"], autocommit=True) as warehouse:
        key = keys.create(warehouse, "viewer", [Scope.READ], 1_000_000)
    with TestClient(create_app()) as client:
        yield _logged_in(client, key)


def token(client: TestClient) -> dict[str, str]:
    """The header that an action needs, as the first page carries it."""
    found = re.search(rf'"{csrf.HEADER}": "([^"]+)"', client.get("/ui/").text)
    assert found, "the page carries no token"
    return {csrf.HEADER: found[1]}


def partial(target: str) -> dict[str, str]:
    """The headers of htmx when it asks for one element of a page."""
    return {"HX-Request": "true", "HX-Target": target}


def _logged_in(client: TestClient, key: str) -> TestClient:
    answer = client.post("/ui/login", data={"key": key}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return client
