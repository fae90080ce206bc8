"""A supervisor and real processes: what is killed comes back, what is stopped leaves nothing.

The components are a program of a few lines in the place of Airflow; tests/e2e has the real one.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from penstock.runtime import processes, supervisor
from penstock.settings import settings

# Like Airflow's components it has a child and a grandchild.
_COMPONENT = """
import os, pathlib, signal, sys, time
if pathlib.Path("broken-" + sys.argv[1]).exists():
    sys.exit("cannot start")
if os.fork() == 0:
    os.fork()
else:  # a child that is still there when its parent ends is killed later
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
time.sleep(600)
"""
_EACH = 3  # processes of a component
POSTGRES = "postgresql://127.0.0.1:1/elsewhere"


@pytest.fixture
def home(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A supervised home whose databases are somebody else's."""
    package = empty_home / "python" / "airflow"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(_COMPONENT)
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.setenv("PENSTOCK_WAREHOUSE_URL", POSTGRES)
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", POSTGRES)
    settings.cache_clear()
    supervisor.start(empty_home)
    yield empty_home
    supervisor.stop(empty_home)


def test_what_is_killed_comes_back_and_its_children_do_not(home: Path) -> None:
    before = _all_up(home)
    for name in supervisor.COMPONENTS:
        os.kill(before[name].pid, signal.SIGKILL)
    _until(lambda: set(_leaders(home)) == set(before) and _leaders(home) != before)
    _until(lambda: len(_family(home)) == 1 + _EACH * len(before))


def test_a_killed_supervisor_loses_and_doubles_nothing(home: Path) -> None:
    before = _all_up(home)
    processes.kill(filter(None, [processes.leader(supervisor.NAME, home)]))
    supervisor.start(home)
    os.kill(before["scheduler"].pid, signal.SIGKILL)
    _until(lambda: _leaders(home).get("scheduler") not in (None, before["scheduler"]))
    _until(lambda: len(_family(home)) == 1 + _EACH * len(before))
    after = _leaders(home)
    assert {n for n in before if before[n] != after[n]} == {"scheduler"}


def test_sigterm_stops_all_grandchildren_too(home: Path) -> None:
    _all_up(home)
    leader = processes.leader(supervisor.NAME, home)
    assert leader is not None
    leader.terminate()
    _until(lambda: not _family(home))


def test_down_cleans_up_after_a_killed_supervisor(home: Path) -> None:
    _all_up(home)
    processes.kill(filter(None, [processes.leader(supervisor.NAME, home)]))
    supervisor.stop(home)
    assert not _family(home)


def test_a_crash_loop_is_told_and_ends_once_it_is_mended(home: Path) -> None:
    before = _all_up(home)
    broken = home / "airflow" / "broken-triggerer"
    broken.touch()
    os.kill(before["triggerer"].pid, signal.SIGKILL)
    _until(lambda: "triggerer" in supervisor.troubles(home))
    assert supervisor.troubles(home)["triggerer"].startswith("crash loop, 5 restarts in ")
    told = f"triggerer: crash loop, 5 restarts in 1 min, log {home}/logs/triggerer.log"
    _until(lambda: processes.log_tail(supervisor.NAME, home, 1000).count(told) == 1)
    broken.unlink()
    supervisor.retry(home)
    _until(lambda: set(_leaders(home)) == set(before))
    assert supervisor.troubles(home) == {}


def test_a_home_has_one_supervisor(home: Path) -> None:
    _all_up(home)
    second = processes.start(
        "second", [sys.executable, "-m", "penstock.runtime"], dict(os.environ), home
    )
    assert second.wait(300) == 1
    assert "is supervised already" in processes.log_tail("second", home)


def _all_up(home: Path) -> dict[str, psutil.Process]:
    wanted = 1 + _EACH * len(supervisor.COMPONENTS)
    _until(lambda: len(_family(home)) == wanted)
    return _leaders(home)


def _leaders(home: Path) -> dict[str, psutil.Process]:
    found = {name: processes.leader(name, home) for name in supervisor.COMPONENTS}
    return {name: process for name, process in found.items() if process}


def _family(home: Path) -> list[psutil.Process]:
    """Every living process of this home, by where it is."""
    return [p for p in psutil.process_iter() if _is_in(p, home)]


def _is_in(process: psutil.Process, home: Path) -> bool:
    try:
        return Path(process.cwd()) == home / "airflow" and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in 300 s"
        time.sleep(0.05)
