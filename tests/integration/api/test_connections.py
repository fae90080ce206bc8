"""`penstock serve` and connections that want too much, over real sockets."""

import contextlib
import json
import resource
import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest

from tests.integration.api.conftest import MakeKey, bearer
from tests.pipeline import events
from tests.serving import PATIENCE, Served, wait_for

Serve = Callable[[], Served]
VOTE = {"candidate": "1", "vote_time": "2024-01-01T00:00:00Z", "kiosk_id": 1}
HEADER_SECONDS = 600
BEGIN = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"


@contextlib.contextmanager
def _connected(served: Served) -> Iterator[socket.socket]:
    with socket.create_connection(_address(served), PATIENCE) as connection:
        yield connection


def _address(served: Served) -> tuple[str, int]:
    parts = urlsplit(served.url)
    return str(parts.hostname), int(parts.port or 0)


def _status(connection: socket.socket) -> int | None:
    """Of the answer; None when the connection ends without one."""
    with contextlib.suppress(ConnectionError):
        said = connection.recv(65536)
        return int(said.split()[1]) if said else None
    return None


def _memory(served: Served) -> int:
    family = psutil.Process(served.process.pid).children(recursive=True)
    return sum(process.memory_info().rss for process in family)


def test_endless_headers_are_refused_early(serve: Serve) -> None:
    served = serve()
    before = _memory(served)
    for begin, piece in ((BEGIN + b"X: ", b"x" * 65536), (BEGIN, b"X: y\r\n" * 10_000)):
        sent = 0
        with _connected(served) as connection, contextlib.suppress(ConnectionError):
            connection.sendall(begin)
            while sent < 200_000_000:
                sent += connection.send(piece)
        assert sent < 20_000_000
    assert _memory(served) - before < 30 << 20


def test_headers_have_a_size_and_a_number(serve: Serve) -> None:
    served = serve()
    for headers, status in (
        (b"X: " + b"x" * 60_000 + b"\r\n", 200),
        (b"X: " + b"x" * 70_000 + b"\r\n", 431),
        (b"X: y\r\n" * 90, 200),
        (b"X: y\r\n" * 110, 431),
        (b"no header\r\n", 400),
    ):
        with _connected(served) as connection:
            connection.sendall(BEGIN + headers + b"\r\n")
            assert _status(connection) == status, (len(headers), headers[:10])


def test_headers_that_do_not_come_are_not_waited_for(
    serve: Serve, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_API_HEADER_SECONDS", "2")
    served = serve()
    for begin in (b"", b"\r\n", BEGIN, BEGIN + b"\r\n" + BEGIN):
        with _connected(served) as connection:
            connection.sendall(begin)
            with contextlib.suppress(ConnectionError):  # dripping does not help
                while connection.recv(65536):
                    connection.sendall(b"x: y\r\n" if begin else b"\r\n")
    # Who waits for an answer, or for the next question, is in nobody's way.
    with httpx2.Client(base_url=served.url, headers=bearer(make_key()), timeout=PATIENCE) as client:
        assert client.post("/votes", json=VOTE).status_code == 201
        time.sleep(4)

        def slowly() -> Iterator[bytes]:
            for _ in range(4):
                yield events(1)
                time.sleep(1)

        answer = client.post("/uploads/events?filename=a.txt", content=slowly())
        assert answer.status_code == 202


@pytest.mark.parametrize("files", ["20000", "400"])
def test_a_vote_lands_however_many_connections_are_held_open(
    serve: Serve, make_key: MakeKey, files: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    monkeypatch.setenv("PENSTOCK_API_HEADER_SECONDS", str(HEADER_SECONDS))  # no help from there
    served = serve()
    for worker in psutil.Process(served.process.pid).children(recursive=True):
        worker.rlimit(psutil.RLIMIT_NOFILE, (int(files), int(files)))
    headers = bearer(make_key())
    kept = httpx2.Client(base_url=served.url, headers=headers, timeout=PATIENCE)
    assert kept.post("/votes", json=VOTE).status_code == 201
    with contextlib.ExitStack() as held:
        for n in range(1100):
            held.enter_context(_connected(served)).sendall(BEGIN if n % 2 else b"")
        began = time.monotonic()
        assert httpx2.post(f"{served.url}/votes", json=VOTE, headers=headers).status_code == 201
        assert time.monotonic() - began < HEADER_SECONDS / 2, "the header time is no help"
        upload = f"{served.url}/uploads/events?filename=a.txt"
        assert httpx2.post(upload, content=events(3), headers=headers).status_code == 202
        assert kept.post("/votes", json=VOTE).status_code == 201, "who asked before is not put out"
    kept.close()


def test_a_forwarded_address_is_believed_from_a_proxy_alone(
    serve: Serve, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = bearer(make_key())
    forwarded = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7, 10.1.2.3"}
    told = {}
    for proxies in ("127.0.0.1, 10.0.0.0/8", "192.0.2.1"):
        monkeypatch.setenv("PENSTOCK_API_PROXIES", proxies)
        served = serve()
        assert httpx2.get(f"{served.url}/files", headers=headers | forwarded).status_code == 200
        served.stop()
        lines = [json.loads(line) for line in served.log.read_text().splitlines()]
        told[proxies] = [line["client"] for line in lines if line.get("path") == "/files"]
    assert list(told.values()) == [["198.51.100.7"], ["127.0.0.1"]]


def test_behind_a_proxy_an_address_has_a_limit_of_its_own(
    serve: Serve, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_API_PROXIES", "127.0.0.1")
    monkeypatch.setenv("PENSTOCK_API_CONNECTIONS_PER_ADDRESS", "2")
    served = serve()
    key = bearer(make_key())["Authorization"]

    def held(address: str) -> socket.socket:
        connection = socket.create_connection(_address(served), PATIENCE)
        connection.sendall(
            b"POST /votes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + f"Authorization: {key}\r\nX-Forwarded-For: {address}\r\n".encode()
            + b"Content-Length: 9\r\n\r\n"
        )
        return connection

    def status(address: str) -> int:
        forwarded = {"Authorization": key, "X-Forwarded-For": address}
        return httpx2.get(f"{served.url}/files", headers=forwarded).status_code

    with contextlib.ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(held("198.51.100.7"))
        wait_for(lambda: status("198.51.100.7") == 429)
        assert [status("198.51.100.8") for _ in range(6)] == [200] * 6
    wait_for(lambda: status("198.51.100.7") == 200)
