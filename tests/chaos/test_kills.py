"""Whoever is killed, and whenever: every record ends up once, in staging or in quarantine."""

import contextlib
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from penstock.errors import PenstockError
from penstock.schema import migrate
from penstock.stations import seal
from penstock.stations.load import load
from penstock.stations.plan import plan
from penstock.validate import warm
from penstock.warehouse import connect, embedded
from tests.pipeline import PENDING, configure, counts, events, exit_code, fork, ingest, land

KILLS = int(os.environ.get("PENSTOCK_CHAOS_KILLS", "20"))
GOOD, BAD, BLOCK_BYTES = 6000, 60, 12_000
PATIENCE = 600  # seconds until all is loaded
LONGEST_LIFE = 1.0  # seconds a loading process may live before it is killed


@pytest.fixture
def own_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with a server of its own, for it is to be killed."""
    monkeypatch.delenv("PENSTOCK_WAREHOUSE_URL", raising=False)
    with tempfile.TemporaryDirectory(prefix="penstock-chaos-") as place:
        configure(monkeypatch, home=place, settle_seconds=0.001, block_bytes=BLOCK_BYTES)
        migrate()
        yield Path(place)
        embedded.stop(Path(place))


@pytest.mark.timeout(900 + 12 * KILLS)
def test_exact_counts_after_kills_at_random_moments(own_home: Path) -> None:
    seed = int(os.environ.get("PENSTOCK_CHAOS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"PENSTOCK_CHAOS_SEED={seed}")  # noqa: T201 - to run a failure again
    dice = random.Random(seed)
    warm()
    killed, files = 0, 0
    while killed < KILLS:
        if not _on_the_way():
            land("events", f"{files}.txt", events(GOOD, BAD, f"f{files}-"))
            files += 1
        process = fork(lambda: _as_a_task(own_home))
        time.sleep(dice.uniform(0, LONGEST_LIFE))  # the moment of the kill is the dice's
        killed += _kill(process, own_home, dice)
    _finish()
    with connect() as warehouse:
        assert counts(warehouse, "events") == (GOOD * files, GOOD * files, BAD * files)
        done = warehouse.execute("SELECT state, location FROM ingest.file").fetchall()
    assert len(done) == files
    assert all(state == "sealed" and Path(place).is_file() for state, place in done)


def _as_a_task(home: Path) -> None:
    """What the tasks of a DAG run do, in a process group of its own."""
    os.setpgid(0, 0)
    embedded.ensure_running(home)
    for part in plan("events"):
        load("events", part)
    seal.seal("events")


def _kill(process: int, home: Path, dice: random.Random) -> bool:
    """Kill the task, the task with its workers, or Postgres; False when there was none to kill."""
    whom = dice.choice(["task"] * 3 + ["group"] * 3 + ["postgres"])
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        if whom == "postgres":
            os.kill(_postmaster(home), signal.SIGKILL)
            exit_code(process)
            return True
        (os.kill if whom == "task" else os.killpg)(process, signal.SIGKILL)
    return exit_code(process) == -signal.SIGKILL


def _postmaster(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def _on_the_way() -> bool:
    with connect() as warehouse:
        return bool(warehouse.execute(PENDING).fetchone()[0])


def _finish() -> None:
    """Ingest as Airflow would, with retries, until nothing is on its way."""
    deadline = time.monotonic() + PATIENCE
    while _on_the_way():
        assert time.monotonic() < deadline
        with contextlib.suppress(psycopg.Error, PenstockError):
            ingest("events")
