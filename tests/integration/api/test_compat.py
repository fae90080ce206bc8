"""The old clients' requests, replayed: old paths and shapes, and right where those were wrong."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import ANY

import httpx2
import psycopg
import pytest
from starlette.testclient import TestClient

from penstock.api.routers.people import EXACT_AGE
from penstock.datasets.votes import votes
from penstock.files.landing import folder
from penstock.marts import build
from tests import pipeline
from tests.integration.api.conftest import bearer
from tests.serving import wait_for

_ASKED = {"filename": "sample1.txt", "from": "2000-01-01T18:00:00Z", "to": "2000-01-03T01:00:00Z"}
_EVENTS = [
    {"eventTime": time, "email": f"user{n}@example.com", "sessionId": f"session-{n}"}
    for time, n in (
        ("2000-01-01T18:00:00Z", 992), ("2000-01-01T23:59:04Z", 991), ("2000-01-03T01:00:00Z", 990),
    )
]  # fmt: skip


def _voted(name: str) -> dict[str, Any]:
    return {"status": "SUCCESS", "payload": re.compile(rf"Successfully voted to {name} at \S+!")}


def _counted(chips: int, lam_lam: int, justice: int) -> dict[str, Any]:
    count = {"chips": chips, "lam lam": lam_lam, "justice": justice}
    return {"last_update_time": ANY, "distribution": {"count": count}}


def _person(user_id: str, first: str, last: str, born: str, img_path: str | None) -> dict[str, Any]:
    names = {"user_id": user_id, "first_name": first, "last_name": last}
    return {"id": ANY, **names, "birthdate": born, "img_path": img_path}


_PNG = re.compile(rb"\x89PNG\r\n.*", re.DOTALL)
OLD: list[tuple[str, str, dict[str, Any], Any]] = [
    # Events
    ("POST", "/", {"json": _ASKED}, _EVENTS),
    ("POST", "/", {"content": httpx2.Request("POST", "/", json=_ASKED).content}, _EVENTS),
    ("POST", "/", {"json": _ASKED, "headers": {"Content-Type": "text/plain"}}, _EVENTS),
    ("POST", "/", {"json": _ASKED, "headers": {"Content-Type": "multipart/mixed"}}, _EVENTS),
    # Votes
    ("GET", "/hello_world", {}, {"status": "SUCCESS", "payload": "Hello World!"}),
    ("POST", "/vote", {"json": {"candidate": "1"}}, _voted("chips")),
    ("GET", "/vote_to_1", {}, _voted("chips")),
    ("GET", "/vote_to_2", {}, _voted("lam lam")),
    ("GET", "/vote_to_3", {}, _voted("justice")),
    ("GET", "/voting_distribution", {}, {"status": "SUCCESS", "payload": {
        "last_10_minute": _counted(0, 0, 0), "total_vote_count": _counted(35, 18, 7)}}),
    # Step chains
    ("GET", "/longest_step_chain", {}, {"longest": 12327829503}),
    ("GET", "/highest_value", {}, {"longest": 12327829503}),
    ("GET", "/part/52", {}, [[17], [12327829503]]),
    ("GET", "/part/12327829503", {}, []),  # but in its own chain
    ("GET", "/plot/27", {}, _PNG),
    # People
    ("GET", "/data?is_image_exists=False", {}, [
        _person("2004", "Priya", "Nair", "1975-12-01", None),
        _person("2008", "Nele", "Brandt", "2010-01-01", None)]),
    ("GET", "/data?is_image_exists=true&min_age=30.5&max_age=38.25", {}, ANY),
    ("POST", "/data", {}, {"status": "PROCESSING"}),
]  # fmt: skip


def _fits(found: Any, expected: Any) -> bool:
    if isinstance(expected, re.Pattern):
        return expected.fullmatch(found) is not None
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(_fits(found[k], expected[k]) for k in found)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(_fits, found, expected))
    return bool(found == expected)


@pytest.mark.parametrize(("method", "target", "options", "expected"), OLD)
def test_an_old_request_gets_its_old_answer(
    reads: TestClient, method: str, target: str, options: dict[str, Any], expected: Any
) -> None:
    answer = reads.request(method, target, **options)
    assert answer.is_success, answer.text
    found = answer.content if expected is _PNG else answer.json()
    assert _fits(found, expected), found


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


def test_a_candidate_whom_nobody_knows_is_told(reads: TestClient) -> None:
    refused = reads.post("/vote", json={"candidate": "9"})
    assert refused.status_code == 422
    assert "expected one of 1 (chips), 2 (lam lam), 3 (justice)" in refused.json()["detail"]
    refused = reads.get("/vote_to_9")
    assert (refused.status_code, refused.json()["detail"]) == (404, "No such candidate '9'")


def test_a_browser_votes_when_its_user_does(client: TestClient, make_key) -> None:
    reader = bearer(make_key("read"))
    for headers in (
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        assert client.get("/vote_to_1", headers=headers).status_code == 403
    assert client.get("/vote_to_1", headers=reader).status_code == 403
    assert client.head("/vote_to_1").status_code == 405
    answer = client.get("/vote_to_1")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    client.__exit__()
    landed = [
        line for file in folder(votes).glob("*.jsonl") for line in file.read_text().splitlines()
    ]
    assert len(landed) == 1


def test_a_server_votes_as_a_kiosk(serve, make_key) -> None:
    served = serve("--kiosk-id", "42")
    headers = bearer(make_key("vote"))
    for body in ({}, {"kiosk_id": 7}):
        vote = {"candidate": "1"} | body
        assert httpx2.post(f"{served.url}/votes", json=vote, headers=headers).status_code == 201
    assert httpx2.get(f"{served.url}/vote_to_2", headers=headers).status_code == 200
    assert served.stop() == 0
    landed = [
        line for file in folder(votes).glob("*.jsonl") for line in file.read_text().splitlines()
    ]
    assert sorted(re.findall(r'"kiosk_id":(\d+)', "".join(landed))) == ["42", "42", "7"]


def test_before_any_chain_is_complete_there_is_no_longest(client: TestClient) -> None:
    for path in ("/longest_step_chain", "/highest_value"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["detail"]) == (404, "No chain is complete yet")
    assert client.get("/plot/28").status_code == 404


def test_people_of_an_age_that_nobody_has(reads: TestClient) -> None:
    wrong = reads.get("/data?min_age=40&max_age=20.5")
    assert wrong.status_code == 400
    assert wrong.json()["detail"] == "query.min_age: expected a number not above `max_age`"
    for age in ("nan", "inf", "-1", "x"):
        assert reads.get(f"/data?min_age={age}").status_code == 422


def test_ages_may_be_fractions(client: TestClient) -> None:
    today = datetime.now(UTC).date()
    for user, days in (("younger", 100), ("older", 300)):
        birthday = today - timedelta(days)  # the thirtieth
        born = datetime(birthday.year - 30, birthday.month, min(birthday.day, 28), tzinfo=UTC)
        text = f"first_name, last_name, birthts\nA, B, {int(born.timestamp() * 1000)}\n"
        pipeline.land("people", f"{user}.csv", text.encode())
    pipeline.ingest("people")
    build.build("people")

    def found(path: str, asked: str) -> set[str]:
        people = client.get(f"{path}?{asked}").json()
        return {p["user_id"] for p in (people if path == "/data" else people["items"])}

    for path in ("/data", "/people"):
        assert found(path, "min_age=30.5") == {"older"}
        assert found(path, "max_age=30.5") == {"younger"}
        assert found(path, "min_age=30&max_age=30") == {"older", "younger"}, "full years"
        assert found(path, "min_age=30.1&max_age=30.9") == {"older", "younger"}
        assert found(path, "min_age=30.99") == found(path, "max_age=29.99") == set()


def test_an_exact_age_begins_with_the_birthday(warehouse: psycopg.Connection) -> None:
    """For whoever was born on any day of 130 years, 29 Februaries included."""
    query = f"""
    WITH people AS (
        SELECT day::date AS birthdate, extract(
            year FROM age((now() AT TIME ZONE 'UTC')::date, day::date))::integer AS age
        FROM generate_series(now() - interval '130 years', now(), interval '1 day') AS day
    )
    SELECT count(*), count(*) FILTER (WHERE floor({EXACT_AGE}) <> age) FROM people
    """
    days, wrong = warehouse.execute(query).fetchone()
    assert days > 47_000
    assert wrong == 0


def test_people_are_processed_when_asked_to(client: TestClient, make_key) -> None:
    csv = b"first_name, last_name, birthts\nSusan, Lee, 612302400000\n"
    pipeline.land("people", "7.csv", csv)
    headers = bearer(make_key("process"))  # which opens nothing else
    assert client.post("/uploads/people", headers=headers).status_code == 403
    answer = client.post("/data", headers=headers)
    assert (answer.status_code, answer.json()) == (202, {"status": "PROCESSING"})
    wait_for(lambda: client.get("/data").json() != [])
    (person,) = client.get("/data").json()
    assert (person["user_id"], person["birthdate"]) == ("7", "1989-05-27")
