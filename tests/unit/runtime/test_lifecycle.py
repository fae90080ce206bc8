"""What `up`, `down` and `status` say when they cannot, or need not, do their work."""

import socket
from contextlib import suppress
from pathlib import Path

import pytest

from penstock import runtime
from penstock.errors import PenstockError
from penstock.runtime import web_port
from penstock.settings import settings


def test_a_taken_port_is_told_before_anything_starts(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv("PENSTOCK_WEB_PORT", str(port))
        settings.cache_clear()
        with pytest.raises(PenstockError, match=rf"127\.0\.0\.1:{port}.*PENSTOCK_WEB_PORT"):
            runtime.up()
    assert not (empty_home / "postgres").exists()


@pytest.mark.usefixtures("empty_home")
def test_where_the_default_port_is_taken_the_next_free_one_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PENSTOCK_WEB_PORT", raising=False)
    settings.cache_clear()
    with socket.socket() as other:
        with suppress(OSError):  # taken by another program is as good
            other.bind(("127.0.0.1", 8080))
            other.listen()
        taken = web_port.take_free()
    assert taken > 8080
    assert runtime.endpoints().web_url == f"http://127.0.0.1:{taken}"
    assert runtime.airflow_env()["AIRFLOW__API__PORT"] == str(taken)
    monkeypatch.setenv("PENSTOCK_WEB_PORT", "8181")
    settings.cache_clear()
    assert runtime.endpoints().web_url == "http://127.0.0.1:8181"


@pytest.mark.usefixtures("empty_home")
def test_down_is_harmless_where_nothing_runs() -> None:
    runtime.down()
    assert not [s for s in runtime.status() if s.running or s.healthy]
