"""`penstock serve` as processes: kills and stops amid votes, several workers, its logs."""

import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime

import httpx2
import psutil

from penstock.datasets.votes import votes
from penstock.files import landing
from tests.integration.api.conftest import bearer
from tests.pipeline import ingest
from tests.programs import command_line
from tests.serving import PATIENCE, Served, wait_for

Vote = tuple[str, int]  # its time and kiosk
KIOSKS = 6


class Kiosk(threading.Thread):
    """Casts one vote after the other until the server is gone."""

    def __init__(self, number: int, life: int, served: Served, key: str) -> None:
        super().__init__()
        self._number, self._life = number, life
        self._client = httpx2.Client(base_url=served.url, headers=bearer(key), timeout=PATIENCE)
        self.cast: list[Vote] = []
        self.acknowledged: list[Vote] = []

    def run(self) -> None:
        """Every vote has a time of its own; none is cast again."""
        with self._client:
            for n in range(1_000_000):
                time = f"2024-01-01T00:{self._life:02}:00.{n:06}Z"
                self.cast.append((time, self._number))
                body = {"candidate": "1", "vote_time": time, "kiosk_id": self._number}
                try:
                    answer = self._client.post("/votes", json=body)
                except httpx2.TransportError:
                    return
                if answer.status_code == 201:
                    self.acknowledged.append((time, self._number))


def _landed() -> list[Vote]:
    files = landing.folder(votes).glob("*.jsonl")
    rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return [(_precise(row["vote_time"]), row["kiosk_id"]) for row in rows]


def _precise(time: str) -> str:
    return f"{datetime.fromisoformat(time):%Y-%m-%dT%H:%M:%S.%fZ}"


def _orphan(served: Served) -> None:
    """Kill the parent alone: its workers end by themselves, and give up the port."""
    family = psutil.Process(served.process.pid).children(recursive=True)
    served.process.kill()
    _, alive = psutil.wait_procs(family, timeout=PATIENCE)
    assert alive == []


def test_kill_9_amid_votes_loses_none_and_doubles_none(serve, make_key) -> None:
    cast: list[Vote] = []
    acknowledged: list[Vote] = []
    key = make_key("vote")
    for life, end in enumerate([Served.kill, _orphan, Served.stop]):
        served = serve()
        kiosks = [Kiosk(number, life, served, key) for number in range(KIOSKS)]
        for kiosk in kiosks:
            kiosk.start()
        wait_for(lambda kiosks=kiosks: sum(len(k.acknowledged) for k in kiosks) > 300)
        end(served)
        for kiosk in kiosks:
            kiosk.join()
            cast += kiosk.cast
            acknowledged += kiosk.acknowledged
    landed = _landed()
    assert len(acknowledged) > 900
    assert set(acknowledged) - set(landed) == set(), "acknowledged and lost"
    assert set(landed) - set(cast) == set(), "never cast"
    assert len(landed) == len(set(landed)), "landed twice"
    assert ingest("votes").rows == len(landed), "a vote was quarantined"


def test_a_main_process_killed_at_the_start_leaves_no_worker(serve) -> None:
    dice = random.Random(14)
    for _ in range(6):
        served = serve(wait=False)
        wait_for(lambda served=served: len(_workers(served)) > 0)
        time.sleep(dice.uniform(0, 4))  # from the interpreter's start to a ready worker
        _orphan(served)
        with socket.socket() as port:
            port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            port.bind(("127.0.0.1", int(served.url.rpartition(":")[2])))


def test_a_life_of_a_server(serve, make_key) -> None:
    """Its workers' metrics and logs, the death of its workers, an upload while it stops."""
    served = serve()
    headers = bearer(make_key(name="prometheus")) | {"X-Request-ID": "find-me"}
    for _ in range(30):  # a connection each, so that both workers get some
        assert httpx2.get(f"{served.url}/files?limit=1", headers=headers).status_code == 200
    told = httpx2.get(f"{served.url}/metrics", headers=headers).text
    assert 'penstock_api_requests_total{method="GET",route="/files",status="200"} 30.0' in told

    with httpx2.Client(base_url=served.url, headers=headers) as client:
        for n in range(20):
            vote = {"candidate": "1", "vote_time": f"2024-01-01T00:00:{n:02}Z", "kiosk_id": 1}
            assert client.post("/votes", json=vote).status_code == 201
    for worker in _workers(served):
        worker.kill()
    wait_for(lambda: len(_landed()) == 20)

    def slowly() -> Iterator[bytes]:
        yield b"2024-01-01T00:00:00Z a@example.org s1\n"
        served.process.terminate()
        time.sleep(0.5)
        yield b"2024-01-01T00:00:00Z b@example.org s2\n"

    answer = httpx2.post(
        f"{served.url}/uploads/events?filename=a.txt", content=slowly(), headers=headers
    )
    assert answer.status_code == 202
    assert served.process.wait(PATIENCE) == 0
    assert (landing.root() / "events" / "a.txt").read_bytes().count(b"\n") == 2

    events = [json.loads(line) for line in served.log.read_text().splitlines()]
    mine = [e for e in events if e.get("request_id") == "find-me" and e["path"] == "/files"]
    assert len(mine) == 30
    assert {(e["caller"], e["method"], e["status"]) for e in mine} == {("prometheus", "GET", 200)}


def _workers(served: Served) -> list[psutil.Process]:
    family = psutil.Process(served.process.pid).children()
    return [process for process in family if "spawn_main" in command_line(process)]
