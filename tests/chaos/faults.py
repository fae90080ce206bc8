"""The faults, each lasting a moment, on whatever runs: processes, connections, files, the clock."""

import contextlib
import functools
import json
import os
import random
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from tests.chaos.relay import Relay

_ERRORS = ("EIO", "ENOSPC", "EMFILE", "ESTALE", "ENOMEM", "EACCES", "EROFS", "EDQUOT")
_WHILE_LOCKED = (
    "LOCK TABLE ingest.file IN SHARE MODE",
    "LOCK TABLE staging.events IN SHARE MODE",
    "SELECT count(*) FROM ingest.block",
)


@dataclass
class Scene:
    """What faults can hit. `victims` are the processes that work now, `server` is Postgres' home.

    `longest` is how many seconds a fault lasts at most.
    """

    landing_home: Path
    control: Path
    relay: Relay
    url: str
    victims: Callable[[], list[psutil.Process]]
    kill_server: Callable[[], None]
    longest: float

    def tell(self, **plan: object) -> None:
        """What injected processes suffer from now on; see `inject`."""
        draft = self.control.with_suffix(".draft")
        draft.write_text(json.dumps({"below": str(self.landing_home), **plan}))
        draft.replace(self.control)


def _on_a_process(
    fault: Callable[[psutil.Process, Scene, random.Random], None],
) -> Callable[[Scene, random.Random], None]:
    """The fault, for one of the processes that work; that it ends meanwhile does no harm."""

    @functools.wraps(fault)
    def strike(scene: Scene, luck: random.Random) -> None:
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if victims := scene.victims():
                fault(luck.choice(victims), scene, luck)

    return strike


@_on_a_process
def kill(victim: psutil.Process, scene: Scene, luck: random.Random) -> None:
    """SIGKILL for one process."""
    victim.kill()


@_on_a_process
def stop(victim: psutil.Process, scene: Scene, luck: random.Random) -> None:
    """SIGSTOP, and SIGCONT after a while."""
    victim.suspend()
    time.sleep(luck.uniform(0, scene.longest))
    victim.resume()


def kill_server(scene: Scene, luck: random.Random) -> None:
    """SIGKILL for Postgres."""
    scene.kill_server()


def cut(scene: Scene, luck: random.Random) -> None:
    """Every connection to Postgres ends."""
    scene.relay.cut()


def cut_amid_copy(scene: Scene, luck: random.Random) -> None:
    """A connection ends after some more bytes."""
    scene.relay.cut_after(luck.randint(1, 200_000))


def delay(scene: Scene, luck: random.Random) -> None:
    """Postgres answers slowly."""
    scene.relay.delay = 0.05
    time.sleep(luck.uniform(0, scene.longest))
    scene.relay.delay = 0.0


def refuse(scene: Scene, luck: random.Random) -> None:
    """Postgres takes no connection."""
    scene.relay.refuses = True
    scene.relay.cut()
    time.sleep(luck.uniform(0, scene.longest))
    scene.relay.refuses = False


def break_disk(scene: Scene, luck: random.Random) -> None:
    """The file system fails now and then."""
    errors = luck.sample(_ERRORS, 2)
    scene.tell(errors=errors, share=luck.choice([0.01, 0.1, 1.0]))
    time.sleep(luck.uniform(0, scene.longest))
    scene.tell()


def step_clock(scene: Scene, luck: random.Random) -> None:
    """The clock of the service is wrong by up to an hour, either way."""
    scene.tell(clock=luck.choice([-3600, -5, 5, 3600]))
    time.sleep(luck.uniform(0, scene.longest))
    scene.tell()


@_on_a_process
def starve(victim: psutil.Process, scene: Scene, luck: random.Random) -> None:
    """A process gets no more memory, or no more files."""
    if luck.random() < 0.5:
        most = victim.memory_info().vms + (4 << 20)
        _limit(victim, resource.RLIMIT_AS, most, luck.uniform(0, scene.longest))
    else:
        most = victim.num_fds() + 1
        _limit(victim, resource.RLIMIT_NOFILE, most, luck.uniform(0, scene.longest))


def hold_locks(scene: Scene, luck: random.Random) -> None:
    """Somebody's transaction stays open, and holds a lock."""
    with contextlib.suppress(psycopg.Error), psycopg.connect(scene.url) as connection:
        connection.execute("SET lock_timeout = '1s'")
        connection.execute(luck.choice(_WHILE_LOCKED))
        time.sleep(luck.uniform(0, scene.longest))


FAULTS: tuple[Callable[[Scene, random.Random], None], ...] = (
    *(kill, kill, kill, stop, kill_server),
    *(cut, cut_amid_copy, delay, refuse),
    *(break_disk, break_disk, step_clock, starve, hold_locks),
)


def heal(scene: Scene) -> None:
    """All faults that may last are over."""
    scene.tell()
    scene.relay.heal()


def _limit(victim: psutil.Process, which: int, most: int, seconds: float) -> None:
    before = victim.rlimit(which)
    victim.rlimit(which, (most, before[1]))
    time.sleep(seconds)
    victim.rlimit(which, before)


def kill_postmaster(home: Path) -> None:
    """SIGKILL for the embedded server of `home`."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, IndexError, ValueError):
        os.kill(int((home / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
