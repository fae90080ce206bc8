"""The old clients' requests, replayed: old paths and shapes, and right where those were wrong."""

import re

import psycopg
import pytest
from starlette.testclient import TestClient

from tests import pipeline
from tests.integration.api.conftest import wait_for


@pytest.mark.parametrize(
    ("since", "until", "events"),
    [
        ("2000-01-05T13:15:30Z", "2000-01-06T13:15:30Z", 4),
        ("2000-01-01T18:00:00Z", "2000-01-03T01:00:00Z", 3),
        ("1998-07-06T23:00:00Z", "2020-07-06T23:00:00Z", 1000),
        ("1990-01-01T00:00:00Z", "1990-01-02T00:00:00Z", 0),
    ],
)
def test_events(reads: TestClient, since: str, until: str, events: int) -> None:
    answer = reads.post("/", json={"filename": "sample1.txt", "from": since, "to": until})
    assert answer.status_code == 200
    found = answer.json()
    assert len(found) == events
    assert all(set(event) == {"eventTime", "email", "sessionId"} for event in found)
    assert found == sorted(found, key=lambda event: event["eventTime"])
    if events == 3:
        assert found[1] == {
            "eventTime": "2000-01-01T23:59:04Z",
            "email": "user991@example.com",
            "sessionId": "session-991",
        }


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"filename": "sample2.txt"}, 404, "No such file 'sample2.txt'"),
        ({"filename": None}, 422, "body.filename"),
        ({"from": "2000-13-01"}, 422, "body.from: Input should be a valid datetime"),
        ({"from": "2021-01-01T00:00:00Z"}, 422, "body.from: expected a time not after `to`"),
    ],
)
def test_wrong_questions_about_events_are_told(
    reads: TestClient, change: dict, status: int, told: str
) -> None:
    good = {"filename": "sample1.txt", "from": "1998-01-01T00:00:00Z", "to": "2020-01-01T00:00:00Z"}
    answer = reads.post("/", json=good | change)
    assert answer.status_code == status
    assert told in answer.json()["detail"]
    incomplete = {name: value for name, value in good.items() if name not in change}
    assert reads.post("/", json=incomplete).status_code == 422


def test_a_vote_and_the_distribution(reads: TestClient) -> None:
    answer = reads.post("/vote", json={"candidate": "1"})
    assert answer.status_code == 200
    assert answer.json().keys() == {"status", "payload"}
    assert answer.json()["status"] == "SUCCESS"
    assert re.fullmatch(r"Successfully voted to chips at \S+!", answer.json()["payload"])
    refused = reads.post("/vote", json={"candidate": "9"})
    assert refused.status_code == 422
    assert "expected one of 1 (chips), 2 (lam lam), 3 (justice)" in refused.json()["detail"]

    payload = reads.get("/voting_distribution").json()["payload"]
    counts = {
        "last_10_minute": {"chips": 0, "lam lam": 0, "justice": 0},
        "total_vote_count": {"chips": 35, "lam lam": 18, "justice": 7},
    }
    assert payload.keys() == counts.keys()
    for name, count in counts.items():
        assert payload[name].keys() == {"last_update_time", "distribution"}
        assert payload[name]["distribution"] == {"count": count}


def test_step_chains(reads: TestClient) -> None:
    assert reads.get("/longest_step_chain").json() == {"number": 12327829503, "steps": 543}
    assert reads.get("/highest_value").json() == {
        "number": 12327829503,
        "value": 20722398914405051728,
    }
    assert reads.get("/part/52").json() == {
        "value": 52,
        "is_part": True,
        "numbers": [17, 12327829503],
    }
    # Of its own chain alone is no part.
    assert reads.get("/part/12327829503").json()["is_part"] is False
    assert reads.get("/plot/27").content.startswith(b"\x89PNG\r\n")
    assert reads.get("/plot/28").status_code == 404


def test_people(reads: TestClient) -> None:
    first = reads.get("/data").json()[0]
    del first["id"]
    assert first == {
        "user_id": "2001",
        "first_name": "Mara",
        "last_name": "Okafor",
        "birthdate": "1988-07-19",
        "img_path": "2001.png",
    }
    without = reads.get("/data?is_image_exists=False").json()
    assert [person["user_id"] for person in without] == ["2004", "2008"]
    wrong = reads.get("/data?min_age=40&max_age=20")
    assert wrong.status_code == 400
    assert wrong.json()["detail"] == "query.min_age: expected a number not above `max_age`"


def test_people_are_processed_when_asked_to(
    client: TestClient, warehouse: psycopg.Connection
) -> None:
    csv = b"first_name, last_name, birthts\nSusan, Lee, 612302400000\n"
    pipeline.land("people", "7.csv", csv)
    answer = client.post("/data")
    assert (answer.status_code, answer.json()) == (202, {"status": "PROCESSING"})
    wait_for(lambda: client.get("/data").json() != [])
    (person,) = client.get("/data").json()
    assert (person["user_id"], person["birthdate"]) == ("7", "1989-05-27")
