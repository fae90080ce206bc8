"""Answers are made once however many ask, and anew when the marts have changed."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from fastapi import FastAPI, Request, Response
from starlette.testclient import TestClient

from penstock.api.errors import ApiError
from tests.pipeline import events, ingest, land
from tests.serving import wait_for


class Made:
    """What the cached route of a test has made."""

    times = 0
    fails = False


@pytest.fixture
def made(client: TestClient) -> Iterator[Made]:
    """Counts what GET /counted makes, which takes a moment."""
    app: FastAPI = client.app  # type: ignore[assignment]
    made = Made()

    @app.get("/counted")
    async def counted(request: Request) -> Response:
        async def make() -> dict[str, int]:
            made.times += 1
            await asyncio.sleep(0.3)
            if made.fails:
                raise ApiError(503, "not now")
            return {"times": made.times}

        return await app.state.services.cache.answer(request, ("events",), make, seconds=600)

    return made


def _mart_changes(warehouse: psycopg.Connection, path: str) -> None:
    land("events", path, events(1))
    ingest("events")
    warehouse.execute("UPDATE ingest.file SET built_at = clock_timestamp() WHERE path = %s", [path])


def test_many_who_ask_at_once_get_what_is_made_once(client: TestClient, made: Made) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.get("/counted").json(), range(8)))
    assert answers == [{"times": 1}] * 8
    assert client.get("/counted?other").json() == {"times": 2}, "another question"


def test_it_is_made_anew_when_the_marts_have_changed(client, made, warehouse) -> None:
    first = client.get("/counted")
    assert first.headers["cache-control"] == "public, max-age=600"
    known = {"If-None-Match": first.headers["etag"]}
    again = client.get("/counted", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    _mart_changes(warehouse, "a.txt")
    wait_for(lambda: client.get("/counted", headers=known).status_code == 200)
    assert client.get("/counted").json() == {"times": 2}


def test_a_failure_is_not_kept(client: TestClient, made: Made) -> None:
    made.fails = True
    assert client.get("/counted").status_code == 503
    made.fails = False
    assert client.get("/counted").json() == {"times": 2}


def test_what_needed_a_key_is_for_its_holder_alone(client: TestClient) -> None:
    app: FastAPI = client.app  # type: ignore[assignment]
    request = Request({"type": "http", "path": "/", "query_string": b"", "headers": [],
                       "state": {"caller": "me"}})  # fmt: skip

    async def make() -> list[int]:
        return [1]

    answer = client.portal.call(lambda: app.state.services.cache.answer(request, ("events",), make))
    assert answer.headers["cache-control"] == "private, max-age=10"
