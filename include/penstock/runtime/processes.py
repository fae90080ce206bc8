"""A component as a process: the leader of a session of its own, so all it leaves can be found."""

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
    """What `<home>/run/<name>.json` holds of a started component.

    `after_boot` (seconds) tells the process from a later one that got the same pid; unlike a
    time of day it does not move when the clock is set. `started_at` is seconds since 1970.
    """

    pid: int
    after_boot: float
    started_at: float


def start(
    name: str, command: list[str], env: dict[str, str], home: Path
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own; its output goes to `<home>/logs/<name>.log`."""
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
            # Before the program begins, so that a starter killed meanwhile leaves nothing unknown.
            preexec_fn=lambda: register(name, home),
        )


def register(name: str, home: Path) -> None:
    """Make this process the component `name` of `home`."""
    record = Record(os.getpid(), _after_boot(psutil.Process()), time.time())
    with atomic_write(_record_path(name, home)) as draft:
        draft.write_text(json.dumps(vars(record)))


def run(name: str, command: list[str], env: dict[str, str], home: Path) -> None:
    """Run `command` to its end, its output to `<home>/logs/<name>.log`.

    Raises:
        PenstockError: it failed; the message holds the end of its log.
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
    """How the component was last started here, if ever."""
    with suppress(FileNotFoundError, ValueError, TypeError):
        return Record(**json.loads(_record_path(name, home).read_text()))
    return None


def is_alive(name: str, home: Path) -> bool:
    """Whether the component's main process runs."""
    return leader(name, home) is not None


def leader(name: str, home: Path) -> psutil.Process | None:
    """The component's main process, if it runs."""
    known = record(name, home)
    return _leader(known) if known else None


def is_older(name: str, home: Path, other: psutil.Process) -> bool:
    """Whether the component was started before the process `other`."""
    known = record(name, home)
    return known is not None and known.after_boot < _after_boot(other)


def processes(name: str, home: Path) -> list[psutil.Process]:
    """Every living process of the component, also what a killed main process left behind."""
    known = record(name, home)
    if known is None:
        return []
    if _lives(known.pid) and _leader(known) is None:
        return []  # the pid is another program's now, and so is the session of that number
    members = [p for p in psutil.process_iter() if _session(p) == known.pid]
    family = {*members, *(child for member in members for child in _descendants(member))}
    return [p for p in family if _lives(p.pid)]


def kill(found: Iterable[psutil.Process], seconds: float = 10) -> None:
    """SIGKILL, and wait until they are gone."""
    found = list(found)
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(found, timeout=seconds)


def terminate(names: Iterable[str], home: Path, seconds: float) -> None:
    """SIGTERM the components; after `seconds` SIGKILL whatever is left of their sessions."""
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
    """Drop the record of a component that is gone."""
    _record_path(name, home).unlink(missing_ok=True)


def log_path(name: str, home: Path) -> Path:
    """Where the component's output goes."""
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def log_tail(name: str, home: Path, lines: int = 20) -> str:
    """The last lines of the component's log."""
    return "\n".join(log_path(name, home).read_text(errors="replace").splitlines()[-lines:])


def _record_path(name: str, home: Path) -> Path:
    folder = home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.json"


def _leader(known: Record) -> psutil.Process | None:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(known.pid)
        same = abs(_after_boot(process) - known.after_boot) < 0.05
        return process if same and _lives(known.pid) else None
    return None


def _after_boot(process: psutil.Process) -> float:
    return float(process.create_time() - psutil.boot_time())


def _lives(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    """Also those that have made a session of their own."""
    with suppress(psutil.NoSuchProcess):
        return list(process.children(recursive=True))
    return []


def _session(process: psutil.Process) -> int | None:
    with suppress(ProcessLookupError):
        return os.getsid(process.pid)
    return None
