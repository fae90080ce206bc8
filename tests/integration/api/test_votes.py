"""A vote that was answered lands once."""

import json

from starlette.testclient import TestClient

from penstock.api.app import create_app
from penstock.datasets.votes import votes
from penstock.files import landing
from tests.integration.api.conftest import bearer
from tests.pipeline import configure
from tests.serving import wait_for


def _landed() -> list[dict]:
    files = sorted(landing.folder(votes).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_votes_land_as_they_were_cast(client: TestClient) -> None:
    vote = {"candidate": "2", "vote_time": "2024-05-01T12:00:00.000001+02:00", "kiosk_id": 7}
    answer = client.post("/votes", json=vote)
    assert answer.status_code == 201
    cast = {"candidate": "2", "vote_time": "2024-05-01T10:00:00.000001Z", "kiosk_id": 7}
    assert answer.json() == {"name": "lam lam", **cast}
    client.__exit__()  # a server that stops leaves nothing behind
    assert _landed() == [cast]


def test_votes_without_a_time_get_one_each(client: TestClient) -> None:
    times = [client.post("/votes", json={"candidate": "1"}).json()["vote_time"] for _ in range(50)]
    assert times == sorted(set(times))
    client.__exit__()
    assert [vote["vote_time"] for vote in _landed()] == times


def test_votes_land_while_others_are_cast(home, make_key, monkeypatch) -> None:
    configure(monkeypatch, vote_seal_seconds=0.05)
    with TestClient(create_app(), headers=bearer(make_key())) as client:
        for _ in range(3):
            before = len(_landed())
            assert client.post("/votes", json={"candidate": "3"}).status_code == 201
            wait_for(lambda before=before: len(_landed()) == before + 1)


def test_a_full_disk_is_told_and_leaves_nothing(client: TestClient, monkeypatch) -> None:
    services = client.app.state.services

    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(services.spool._slot, "append", full)
        answer = client.post("/votes", json={"candidate": "1"})
        assert answer.status_code == 503
        assert "No space left on device" in answer.json()["detail"]
    assert client.post("/votes", json={"candidate": "1"}).status_code == 201
    client.__exit__()
    assert len(_landed()) == 1
