"""A whole Penstock in a home of its own, driven from outside, as a user would."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg

from penstock.files.atomic import atomic_write
from penstock.runtime import processes, supervisor
from penstock.warehouse import embedded
from tests.programs import PENSTOCK, Done, command_line, free_port

SECONDS = 240  # for whatever is waited for: Airflow on a machine three times slower


@dataclass
class System:
    """`home` and what is started for it. Small blocks: a small file is then many transactions.

    `external` is environment that names servers of somebody else's. `is_well` is False from a kill
    until all is healthy again.
    """

    home: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="penstock-e2e-")))
    external: dict[str, str] = field(default_factory=dict)
    is_well: bool = True

    def __post_init__(self) -> None:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AIRFLOW", "PENSTOCK_"))
        }
        self.env = (
            inherited
            | {
                "PENSTOCK_HOME": str(self.home),
                "PENSTOCK_WEB_PORT": str(free_port()),
                # A proxy that answers nothing: what runs on this machine is asked directly.
                "http_proxy": "http://127.0.0.1:9",
                "https_proxy": "http://127.0.0.1:9",
                "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer",
                "PENSTOCK_BLOCK_BYTES": "20000",
                "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "12",
                "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "3",
            }
            | self.external
        )

    def penstock(self, *arguments: str) -> str:
        """Run the command line; its standard output."""
        done = self._run(*arguments)
        assert done.returncode == 0, f"penstock {arguments}: {done.stderr}{done.stdout}"
        return done.stdout

    @property
    def passwords(self) -> Path:
        """The file of Airflow's users and their passwords."""
        return self.home / "secrets" / "airflow_passwords.json"

    def status(self) -> list[dict[str, Any]]:
        """What `penstock status` says of each part, whether all is well or not."""
        return list(json.loads(self._run("status", "--json").stdout))

    def is_healthy(self) -> bool:
        """Whether every part is, now."""
        return all(part["healthy"] for part in self.status())

    def _run(self, *arguments: str) -> Done:
        command = [PENSTOCK, *arguments]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)

    def land(self, name: str, text: str) -> None:
        """Put a file into the landing zone the proper way: written aside, then renamed."""
        with atomic_write(self.home / "landing" / "events" / name) as draft:
            draft.write_text(text)

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the warehouse."""
        url = self.external.get("PENSTOCK_WAREHOUSE_URL") or embedded.url(self.home)
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def wait_built(self, names: list[str]) -> None:
        """Until each of these files is in the marts."""
        built = "SELECT count(*) FROM ingest.file WHERE path = ANY(%s) AND built_at IS NOT NULL"
        wait_until(lambda: self.ask(built, names) == [(len(names),)], f"{len(names)} files built")

    def assert_exact(self, good: dict[str, int], bad: dict[str, list[int]]) -> None:
        """Each file is in the mart once with so many rows, and these lines are in quarantine."""
        names = list(good)
        rows = "SELECT path, count(*) FROM marts.events JOIN ingest.file USING (file_id)"
        found = dict(self.ask(f"{rows} WHERE path = ANY(%s) GROUP BY 1", names))
        assert found == {name: count for name, count in good.items() if count}
        lines = "SELECT path, line FROM ingest.quarantine JOIN ingest.file USING (file_id)"
        refused = self.ask(f"{lines} WHERE path = ANY(%s) ORDER BY 1, 2", names)
        assert refused == [(name, line) for name in sorted(bad) for line in sorted(bad[name])]
        versions = "SELECT count(*), count(DISTINCT path) FROM ingest.file WHERE path = ANY(%s)"
        assert self.ask(versions, names) == [(len(names), len(names))]

    def component(self, name: str) -> psutil.Process:
        """The main process of an Airflow component."""
        known = processes.record(name, self.home)
        assert known is not None
        return psutil.Process(known.pid)

    def postgres(self) -> psutil.Process:
        """The embedded server's main process."""
        pid_file = self.home / "postgres" / "postmaster.pid"
        return psutil.Process(int(pid_file.read_text().splitlines()[0]))

    def running_tasks(self) -> list[psutil.Process]:
        """The processes that run tasks: children of the executor's workers."""
        tasks: list[psutil.Process] = []
        for worker in self.component("scheduler").children():
            with suppress(psutil.NoSuchProcess):
                tasks += worker.children()
        return tasks

    def left_over(self) -> list[psutil.Process]:
        """Living processes of this home, found by where they are."""
        return [p for p in psutil.process_iter() if _is_in(p, self.home)]

    def doubled(self) -> list[str]:
        """Components of which more than one main process runs."""
        commands = [command for p in self.left_over() if (command := _leads_session(p))]
        return [n for n in supervisor.COMPONENTS if sum(f"airflow {n}" in c for c in commands) > 1]

    def remove(self) -> None:
        """Delete the home."""
        shutil.rmtree(self.home, ignore_errors=True)


def events(name: str, good: int, bad_lines: tuple[int, ...] = ()) -> str:
    """`good` events, with broken lines put in so that they have the given line numbers."""
    lines = [
        f"2001-02-03T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}Z {i}@{name} s-{i}"
        for i in range(good)
    ]
    for number in sorted(bad_lines):
        lines.insert(number - 1, "null")
    return "\n".join(lines) + "\n"


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition, through the errors of a system that is down for a moment."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            if condition():
                return
        except (psycopg.Error, psutil.Error):
            pass
        assert time.monotonic() < deadline, f"not within {SECONDS} s: {what}"
        time.sleep(0.05)


def kill(process: psutil.Process) -> None:
    """`kill -9`, and wait until it is gone."""
    os.kill(process.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs([process], timeout=SECONDS)
    assert alive == []


def _leads_session(process: psutil.Process) -> str:
    """The command line of a process that leads a session, else "", also where it has just ended."""
    try:
        return command_line(process) if os.getsid(process.pid) == process.pid else ""
    except OSError:
        return ""


def _is_in(process: psutil.Process, home: Path) -> bool:
    try:
        place = Path(process.cwd())
        return place.is_relative_to(home) and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False
