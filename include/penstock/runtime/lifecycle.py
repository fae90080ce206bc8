"""Starts and stops the whole system of a home, and reports its status."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock import schema, warehouse
from penstock.arrivals import mirror_folder
from penstock.errors import PenstockError
from penstock.runtime import metadata, processes, supervisor, web_port
from penstock.runtime.environment import (
    Endpoints,
    airflow_env,
    endpoints,
    shared_api_server,
    uses_embedded,
    web_url,
)
from penstock.runtime.health import ComponentStatus, statuses, statuses_elsewhere
from penstock.settings import settings
from penstock.warehouse import embedded

Progress = Callable[[str], None]

_START_SECONDS = 300  # a cold start takes 20-40 s on two cores


def up(on_progress: Progress = lambda _: None) -> Endpoints:
    """Start Postgres and Airflow if they do not run, and return once all components are healthy.

    A supervisor in the background keeps them running. Idempotent. `on_progress` receives a line of
    text for each change.

    If PENSTOCK_WEB_PORT is not set and its default is taken, the web UI gets the next free port.

    Raises:
        PenstockError: the web port is taken, or a component did not start; the message names it.
    """
    home = settings().home
    with _locked(home):
        _take_web_port(home, on_progress)
        _prepare(home, on_progress)
        if processes.is_alive(supervisor.NAME, home):
            supervisor.retry(home)
        else:
            supervisor.start(home)
        _wait_healthy(home, on_progress)
    return endpoints()


def up_in_foreground(on_progress: Progress = lambda _: None) -> None:
    """Start everything and keep it running until SIGTERM or SIGINT, for example under systemd.

    Raises:
        PenstockError: the web port is taken, or another supervisor runs for this home.
    """
    home = settings().home
    with _locked(home):
        if not processes.processes("api-server", home):
            web_port.check(settings().web_port)
        _prepare(home, on_progress)
    supervisor.supervise(home)


def down(on_progress: Progress = lambda _: None) -> None:
    """Stop Airflow's components and the embedded Postgres. No process of this home remains."""
    home = settings().home
    if not home.exists():
        return
    with _locked(home):
        supervisor.stop(home)
        on_progress("Airflow and Postgres stopped")


def status() -> list[ComponentStatus]:
    """Return the status of each component of this home or, in a container, of all containers."""
    home, elsewhere = settings().home, shared_api_server()
    if elsewhere and not processes.is_alive(supervisor.NAME, home):
        return statuses_elsewhere(elsewhere)
    return statuses(home, web_url())


def _take_web_port(home: Path, on_progress: Progress) -> None:
    """Find a port for the web UI. A running web UI or supervisor keeps its port."""
    if processes.processes("api-server", home):
        return
    if web_port.is_set() or processes.is_alive(supervisor.NAME, home):
        web_port.check(web_port.web_port())
        return
    taken = web_port.take_free()
    if taken != settings().web_port:
        on_progress(f"port {settings().web_port} is taken: the web UI gets port {taken}")


def _prepare(home: Path, on_progress: Progress) -> None:
    if uses_embedded():
        embedded.ensure_running(home)
    schema.migrate()
    on_progress("Postgres is up, the warehouse is at its newest schema")
    for lost in mirror_folder.set_up_all():
        on_progress(lost)
    env = airflow_env()
    migrated = metadata.ensure_migrated(env, home)
    metadata.ensure_connection(env, home, warehouse.app_url(), anew=migrated)
    if migrated:
        on_progress("Airflow's metadata database is ready")


def _wait_healthy(home: Path, on_progress: Progress) -> None:
    started_at = time.monotonic()
    reported: set[str] = set()
    while True:
        now = statuses(home, web_url())
        for each in now:
            if each.trouble or (each.name == supervisor.NAME and not each.running):
                raise PenstockError(_failure_message(each))
            if each.healthy and each.name not in reported:
                reported.add(each.name)
                on_progress(f"{each.name} healthy after {time.monotonic() - started_at:.0f} s")
        if len(reported) == len(now):
            return
        if time.monotonic() - started_at > _START_SECONDS:
            unhealthy = ", ".join(f"{e.name} (log: {e.log})" for e in now if not e.healthy)
            raise PenstockError(f"not healthy after {_START_SECONDS} s: {unhealthy}")
        time.sleep(0.5)


def _failure_message(part: ComponentStatus) -> str:
    written = part.log is not None and part.log.exists()
    lines = part.log.read_text(errors="replace").splitlines() if part.log and written else []
    tail = "\n".join(lines[-20:])
    return f"{part.name}: {part.trouble or 'ended'}; the last lines of {part.log}:\n{tail}"


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Allow one `up` or `down` of a home at a time."""
    (home / "run").mkdir(parents=True, exist_ok=True)
    with (home / "run" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
