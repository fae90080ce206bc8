"""`penstock serve` as a process of its own, and waiting for what it does."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.programs import PENSTOCK, free_port

PATIENCE = 300  # seconds for a condition: a load alone takes 60 on a busy machine


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

    def wait_until_ready(self) -> None:
        """Wait until it answers."""

        def ready() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(httpx2.TransportError):
                return httpx2.get(f"{self.url}/health/ready").status_code == 200
            return False

        wait_for(ready)


def start(folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Served:
    """Start `penstock serve` on a free port; its log is in `folder`. `env` adds to ours."""
    port = free_port()
    log = folder / f"serve-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [PENSTOCK, "serve", *options],
            stdout=out, stderr=out, start_new_session=True,
            env={**os.environ, **(env or {}), "PENSTOCK_API_PORT": str(port)},
        )  # fmt: skip
    return Served(process, f"http://127.0.0.1:{port}", log)
