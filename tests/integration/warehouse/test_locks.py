"""Who plans, seals, builds or migrates does so alone; nobody else can keep them from it."""

import dataclasses
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from penstock import datasets
from penstock.declare.columns import Integer
from penstock.errors import PenstockError
from penstock.marts import build
from penstock.schema import migrate
from penstock.stations.plan import plan
from penstock.stations.seal import seal
from penstock.warehouse import connect, locks
from tests.pipeline import exit_code, fork

WORK: dict[str, Callable[[], object]] = {
    "plan_events": lambda: plan("events"),
    "seal_events": lambda: seal("events"),
    "build_events": lambda: build.full_refresh("events"),
    "migrate": migrate,
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_LOG_SECONDS", 1)
    monkeypatch.setattr(locks, "_WAIT_SECONDS", dict.fromkeys(locks._WAIT_SECONDS, 0))


def holders(warehouse: psycopg.Connection, table: str) -> list[int]:
    query = "SELECT pid FROM pg_locks WHERE relation = %s::regclass AND granted"
    return [pid for (pid,) in warehouse.execute(query, [f"locks.{table}"]).fetchall()]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("table", WORK)
def test_a_reader_cannot_take_a_lock(table: str) -> None:
    modes = ("ACCESS SHARE", "SHARE UPDATE EXCLUSIVE", "ACCESS EXCLUSIVE")
    for mode in modes:
        with connect("reader") as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(f"LOCK TABLE locks.{table} IN {mode} MODE")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("table", WORK)
def test_who_waits_too_long_is_told_who_holds_the_lock(
    warehouse: psycopg.Connection, table: str
) -> None:
    with psycopg.connect(warehouse.info.dsn, application_name="somebody's psql") as holder:
        holder.execute(f"LOCK TABLE locks.{table}")
        began = holder.execute("SELECT date_trunc('second', now())::text").fetchone()[0]
        with pytest.raises(PenstockError) as told:
            WORK[table]()
        for part in (
            f'"locks"."{table}"',
            f"pid {holder.info.backend_pid} ",
            f"role {holder.info.user}, application somebody's psql, since {began}",
        ):
            assert part in str(told.value)


@pytest.mark.usefixtures("impatient")
def test_a_lock_ends_with_its_killed_holder(warehouse: psycopg.Connection) -> None:
    def hold() -> None:
        with locks.held("loader", "plan", "events"):
            signal.pause()

    holder = fork(hold)
    while not holders(warehouse, "plan_events"):
        pass
    with pytest.raises(PenstockError, match="application penstock loader"):
        plan("events")
    os.kill(holder, signal.SIGKILL)
    assert exit_code(holder) == -signal.SIGKILL
    while holders(warehouse, "plan_events"):
        pass
    assert plan("events") == []


def test_a_held_lock_keeps_no_row_from_being_vacuumed(warehouse: psycopg.Connection) -> None:
    query = "SELECT backend_xid, backend_xmin, state FROM pg_stat_activity WHERE pid = %s"
    with locks.held("loader", "plan", "events"):
        (holder,) = holders(warehouse, "plan_events")
        seen = warehouse.execute(query, [holder]).fetchone()
        assert seen == (None, None, "idle in transaction")


@pytest.mark.usefixtures("impatient")
def test_a_holder_whose_connection_is_cut_frees_the_lock_and_hears_of_it(
    warehouse: psycopg.Connection,
) -> None:
    with pytest.raises(psycopg.OperationalError), locks.held("loader", "plan", "events"):
        (holder,) = holders(warehouse, "plan_events")
        warehouse.execute("SELECT pg_terminate_backend(%s)", [holder])
        while holders(warehouse, "plan_events"):
            pass
        assert plan("events") == []


@pytest.mark.usefixtures("home")
def test_one_holds_a_lock_at_a_time() -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(n: int) -> None:
        with locks.held("loader", "seal", "events"):
            inside.append(n)
            time.sleep(0.01)
            most.append(len(inside))
            inside.remove(n)

    several = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in several:
        thread.start()
    for thread in several:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_a_migration_with_nothing_to_do_waits_for_no_reader(
    warehouse: psycopg.Connection, home: Path
) -> None:
    with psycopg.connect(warehouse.info.dsn) as reader:
        reader.execute("SELECT FROM staging.events, ingest.file")
        migrate()


def test_a_migration_that_alters_a_table_waits_for_its_readers(
    warehouse: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    events = datasets.get("events")
    wider = dataclasses.replace(events, columns=(*events.columns, Integer("size")))
    monkeypatch.setattr(locks, "_LOG_SECONDS", 1)
    with (
        caplog.at_level(logging.INFO),
        datasets.only(wider),
        psycopg.connect(warehouse.info.dsn) as reader,
    ):
        reader.execute("SELECT FROM staging.events")
        migrating = threading.Thread(target=migrate)
        migrating.start()
        while not any(f"pid {reader.info.backend_pid} " in told for told in caplog.messages):
            assert migrating.is_alive()
        warehouse.execute("SET lock_timeout = '1s'")
        for _ in range(100):
            warehouse.execute("SELECT FROM staging.events")
        reader.commit()
        migrating.join()
    warehouse.execute("SELECT size FROM staging.events")
