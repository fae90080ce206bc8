"""Forward a TCP port to a Unix socket, for clients that only use TCP, such as JDBC."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CHUNK = 1024 * 1024


@contextmanager
def relay(path: Path) -> Iterator[int]:
    """Open a port on the loopback, yield it, and forward its connections to the socket `path`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, path), daemon=True).start()
        yield server.getsockname()[1]


def _accept(server: socket.socket, path: Path) -> None:
    with suppress(OSError):  # the server was closed
        while True:
            client, _ = server.accept()
            postgres = socket.socket(socket.AF_UNIX)
            postgres.connect(str(path))
            for ends in ((client, postgres), (postgres, client)):
                threading.Thread(target=_pump, args=ends, daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # either side may close first
        while data := source.recv(CHUNK):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
