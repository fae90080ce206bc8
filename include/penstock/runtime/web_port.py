"""The port of the web UI: the one that is set, else 8080 or the next free one."""

import socket
from contextlib import suppress
from pathlib import Path

from penstock.errors import PenstockError
from penstock.settings import settings

_TRIES = 100


def web_port() -> int:
    """The port as set; else the one that `up` took last in this home, else the default."""
    if not is_set():
        with suppress(FileNotFoundError, ValueError):
            return int(_record(settings().home).read_text())
    return settings().web_port


def is_set() -> bool:
    """Whether the user chose the port."""
    return "web_port" in settings().model_fields_set


def take_free() -> int:
    """The default port or the next free one; `web_port` gives it from now on.

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
    """Refuse a port that this process cannot listen on.

    Raises:
        PenstockError: it is taken, or needs rights that this user lacks.
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
