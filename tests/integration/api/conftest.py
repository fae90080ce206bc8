"""The API over a real warehouse: in this process, and as `penstock serve` of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from starlette.testclient import TestClient

from penstock.api import keys
from penstock.api.app import create_app
from penstock.api.keys import Scope
from tests.pipeline import configure

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


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until it holds.

    Raises:
        AssertionError: it does not within a minute.
    """
    deadline = time.monotonic() + 60
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
        return self.process.wait(60)


@pytest.fixture
def serve(home: Path, tmp_path: Path) -> Iterator[Callable[[], Served]]:
    """Starts `penstock serve` with two processes, and waits until it is ready."""
    started: list[Served] = []

    def start() -> Served:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        env = {**os.environ, "PENSTOCK_API_PORT": str(port), "PENSTOCK_API_WORKERS": "2"}
        log = tmp_path / f"serve-{port}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [Path(sys.executable).with_name("penstock"), "serve"],
                stdout=out, stderr=out, env=env, start_new_session=True,
            )  # fmt: skip
        served = Served(process, f"http://127.0.0.1:{port}", log)
        started.append(served)
        _wait_until_ready(served)
        return served

    yield start
    for served in started:
        with contextlib.suppress(ProcessLookupError):
            served.kill()


def _wait_until_ready(served: Served) -> None:
    def ready() -> bool:
        assert served.process.poll() is None, served.log.read_text()
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{served.url}/health/ready").status_code == 200
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
