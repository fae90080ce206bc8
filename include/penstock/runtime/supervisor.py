"""Keeps a home's Postgres and Airflow components running: what dies is started again.

Own code, because the library for it (`supervisor`) does less of what is needed. It gives up after
a number of tries, does not slow down the restarts of a program that dies after its first second,
starts a second copy of what survived its own death, cannot restart the components of a server that
was replaced, and wants all secrets in a configuration file.
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
_TERM_SECONDS = 15  # what running tasks get to end; their transactions roll back after that

log = logging.getLogger(__name__)


def start(home: Path) -> None:
    """Start the supervisor of `home` in the background."""
    _troubles_path(home).unlink(missing_ok=True)
    env = os.environ | {"PENSTOCK_HOME": str(home)}
    processes.start(NAME, [sys.executable, "-m", "penstock.runtime"], env, home)


def stop(home: Path) -> None:
    """Stop the supervisor of `home` and all that it keeps running; leaves no process."""
    leader = processes.leader(NAME, home)
    if leader:
        with suppress(psutil.NoSuchProcess):
            leader.terminate()
        _, alive = psutil.wait_procs([leader], timeout=2 * _TERM_SECONDS)
        processes.kill(alive)
    _stop_all(home)  # what a killed supervisor left behind
    processes.forget(NAME, home)


def retry(home: Path) -> None:
    """Let the supervisor start at once what is in a crash loop."""
    if troubles(home):
        _troubles_path(home).unlink(missing_ok=True)
        leader = processes.leader(NAME, home)
        if leader:
            leader.send_signal(signal.SIGHUP)


def troubles(home: Path) -> dict[str, str]:
    """The parts of `home` that are in a crash loop, and how it goes."""
    with suppress(FileNotFoundError, ValueError):
        return dict(json.loads(_troubles_path(home).read_text()))
    return {}


def supervise(home: Path) -> None:
    """Keep Postgres and the components running until SIGTERM or SIGINT, then stop them.

    Components that a killed supervisor left running are taken over.

    Raises:
        PenstockError: another supervisor is at work.
    """
    with _alone(home):
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
        self._told: set[int] = set()

    def run(self) -> None:
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: self._told.add(number))
        while not self._told & {signal.SIGTERM, signal.SIGINT}:
            if signal.SIGHUP in self._told:
                self._told.discard(signal.SIGHUP)
                self._restarts.clear()
                self._troubles = {}
            self._look()
            time.sleep(_POLL_SECONDS)
        log.info("stopping")
        _stop_all(self._home)

    def _look(self) -> None:
        if not uses_embedded() or self._server_lives():
            for name in COMPONENTS:
                if name in self._children:
                    self._children[name].poll()  # or it would stay a zombie
                if not processes.is_alive(name, self._home):
                    self._revive(name, partial(self._start, name))
        self._tell()

    def _server_lives(self) -> bool:
        """Whether Postgres runs; the components that lost their server are stopped."""
        server = embedded.postmaster(self._home)
        if server is None:
            self._revive(POSTGRES, lambda: embedded.ensure_running(self._home))
            return False
        if server != self._server:
            self._server = server
            # They would hang or die, some day.
            older = [n for n in COMPONENTS if processes.is_older(n, self._home, server)]
            processes.terminate(older, self._home, seconds=2)
        return True

    def _revive(self, name: str, start: Callable[[], None]) -> None:
        """Start what is dead, once its delay is over."""
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
        processes.kill(processes.processes(name, self._home))  # what its main process left behind
        command = [sys.executable, "-m", "airflow", name, *_OPTIONS.get(name, [])]
        self._children[name] = processes.start(name, command, self._env, self._home)

    def _tell(self) -> None:
        """Say in the log and to `penstock status` what is in a crash loop."""
        now = time.monotonic()
        found = {name: each.trouble(now) for name, each in self._restarts.items()}
        troubles = {name: trouble for name, trouble in found.items() if trouble}
        for name in troubles.keys() - self._troubles.keys():
            log.error("%s: %s, log %s", name, troubles[name], log_path(name, self._home))
        if troubles != self._troubles:
            self._troubles = troubles
            _troubles_path(self._home).write_text(json.dumps(troubles))


def log_path(name: str, home: Path) -> Path:
    """Where a part's output goes."""
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
def _alone(home: Path) -> Iterator[None]:
    with (home / "run" / ".supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PenstockError(f"{home} is supervised already; see `penstock status`") from None
        yield
