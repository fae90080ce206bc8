"""A relay between clients and Postgres' Unix socket: it cuts, delays and refuses connections."""

import contextlib
import socket
import threading
import time
from pathlib import Path

_SOCKET = ".s.PGSQL.5432"


class Relay:
    """Listens in `folder` as a server would, and passes on to the server in the folder `server`."""

    def __init__(self, folder: Path, server: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self._server = str(server / _SOCKET)
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self.delay = 0.0
        self.refuses = False
        self._cut_after: int | None = None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / _SOCKET))
        self._listener.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection now."""
        for pair in list(self._pairs):
            _close(*pair)

    def cut_after(self, size: int) -> None:
        """End the connection that sends so many bytes more: amid a COPY, say."""
        self._cut_after = size

    def heal(self) -> None:
        """No more faults."""
        self.delay, self.refuses, self._cut_after = 0.0, False, None

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = socket.socket(socket.AF_UNIX)
            try:
                if self.refuses:
                    raise ConnectionRefusedError
                server.connect(self._server)
            except OSError:
                _close(client, server)
                continue
            pair = (client, server)
            self._pairs.add(pair)
            for source, target in (pair, pair[::-1]):
                threading.Thread(
                    target=self._pass_on, args=[source, target, pair], daemon=True
                ).start()

    def _pass_on(
        self,
        source: socket.socket,
        target: socket.socket,
        pair: tuple[socket.socket, socket.socket],
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if self.delay:
                    time.sleep(self.delay)
                if source is pair[0] and self._is_to_be_cut(len(data)):
                    target.sendall(data[: len(data) // 2])
                    break
                target.sendall(data)
        self._pairs.discard(pair)
        _close(*pair)

    def _is_to_be_cut(self, size: int) -> bool:
        if self._cut_after is None:
            return False
        self._cut_after -= size
        if self._cut_after > 0:
            return False
        self._cut_after = None
        return True


def _close(*sockets: socket.socket) -> None:
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
