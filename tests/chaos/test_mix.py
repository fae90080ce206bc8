"""Every fault at random, on every dataset, while tasks load: the marts are exact in the end.

The long form on a whole system is `system.py`; `make chaos` runs both.
"""

import contextlib
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from penstock.arrivals import archive
from penstock.files import landing
from penstock.marts import build
from penstock.schema import migrate
from penstock.settings import settings
from penstock.stations import seal
from penstock.stations.load import load
from penstock.stations.plan import plan
from penstock.validate import warm
from penstock.warehouse import connect, embedded
from tests.chaos import faults, oracle
from tests.chaos.content import MARTS
from tests.chaos.delivery import Sender
from tests.chaos.faults import FAULTS, Scene
from tests.chaos.inject import sitecustomize
from tests.chaos.relay import Relay
from tests.pipeline import configure, exit_code, fork, pending, retry_now

COUNT = int(os.environ.get("PENSTOCK_CHAOS_FAULTS", "25"))
LONGEST = 0.6  # seconds a fault lasts
SETTLE, PATIENCE = 0.2, 600.0


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A home whose warehouse is reached through a relay; the server's own home is beside it."""
    monkeypatch.delenv("PENSTOCK_WAREHOUSE_URL", raising=False)
    with tempfile.TemporaryDirectory(prefix="penstock-mix-") as place:
        server, home = Path(place, "server"), Path(place, "home")
        embedded.ensure_running(server)
        relay = Relay(Path(place, "relay"), embedded.socket_dir(server))
        direct = embedded.url(server)
        url = direct.replace(
            *(f"host={_quoted(f)}" for f in (embedded.socket_dir(server), relay.folder))
        )
        configure(
            monkeypatch, home=home, warehouse_url=url, settle_seconds=SETTLE, block_bytes=20_000
        )
        migrate()
        found = Scene(
            home, Path(place, "control.json"), relay, direct, _tasks,
            lambda: faults.kill_postmaster(server), LONGEST,
        )  # fmt: skip
        found.tell()
        yield found
        embedded.stop(server)


@pytest.mark.timeout(900 + 10 * COUNT)
def test_all_faults_at_random_on_all_datasets(scene: Scene) -> None:
    seed = int(os.environ.get("PENSTOCK_CHAOS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"PENSTOCK_CHAOS_SEED={seed}")  # noqa: T201 - to run a failure again
    luck = random.Random(seed)
    warm()
    build.warm()
    sender = Sender(landing.root(), random.Random(seed), 3 * SETTLE)
    sender.start()
    for _ in range(COUNT):
        task = fork(lambda: _work(scene))
        time.sleep(luck.uniform(0, LONGEST))  # the moment of the fault is the dice's
        luck.choice(FAULTS)(scene, luck)
        _end(task, luck)
        _restart(scene)
    sender.stop()
    faults.heal(scene)
    _finish(scene)
    with psycopg.connect(scene.url) as warehouse:
        assert oracle.differences(warehouse, sender.sent) == []
    assert sum(map(len, sender.sent.values())) >= len(MARTS)


def _work(scene: Scene) -> None:
    """What the tasks of DAG runs do, for every dataset, in a process group of its own."""
    os.setpgid(0, 0)
    sitecustomize.install(str(scene.control))
    names = list(MARTS)
    random.SystemRandom().shuffle(names)
    for name in names:
        with contextlib.suppress(Exception):  # as Airflow would: red, and tried again
            for part in plan(name):
                load(name, part)
        with contextlib.suppress(Exception):
            seal.seal(name)
            build.build(name)


def _tasks() -> list[psutil.Process]:
    """The task and its workers, which are in a process group of their own."""
    family = psutil.Process().children(recursive=True)
    return [process for process in family if os.getpgid(process.pid) != os.getpgrp()]


def _end(task: int, luck: random.Random) -> None:
    """Sometimes the task gets a while to come to its end, else it is killed with its workers."""
    deadline = time.monotonic() + luck.choice([0.0, 2.0, 20.0])
    while time.monotonic() < deadline:
        if psutil.Process(task).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(task, signal.SIGKILL)
    exit_code(task)


def _restart(scene: Scene) -> None:
    embedded.ensure_running(settings().home.parent / "server")


def _finish(scene: Scene) -> None:
    """Work as Airflow would, with retries, until nothing is on its way."""
    deadline = time.monotonic() + PATIENCE
    while _is_busy(scene):
        assert time.monotonic() < deadline, "files are still on their way"
        for name in MARTS:
            with contextlib.suppress(psycopg.Error):
                for part in plan(name):
                    load(name, part)
                seal.seal(name)
                build.build(name)


def _is_busy(scene: Scene) -> bool:
    """Whether anything is on its way; what waits for a fault to pass is due from now on."""
    with psycopg.connect(scene.url, autocommit=True) as warehouse:
        retry_now(warehouse)
        if oracle.unfinished(warehouse):
            return True
    return any(pending(name) for name in MARTS) or _late_bytes()


def _late_bytes() -> bool:
    """Whether bytes reached a file after it was archived; they load as a new version then."""
    with connect("loader", autocommit=True) as connection:
        return bool(archive.check_archive(connection))


def _quoted(folder: Path) -> str:
    return str(folder).replace("/", "%2F")
