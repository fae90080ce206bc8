"""Starting and stopping process trees: all of ours, and nobody else's."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from penstock.errors import PenstockError
from penstock.runtime import processes

# A main process that ignores polite requests and has a child that does so too.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def stubborn(tmp_path: Path) -> Iterator[Path]:
    """A home in which component `c` runs as two stubborn processes."""
    processes.start("c", [sys.executable, "-c", STUBBORN], dict(os.environ), tmp_path)
    _until(lambda: processes.log_tail("c", tmp_path).count("ready") == 2)
    yield tmp_path
    processes.kill(processes.processes("c", tmp_path))


def test_nothing_is_left_even_of_what_ignores_sigterm(stubborn: Path) -> None:
    family = processes.processes("c", stubborn)
    assert len(family) == 2
    processes.terminate(["c"], stubborn, seconds=0.2)
    assert not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert processes.record("c", stubborn) is None


def test_a_child_with_a_session_of_its_own_is_stopped_too(tmp_path: Path) -> None:
    program = (
        "import os, time; os.fork() or os.setsid(); print('ready', flush=True); time.sleep(600)"
    )
    processes.start("c", [sys.executable, "-c", program], dict(os.environ), tmp_path)
    _until(lambda: processes.log_tail("c", tmp_path).count("ready") == 2)
    family = processes.processes("c", tmp_path)
    processes.terminate(["c"], tmp_path, seconds=0.2)
    assert len(family) == 2
    assert not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_orphans_of_a_killed_main_process_are_found(stubborn: Path) -> None:
    known = processes.record("c", stubborn)
    assert known is not None
    os.kill(known.pid, signal.SIGKILL)
    _until(lambda: not processes.is_alive("c", stubborn))
    orphans = processes.processes("c", stubborn)
    assert len(orphans) == 1
    processes.terminate(["c"], stubborn, seconds=0.2)
    assert not processes.processes("c", stubborn)


def test_a_recycled_pid_is_left_alone(tmp_path: Path) -> None:
    innocent = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        stale = {"pid": innocent.pid, "after_boot": 1.0, "started_at": 0.0}
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "c.json").write_text(json.dumps(stale))
        assert not processes.is_alive("c", tmp_path)
        processes.terminate(["c"], tmp_path, seconds=0.2)
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "c.json").write_text(text)
    assert processes.record("c", tmp_path) is None


def test_a_failed_command_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such table: dags')"]
    with pytest.raises(PenstockError, match="no such table: dags"):
        processes.run("migrate", command, dict(os.environ), tmp_path)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in 300 s"
        time.sleep(0.02)
