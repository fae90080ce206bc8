"""The long form: Airflow, the API and dbt as a user runs them, and every fault at random.

Started by `make chaos`. Files come in by all ways, and votes and uploads over the API; processes,
Postgres, connections, the disk, the clock and memory fail meanwhile. In the end every byte that was
sent has come to what the sender knows it must come to.
"""

import contextlib
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx2
import psycopg
import pytest

from penstock.api import keys
from penstock.api.keys import Scope
from penstock.settings import settings
from penstock.warehouse import embedded
from tests.chaos import faults, oracle
from tests.chaos.content import Content, Row, vote
from tests.chaos.delivery import WAYS, Background, Delivery, Sender
from tests.chaos.faults import FAULTS, Scene
from tests.chaos.relay import Relay
from tests.e2e.system import System, free_port
from tests.programs import PENSTOCK

COUNT = int(os.environ.get("PENSTOCK_CHAOS_FAULTS", "1000"))
LONGEST = float(os.environ.get("PENSTOCK_CHAOS_LONGEST", "60"))  # seconds a fault lasts at most
USUAL = 2.0  # seconds most faults last at most
PATIENCE = 1800.0
INJECT = Path(__file__).parent / "inject"


@dataclass
class Api:
    """`penstock serve`, started again whenever it ends, as a supervisor would."""

    system: System
    port: int = field(default_factory=free_port)
    key: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ensure_running(self) -> None:
        """Start it, unless it runs."""
        if self.process is None or self.process.poll() is not None:
            with (self.system.home / "api.log").open("ab") as log:
                self.process = subprocess.Popen(
                    [PENSTOCK, "serve"],
                    env=self.system.env | {"PENSTOCK_API_PORT": str(self.port)},
                    cwd=self.system.home,
                    stdout=log,
                    stderr=log,
                )

    def send(
        self, method: str, path: str, content: bytes, accepted: set[int], kind: str = "text/plain"
    ) -> None:
        """Ask until the answer is one of `accepted`; `kind` is the content's type."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": kind}
        while True:
            with contextlib.suppress(httpx2.TransportError):
                url = f"{self.url}{path}"
                answer = httpx2.request(method, url, content=content, headers=headers, timeout=60)
                if answer.status_code in accepted:
                    return
                assert answer.status_code in {408, 409, 429, 503, 507}, answer.text
            time.sleep(0.5)

    def upload(self, sent: Delivery) -> None:
        """A way to deliver a file."""
        path = f"/uploads/{sent.dataset}?filename={sent.path}"
        self.send("POST", path, sent.data, {200, 202})

    def stop(self) -> None:
        """As a supervisor stops it."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(600)


class Kiosk(Background):
    """Casts votes, each again and again until it has been answered."""

    def __init__(self, api: Api, number: int, luck: random.Random) -> None:
        super().__init__(pause=0.05)
        self._api, self._number, self._luck = api, number, luck
        self.rows: set[Row] = set()

    def step(self, number: int) -> None:
        """Cast one vote."""
        record = vote(self._number, number, self._luck)
        self._api.send("POST", "/votes", record.text.encode(), {201}, "application/json")
        self.rows.add(record.row)


@dataclass
class Stage:
    """The whole system, and where it can be hit."""

    scene: Scene
    system: System
    api: Api
    server: Path

    def keep_running(self) -> None:
        """What an operating system's supervisor does: start what has ended."""
        embedded.ensure_running(self.server)
        self.api.ensure_running()


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Penstock, up, its warehouse behind a relay; taken down in the end."""
    settings.cache_clear()
    with tempfile.TemporaryDirectory(prefix="penstock-chaos-") as place:
        server = Path(place, "server")
        embedded.ensure_running(server)
        with psycopg.connect(embedded.url(server, "postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE outside")
            connection.execute("CREATE DATABASE outside_airflow")
        relay = Relay(Path(place, "relay"), embedded.socket_dir(server))
        system = System(external=_environment(server, relay, Path(place, "control.json")))
        direct = embedded.url(server, "outside")
        scene = Scene(
            landing_home=system.home,
            control=Path(place, "control.json"),
            relay=relay,
            url=direct,
            victims=system.left_over,
            kill_server=partial(faults.kill_postmaster, server),
            longest=USUAL,
        )
        scene.tell()
        found = Stage(scene, system, Api(system), server)
        try:
            system.penstock("up")
            with psycopg.connect(direct, autocommit=True) as connection:
                found.api.key = keys.create(connection, "chaos", list(Scope), 1_000_000)
            found.keep_running()
            yield found
        finally:
            faults.heal(scene)
            found.api.stop()
            system.penstock("down")
            embedded.stop(server)
            system.remove()


def _environment(server: Path, relay: Relay, control: Path) -> dict[str, str]:
    through = embedded.url(server, "outside").replace(
        str(embedded.socket_dir(server)).replace("/", "%2F"),
        str(relay.folder).replace("/", "%2F"),
    )
    _, _, airflow = embedded.url(server, "outside_airflow").partition("://")
    return {
        "PENSTOCK_WAREHOUSE_URL": through,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{airflow}",
        "PENSTOCK_SETTLE_SECONDS": "0.5",
        "PENSTOCK_CHAOS_CONTROL": str(control),
        "PYTHONPATH": str(INJECT),
    }


@pytest.mark.timeout(0)
def test_every_byte_sent_is_accounted_for(stage: Stage) -> None:
    seed = int(os.environ.get("PENSTOCK_CHAOS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"PENSTOCK_CHAOS_SEED={seed}")  # noqa: T201 - to run a failure again
    luck = random.Random(seed)
    ways = (*WAYS, stage.api.upload)
    sender = Sender(stage.system.home / "landing", random.Random(seed), 1.5, ways)
    kiosks = [Kiosk(stage.api, 500_000 + n, random.Random(seed + n)) for n in range(3)]
    for thread in (sender, *kiosks):
        thread.start()
    _strike(stage, luck)
    faults.heal(stage.scene)
    stage.keep_running()
    stage.system.penstock("up")
    sender.stop()
    for kiosk in kiosks:
        kiosk.stop()
        sender.sent["votes"].append(Content("", b"", frozenset(kiosk.rows)))
    _wait_until_quiet(stage)
    with psycopg.connect(stage.scene.url) as warehouse:
        assert oracle.differences(warehouse, sender.sent) == []
    files = sum(map(len, sender.sent.values()))
    print(f"{COUNT:,} faults, {files:,} files, {sum(len(k.rows) for k in kiosks):,} votes")  # noqa: T201


def _strike(stage: Stage, luck: random.Random) -> None:
    """One fault after the other; now and then one that lasts."""
    for number in range(COUNT):
        stage.scene.longest = LONGEST if luck.random() < 0.01 else USUAL
        fault = luck.choice(FAULTS)
        fault(stage.scene, luck)
        stage.keep_running()
        if number % 50 == 49:  # the supervisor itself may have been killed
            faults.heal(stage.scene)
            with contextlib.suppress(AssertionError):
                stage.system.penstock("up")
            print(f"{number + 1:,} faults", flush=True)  # noqa: T201
        time.sleep(luck.uniform(0, 1))


def _wait_until_quiet(stage: Stage) -> None:
    """Until nothing lands, loads or waits to be built, and late bytes have been looked for."""
    deadline = time.monotonic() + PATIENCE
    while busy := _busy(stage):
        assert time.monotonic() < deadline, busy
        stage.keep_running()
        time.sleep(2)


def _busy(stage: Stage) -> str:
    landing = stage.system.home / "landing"
    waiting = [
        path
        for path in landing.rglob("*")
        if path.is_file() and path.parent.name != "people" and "/." not in str(path)
    ]
    if waiting:
        return f"in the landing zone: {waiting[:5]}"
    with psycopg.connect(stage.scene.url) as warehouse:
        if found := oracle.unfinished(warehouse):
            return f"on their way: {found[:5]}"
    try:
        stage.system.penstock("verify")  # which takes in what came after the archive
    except AssertionError as error:
        return str(error)
    return ""
