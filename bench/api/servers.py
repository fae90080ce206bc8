"""Servers of the benchmark, each a process that answers before it is measured."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError

PORT = 8095
URL = f"http://127.0.0.1:{PORT}"
_SECONDS = 60


@dataclass(frozen=True)
class Penstock:
    """A Penstock of a home that nothing else uses; `python` is the product's."""

    home: Path
    python: Path

    @property
    def env(self) -> dict[str, str]:
        """Its settings."""
        own = {"PENSTOCK_HOME": str(self.home), "PENSTOCK_API_PORT": str(PORT)}
        return {**os.environ, **own}

    def run(self, *arguments: str) -> str:
        """What a command prints."""
        command = [str(self.python.with_name("penstock")), *arguments]
        done = subprocess.run(command, env=self.env, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def serve(self) -> AbstractContextManager[None]:
        """`penstock serve`, with as many processes as it has by default."""
        command = [str(self.python.with_name("penstock")), "serve"]
        return running(command, "/health/ready", self.env)


@contextmanager
def running(command: Sequence[str], path: str, env: Mapping[str, str]) -> Iterator[None]:
    """Run a server until the block ends.

    Raises:
        RuntimeError: it does not answer within a minute.
    """
    process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    try:
        _wait(process, path)
        yield
    finally:
        process.terminate()
        process.wait()


def hello(python: Path) -> AbstractContextManager[None]:
    """FastAPI alone, served as Penstock is."""
    options = ["--workers=2", "--no-access-log", f"--port={PORT}", "--log-level=error"]
    command = [str(python), "-m", "uvicorn", "bench.api.hello:app", *options]
    return running(command, "/hello", os.environ)


def old_way(url: str) -> AbstractContextManager[None]:
    """Flask under gunicorn, with this process's Python."""
    address = url.replace("postgresql://", "postgresql+psycopg2://")
    options = [f"--bind=127.0.0.1:{PORT}", "--workers=2", "--threads=4", "--log-level=error"]
    command = [sys.executable, "-m", "gunicorn", "bench.api.old_way:app", *options]
    return running(command, "/", {**os.environ, "BENCH_URL": address})


def _wait(process: subprocess.Popen[bytes], path: str) -> None:
    for _ in range(_SECONDS * 10):
        try:
            urllib.request.urlopen(URL + path, timeout=5).close()  # noqa: S310
            return
        except HTTPError:
            return  # it answers
        except OSError:
            if process.poll() is not None:
                break
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} does not answer")
