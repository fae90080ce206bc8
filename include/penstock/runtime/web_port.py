"""Chooses the port of the web UI: the setting, or else 8080 or the next free port."""

import socket
from contextlib import suppress
from pathlib import Path

from penstock.errors import PenstockError
from penstock.settings import settings

_TRIES = 100


def web_port() -> int:
    """Return the port that is set, else the last one that `up` took here, else the default."""
    if not is_set():
        with suppress(FileNotFoundError, ValueError):
            return int(_record(settings().home).read_text())
    return settings().web_port


def is_set() -> bool:
    """Return whether the user set the port."""
    return "web_port" in settings().model_fields_set


def take_free() -> int:
    """Return the default port or the next free one, and store it for `web_port`.

    Raises:
        PenstockError: none of the next ports is free.
    """
    first = settings().web_port
    free = next((port for port in range(first, first + _TRIES) if _fault(port) is None), None)
    if free is None:
        check(first)
        return first  # it became free meanwhile
    record = _record(settings().home)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(str(free))
    return free


def check(port: int) -> None:
    """Check that this process can listen on the port.

    Raises:
        PenstockError: the port is taken, or this user may not open it.
    """
    fault = _fault(port)
    if fault:
        raise PenstockError(
            f"cannot listen on {settings().bind}:{port} ({fault}): "
            "set PENSTOCK_WEB_PORT to a free port"
        )


def _fault(port: int) -> str | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings().bind, port))
        except OSError as error:
            return error.strerror
    return None


def _record(home: Path) -> Path:
    return home / "run" / "web_port"
