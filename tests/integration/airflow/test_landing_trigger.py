"""The trigger wakes the DAG while something waits, whatever else happens."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg
import pytest

import landing_trigger
from landing_trigger import LandingTrigger
from penstock import ledger
from penstock.settings import settings
from penstock.stations.plan import plan


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing_trigger, "_ARRIVED_SECONDS", 0.05)
    monkeypatch.setattr(landing_trigger, "_UNFINISHED_SECONDS", 0.05)


def test_it_can_be_made_again_from_what_airflow_keeps() -> None:
    path, arguments = LandingTrigger("events", poll_seconds=7).serialize()
    module, _, name = path.rpartition(".")
    again = getattr(__import__(module), name)(**arguments)
    assert (again.dataset, again.poll_seconds) == ("events", 7)


def test_it_is_silent_while_nothing_waits(home: Path) -> None:
    _land(home, "events/growing.txt.part")
    _land(home, "events/.hidden.txt")
    assert _wake_ups(1, within=1) == 0


def test_it_fires_again_and_again_while_a_file_waits(home: Path) -> None:
    _land(home, "events/a.txt")
    assert _wake_ups(3, within=300) == 3


def test_a_file_that_broke_off_on_its_way_wakes_it_too(
    home: Path, warehouse: psycopg.Connection
) -> None:
    assert not (home / "landing").exists()
    warehouse.execute(
        "INSERT INTO ingest.file (dataset, path, version, size_bytes, state)"
        " VALUES ('events', 'a.txt', 1, 1, 'loading')"
    )
    assert _wake_ups(1, within=300) == 1


def test_an_action_that_was_asked_for_wakes_it_until_it_is_done(
    home: Path, warehouse: psycopg.Connection
) -> None:
    ledger.ask(warehouse, ledger.Act.APPROVE, "events", "mia")
    assert _wake_ups(2, within=300) == 2
    plan("events")
    assert _wake_ups(1, within=1) == 0


def test_a_warehouse_that_is_away_is_told_once_and_waited_for(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = os.environ["PENSTOCK_WAREHOUSE_URL"]
    monkeypatch.setenv("PENSTOCK_WAREHOUSE_URL", "postgresql://127.0.0.1:1/away")
    settings.cache_clear()
    said = ""

    async def come_back() -> None:
        nonlocal said
        while "cannot see" not in said:
            await asyncio.sleep(0.05)
            said += capsys.readouterr().out
        await asyncio.sleep(0.5)  # ten more looks, which say nothing
        monkeypatch.setenv("PENSTOCK_WAREHOUSE_URL", here)
        settings.cache_clear()
        _land(home, "events/a.txt")

    assert _wake_ups(1, within=300, meanwhile=come_back) == 1
    said += capsys.readouterr().out
    assert said.count("cannot see") == 1
    assert said.count("sees again") == 1


def _land(home: Path, path: str) -> None:
    place = home / "landing" / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("2000-01-01T17:25:49Z a@example.org id\n")
    os.utime(place, (0, 0))


def _wake_ups(
    wanted: int, within: float, meanwhile: Callable[[], Awaitable[None]] | None = None
) -> int:
    """How often the trigger fires, up to `wanted` times, in `within` seconds."""
    count = 0

    async def listen() -> None:
        nonlocal count
        async for _ in LandingTrigger("events", poll_seconds=0.05).run():
            count += 1
            if count == wanted:
                return

    async def both() -> None:
        listening = asyncio.create_task(listen())
        if meanwhile:
            await asyncio.wait_for(meanwhile(), within)
        await asyncio.wait([listening], timeout=within)
        listening.cancel()

    asyncio.run(both())
    return count
