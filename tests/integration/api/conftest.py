"""The API over a real warehouse: in this process, and as `penstock serve` of its own."""

import contextlib
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg
import pytest
from starlette.testclient import TestClient

from penstock import datasets
from penstock.api import keys
from penstock.api.app import create_app
from penstock.api.keys import Scope
from penstock.marts import build
from penstock.settings import settings
from penstock.warehouse import embedded
from tests import pipeline
from tests.pipeline import configure
from tests.programs import PENSTOCK, free_port

MakeKey = Callable[..., str]
PATIENCE = 300  # seconds for a condition: a load alone takes 60 on a busy machine


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


@pytest.fixture(scope="session")
def built(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a home with all samples, and `sample1.txt`, in its marts; to be read."""
    database = f"built_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(embedded.url(cluster, "postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {database} TEMPLATE template")
    environment = {
        "PENSTOCK_HOME": str(tmp_path_factory.mktemp("built")),
        "PENSTOCK_WAREHOUSE_URL": embedded.url(cluster, database),
        "PENSTOCK_SETTLE_SECONDS": "0.001",
    }
    with pytest.MonkeyPatch.context() as patch:
        _enter(patch, environment)
        pipeline.land("events", "in/sample1.txt", sample1())
        pipeline.land_samples()
        for name in datasets.all_datasets():
            pipeline.ingest(name)
        for name in datasets.all_datasets():
            build.build(name)
    settings.cache_clear()
    return environment


def sample1() -> bytes:
    """1,000 events, out of order: 3 and 4 in the ranges that the old system was asked for."""
    first = ("2000-01-01T18:00:00Z", "2000-01-01T23:59:04Z", "2000-01-03T01:00:00Z")
    second = ("2000-01-05T13:15:30Z", "2000-01-05T20:00:00Z", "2000-01-06T13:15:30Z")
    around = ("2000-01-01T17:59:59Z", "2000-01-03T01:00:01Z", "2000-01-06T13:15:31Z")
    others = [f"20{n % 19 + 1:02d}-07-06T{n // 60:02d}:{n % 60:02d}:00Z" for n in range(990)]
    times = [*others, *reversed(first), *around, *second, second[1]]
    lines = [f"{time} user{n}@example.com session-{n}" for n, time in enumerate(times)]
    return "\n".join(lines).encode()


def _enter(patch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        patch.setenv(name, value)
    patch.delenv("AIRFLOW_HOME", raising=False)
    settings.cache_clear()


@pytest.fixture
def samples_key(built: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Enters the home that holds all samples, for the rest of a test; a key that may do all."""
    _enter(monkeypatch, built)
    with psycopg.connect(built["PENSTOCK_WAREHOUSE_URL"], autocommit=True) as warehouse:
        yield keys.create(warehouse, "reader", list(Scope), 1_000_000)
    settings.cache_clear()


@pytest.fixture
def reads(samples_key: str) -> Iterator[TestClient]:
    """A client of the app over all samples."""
    with TestClient(create_app(), headers=bearer(samples_key)) as client:
        yield client


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until it holds.

    Raises:
        AssertionError: it does not within `PATIENCE` seconds.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@dataclass
class Served:
    """A running `penstock serve`."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def kill(self) -> None:
        """SIGKILL every process of it at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


@pytest.fixture
def serve(home: Path, serve_here: Callable[..., Served]) -> Callable[..., Served]:
    """Starts `penstock serve` in this test's home."""
    return serve_here


@pytest.fixture
def serve_here(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts `penstock serve` with two processes where the environment says, and waits for it."""
    started: list[Served] = []

    def start(*options: str, wait: bool = True) -> Served:
        port = free_port()
        env = {**os.environ, "PENSTOCK_API_PORT": str(port), "PENSTOCK_API_WORKERS": "2"}
        log = tmp_path / f"serve-{port}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [PENSTOCK, "serve", *options],
                stdout=out, stderr=out, env=env, start_new_session=True,
            )  # fmt: skip
        served = Served(process, f"http://127.0.0.1:{port}", log)
        started.append(served)
        if wait:
            _wait_until_ready(served)
        return served

    yield start
    for served in started:
        with contextlib.suppress(ProcessLookupError):
            served.kill()


def _wait_until_ready(served: Served) -> None:
    def ready() -> bool:
        assert served.process.poll() is None, served.log.read_text()
        with contextlib.suppress(httpx2.TransportError):
            return httpx2.get(f"{served.url}/health/ready").status_code == 200
        return False

    wait_for(ready)


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
