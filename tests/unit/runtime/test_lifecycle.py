"""What `up`, `down` and `status` say when they cannot, or need not, do their work."""

import socket
from pathlib import Path

import pytest

from penstock import runtime
from penstock.errors import PenstockError
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
def test_down_is_harmless_where_nothing_runs() -> None:
    runtime.down()
    assert not [s for s in runtime.status() if s.running or s.healthy]
