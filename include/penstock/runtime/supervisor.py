"""Keeps a home's Postgres and Airflow components running: a component that dies is restarted.

This is own code, because the library `supervisor` lacks needed features. It gives up after a number
of retries, does not delay restarts of a program that dies after its first second, starts a second
copy of components that outlive it, cannot restart the components after a restart of Postgres, and
requires all secrets in a configuration file.
"""

import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil

from penstock.errors import PenstockError
from penstock.runtime import processes
from penstock.runtime.environment import airflow_env, uses_embedded
from penstock.runtime.restarts import Restarts
from penstock.warehouse import embedded

NAME, POSTGRES = "supervisor", "postgres"
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")

_OPTIONS = {"scheduler": ["--skip-serve-logs"], "triggerer": ["--skip-serve-logs"]}
_POLL_SECONDS = 0.5
_TERM_SECONDS = 15  # for running tasks to end; after that their transactions roll back

log = logging.getLogger(__name__)


def start(home: Path) -> None:
    """Start the supervisor of `home` in the background."""
    _troubles_path(home).unlink(missing_ok=True)
    env = os.environ | {"PENSTOCK_HOME": str(home)}
    processes.start(NAME, [sys.executable, "-m", "penstock.runtime"], env, home)


def stop(home: Path) -> None:
    """Stop the supervisor of `home` and all its components. No process remains."""
    leader = processes.leader(NAME, home)
    if leader:
        with suppress(psutil.NoSuchProcess):
            leader.terminate()
        _, alive = psutil.wait_procs([leader], timeout=2 * _TERM_SECONDS)
        processes.kill(alive)
    _stop_all(home)  # components of a killed supervisor
    processes.forget(NAME, home)


def retry(home: Path) -> None:
    """Make the supervisor restart components in a crash loop at once."""
    if troubles(home):
        _troubles_path(home).unlink(missing_ok=True)
        leader = processes.leader(NAME, home)
        if leader:
            leader.send_signal(signal.SIGHUP)


def troubles(home: Path) -> dict[str, str]:
    """Return the components of `home` in a crash loop, each with its description."""
    with suppress(FileNotFoundError, ValueError):
        return dict(json.loads(_troubles_path(home).read_text()))
    return {}


def supervise(home: Path) -> None:
    """Keep Postgres and the components running until SIGTERM or SIGINT, then stop them.

    Components of a killed supervisor that still run are adopted.

    Raises:
        PenstockError: another supervisor runs for `home`.
    """
    with _exclusive(home):
        processes.register(NAME, home)
        _Supervisor(home).run()


class _Supervisor:
    def __init__(self, home: Path) -> None:
        self._home = home
        self._env = airflow_env()
        self._restarts: defaultdict[str, Restarts] = defaultdict(Restarts)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._troubles: dict[str, str] = {}
        self._server: psutil.Process | None = None
        self._signals: set[int] = set()

    def run(self) -> None:
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: self._signals.add(number))
        while not self._signals & {signal.SIGTERM, signal.SIGINT}:
            if signal.SIGHUP in self._signals:
                self._signals.discard(signal.SIGHUP)
                self._restarts.clear()
                self._troubles = {}
            self._check()
            time.sleep(_POLL_SECONDS)
        log.info("stopping")
        _stop_all(self._home)

    def _check(self) -> None:
        if not uses_embedded() or self._is_server_running():
            for name in COMPONENTS:
                if name in self._children:
                    self._children[name].poll()  # reap it if it is a zombie
                if not processes.is_alive(name, self._home):
                    self._restart_when_due(name, partial(self._start, name))
        self._report_troubles()

    def _is_server_running(self) -> bool:
        """Return whether Postgres runs. Stop the components that used an earlier server process."""
        server = embedded.postmaster(self._home)
        if server is None:
            self._restart_when_due(POSTGRES, lambda: embedded.ensure_running(self._home))
            return False
        if server != self._server:
            self._server = server
            # Their connections are broken: they would hang or fail later.
            older = [n for n in COMPONENTS if processes.is_older(n, self._home, server)]
            processes.terminate(older, self._home, seconds=2)
        return True

    def _restart_when_due(self, name: str, start: Callable[[], None]) -> None:
        """Restart a dead component once its delay is over."""
        restarts, now = self._restarts[name], time.monotonic()
        first = name in COMPONENTS and processes.record(name, self._home) is None
        if restarts.due is None and not first:
            log.warning("%s ended; starts again in %.0f s", name, restarts.died(now))
        elif first or now >= (restarts.due or 0):
            restarts.due = None
            try:
                start()
                log.info("%s started", name)
            except (PenstockError, OSError) as error:
                log.error("%s does not start: %s", name, error)

    def _start(self, name: str) -> None:
        processes.kill(processes.processes(name, self._home))  # leftovers of its main process
        command = [sys.executable, "-m", "airflow", name, *_OPTIONS.get(name, [])]
        self._children[name] = processes.start(name, command, self._env, self._home)

    def _report_troubles(self) -> None:
        """Report components in a crash loop, in the log and for `penstock status`."""
        now = time.monotonic()
        found = {name: each.trouble(now) for name, each in self._restarts.items()}
        troubles = {name: trouble for name, trouble in found.items() if trouble}
        for name in troubles.keys() - self._troubles.keys():
            log.error("%s: %s, log %s", name, troubles[name], log_path(name, self._home))
        if troubles != self._troubles:
            self._troubles = troubles
            _troubles_path(self._home).write_text(json.dumps(troubles))


def log_path(name: str, home: Path) -> Path:
    """Return the file that receives a component's output."""
    if name == POSTGRES:
        return home / "postgres" / "server.log"
    return processes.log_path(name, home)


def _stop_all(home: Path) -> None:
    processes.terminate(COMPONENTS, home, _TERM_SECONDS)
    embedded.stop(home)
    _troubles_path(home).unlink(missing_ok=True)


def _troubles_path(home: Path) -> Path:
    return home / "run" / "troubles.json"


@contextmanager
def _exclusive(home: Path) -> Iterator[None]:
    with (home / "run" / ".supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PenstockError(f"{home} is supervised already; see `penstock status`") from None
        yield
