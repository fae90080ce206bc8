"""The API over a real warehouse: in this process, and as `penstock serve` of its own."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from starlette.testclient import TestClient

from penstock.api import keys
from penstock.api.app import create_app
from penstock.api.keys import Scope
from penstock.settings import settings
from tests import samples, serving
from tests.pipeline import configure
from tests.serving import Served

MakeKey = Callable[..., str]


def bearer(key: str) -> dict[str, str]:
    """The header that carries a key."""
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def make_key(warehouse: psycopg.Connection) -> MakeKey:
    """Makes a key: `make_key("read", "vote", rate=5)`; without scopes, one that may do all."""

    def make(*scopes: str, rate: int = 1_000_000, name: str = "tester") -> str:
        return keys.create(warehouse, name, [Scope(s) for s in scopes or list(Scope)], rate)

    return make


@pytest.fixture
def client(home: Path, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A client of the app in this process, whose key may do all."""
    configure(monkeypatch, api_workers=1)
    headers = bearer(make_key())
    with TestClient(create_app(), headers=headers, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def samples_key(built: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Enters the home that holds all samples, for the rest of a test; a key that may do all."""
    samples.enter(monkeypatch, built)
    with psycopg.connect(built["PENSTOCK_WAREHOUSE_URL"], autocommit=True) as warehouse:
        yield keys.create(warehouse, "reader", list(Scope), 1_000_000)
    settings.cache_clear()


@pytest.fixture
def reads(samples_key: str) -> Iterator[TestClient]:
    """A client of the app over all samples."""
    with TestClient(create_app(), headers=bearer(samples_key)) as client:
        yield client


@pytest.fixture
def serve(home: Path, serve_here: Callable[..., Served]) -> Callable[..., Served]:
    """Starts `penstock serve` in this test's home."""
    return serve_here


@pytest.fixture
def serve_here(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts `penstock serve` with two processes where the environment says, and waits for it."""
    started: list[Served] = []

    def start(*options: str, wait: bool = True) -> Served:
        served = serving.start(tmp_path, *options, env={"PENSTOCK_API_WORKERS": "2"})
        started.append(served)
        if wait:
            served.wait_until_ready()
        return served

    yield start
    for served in started:
        with contextlib.suppress(ProcessLookupError):
            served.kill()


@contextlib.contextmanager
def away(warehouse: psycopg.Connection) -> Iterator[None]:
    """The warehouse takes no connection for a while, and loses those it has."""
    name = warehouse.info.dbname
    with psycopg.connect(warehouse.info.dsn, dbname="postgres", autocommit=True) as server:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        yield
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
