"""Up, down and status of the whole system of a home."""

import fcntl
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from penstock import warehouse
from penstock.errors import PenstockError
from penstock.runtime import metadata, processes
from penstock.runtime.environment import Endpoints, airflow_env, endpoints, uses_embedded, web_url
from penstock.runtime.health import COMPONENTS, ComponentStatus, statuses
from penstock.settings import settings
from penstock.warehouse import embedded

Progress = Callable[[str], None]

_HEALTHY_SECONDS = 300  # a cold start takes 20-40 s on two cores
_TERM_SECONDS = 20  # what running tasks get to end; their transactions roll back after that
_OPTIONS = {"scheduler": ["--skip-serve-logs"], "triggerer": ["--skip-serve-logs"]}


def up(on_progress: Progress = lambda _: None) -> Endpoints:
    """Start what is missing of Postgres and Airflow, and return once all of it is healthy.

    Safe to repeat. `on_progress` gets a line whenever something has changed.

    Raises:
        PenstockError: the web port is taken, or a component did not come up; says which and why.
    """
    home = settings().home
    with _locked(home):
        if not processes.is_alive("api-server", home):
            _check_port(settings().bind, settings().web_port)
        env = _prepare(home, on_progress)
        for name in [name for name in COMPONENTS if not processes.is_alive(name, home)]:
            processes.kill(processes.processes(name, home))  # what its killed predecessor left
            command = [sys.executable, "-m", "airflow", name, *_OPTIONS.get(name, [])]
            processes.start(name, command, env, home)
            on_progress(f"{name} started")
        _wait_healthy(home, on_progress)
    return endpoints()


def down(on_progress: Progress = lambda _: None) -> None:
    """Stop Airflow's components and the embedded Postgres; leaves no process of this home."""
    home = settings().home
    if not home.exists():
        return
    with _locked(home):
        processes.terminate(COMPONENTS, home, _TERM_SECONDS)
        on_progress("Airflow stopped")
        embedded.stop(home)
        on_progress("Postgres stopped")


def status() -> list[ComponentStatus]:
    """How each component of this home is."""
    return statuses(settings().home, web_url())


def _prepare(home: Path, on_progress: Progress) -> dict[str, str]:
    if uses_embedded():
        embedded.ensure_running(home)
        _stop_bereaved(home)
    warehouse.migrate()
    on_progress("Postgres is up, the warehouse is at its newest schema")
    env = airflow_env()
    if metadata.ensure_migrated(env, home):
        on_progress("Airflow's metadata database is ready")
    return env


def _stop_bereaved(home: Path) -> None:
    """Stop components older than the server: when it was killed they die or hang, some day."""
    with psycopg.connect(embedded.url(home)) as connection:
        query = "SELECT extract(epoch FROM pg_postmaster_start_time())::float8"
        row = connection.execute(query).fetchone()
    started_at = row[0] if row else 0.0
    known = {name: processes.record(name, home) for name in COMPONENTS}
    bereaved = [name for name, record in known.items() if record and record.started_at < started_at]
    processes.terminate(bereaved, home, seconds=2)


def _wait_healthy(home: Path, on_progress: Progress) -> None:
    begun = time.monotonic()
    told: set[str] = set()
    while True:
        now = statuses(home, web_url())
        for each in now:
            if not each.running:
                raise PenstockError(_obituary(each.name, home))
            if each.healthy and each.name not in told:
                told.add(each.name)
                on_progress(f"{each.name} healthy after {time.monotonic() - begun:.0f} s")
        if len(told) == len(now):
            return
        if time.monotonic() - begun > _HEALTHY_SECONDS:
            ill = ", ".join(f"{e.name} (log: {e.log})" for e in now if not e.healthy)
            raise PenstockError(f"not healthy after {_HEALTHY_SECONDS} s: {ill}")
        time.sleep(0.5)


def _obituary(name: str, home: Path) -> str:
    log = processes.log_path(name, home)
    return f"{name} ended; the last lines of {log}:\n{processes.log_tail(name, home)}"


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PenstockError(
                f"cannot listen on {host}:{port} ({error.strerror}): "
                "set PENSTOCK_WEB_PORT to a free port"
            ) from None


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One `up` or `down` of a home at a time."""
    (home / "run").mkdir(parents=True, exist_ok=True)
    with (home / "run" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
