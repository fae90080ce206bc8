"""Runs each component as the leader of its own session, so that all its processes can be found."""

import json
import os
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from penstock.errors import PenstockError
from penstock.files.atomic import atomic_write


@dataclass(frozen=True)
class Record:
    """The content of `<home>/run/<name>.json` for a started component.

    `after_boot` (seconds) distinguishes the process from a later one with the same pid. Unlike a
    time of day, it does not change when the clock is set. `started_at` is seconds since 1970.
    """

    pid: int
    after_boot: float
    started_at: float


def start(
    name: str, command: list[str], env: dict[str, str], home: Path
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session. Its output goes to `<home>/logs/<name>.log`."""
    folder = home / "airflow"
    folder.mkdir(parents=True, exist_ok=True)
    with log_path(name, home).open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=env,
            start_new_session=True,
            # Before exec, so that the process is registered even if its starter is killed.
            preexec_fn=lambda: register(name, home),
        )


def register(name: str, home: Path) -> None:
    """Register this process as the component `name` of `home`."""
    record = Record(os.getpid(), _after_boot(psutil.Process()), time.time())
    with atomic_write(_record_path(name, home)) as draft:
        draft.write_text(json.dumps(vars(record)))


def run(name: str, command: list[str], env: dict[str, str], home: Path) -> None:
    """Run `command` and wait for its end. Its output goes to `<home>/logs/<name>.log`.

    Raises:
        PenstockError: the command failed; the message contains the end of its log.
    """
    with log_path(name, home).open("ab") as log:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=env,
            check=False,
        )
    if done.returncode:
        raise PenstockError(f"`{' '.join(command[2:])}` failed:\n{log_tail(name, home)}")


def record(name: str, home: Path) -> Record | None:
    """Return the record of the component's last start; None if it was never started."""
    with suppress(FileNotFoundError, ValueError, TypeError):
        return Record(**json.loads(_record_path(name, home).read_text()))
    return None


def is_alive(name: str, home: Path) -> bool:
    """Return whether the component's main process runs."""
    return leader(name, home) is not None


def leader(name: str, home: Path) -> psutil.Process | None:
    """Return the component's main process; None if it does not run."""
    known = record(name, home)
    return _leader(known) if known else None


def is_older(name: str, home: Path, other: psutil.Process) -> bool:
    """Return whether the component started before the process `other`."""
    known = record(name, home)
    return known is not None and known.after_boot < _after_boot(other)


def processes(name: str, home: Path) -> list[psutil.Process]:
    """Return all running processes of the component, including those of a killed main process."""
    known = record(name, home)
    if known is None:
        return []
    if _is_running(known.pid) and _leader(known) is None:
        return []  # another program has this pid now, and its session id
    members = [p for p in psutil.process_iter() if _session(p) == known.pid]
    family = {*members, *(child for member in members for child in _descendants(member))}
    return [p for p in family if _is_running(p.pid)]


def kill(found: Iterable[psutil.Process], seconds: float = 10) -> None:
    """Send SIGKILL to the processes and wait until they end, for at most `seconds`."""
    found = list(found)
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(found, timeout=seconds)


def terminate(names: Iterable[str], home: Path, seconds: float) -> None:
    """Send SIGTERM to the components; after `seconds`, SIGKILL the rest of their sessions."""
    names = list(names)
    family = [p for name in names for p in processes(name, home)]
    for main in filter(None, (leader(name, home) for name in names)):
        with suppress(psutil.NoSuchProcess):
            main.terminate()
    _, left = psutil.wait_procs(family, timeout=seconds)
    kill({*left, *(p for name in names for p in processes(name, home))})
    for name in names:
        forget(name, home)


def forget(name: str, home: Path) -> None:
    """Delete the record of a component that has ended."""
    _record_path(name, home).unlink(missing_ok=True)


def log_path(name: str, home: Path) -> Path:
    """Return the file that receives the component's output."""
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def log_tail(name: str, home: Path, lines: int = 20) -> str:
    """Return the last lines of the component's log."""
    return "\n".join(log_path(name, home).read_text(errors="replace").splitlines()[-lines:])


def _record_path(name: str, home: Path) -> Path:
    folder = home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.json"


def _leader(known: Record) -> psutil.Process | None:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(known.pid)
        same = abs(_after_boot(process) - known.after_boot) < 0.05
        return process if same and _is_running(known.pid) else None
    return None


def _after_boot(process: psutil.Process) -> float:
    return float(process.create_time() - psutil.boot_time())


def _is_running(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    """Return all descendants, including those with their own session."""
    with suppress(psutil.NoSuchProcess):
        return list(process.children(recursive=True))
    return []


def _session(process: psutil.Process) -> int | None:
    with suppress(ProcessLookupError):
        return os.getsid(process.pid)
    return None
