"""Who reads and who builds: a build waits for readers, and no reader waits for a build."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from penstock.marts import build
from tests.integration.marts.ledger import arrive

EVENT = {"event_time": "2000-01-01T00:00:00Z", "email": "a@example.com", "session_id": ""}
PERSON = {"user_id": "7", "first_name": "Ada", "last_name": "Bell", "birthts": "1970-01-01"}
VOTE = {"candidate": "1", "vote_time": "2024-05-01T12:00:00Z", "kiosk_id": 7}
REPLACED = (
    "SELECT relname FROM pg_class WHERE relname ~ '__old_|__dbt_tmp' AND relkind IN ('r', 'v')"
)
RELATIONS = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'marts'
    UNION ALL SELECT format('%I.%I', schemaname, viewname) FROM pg_views
    WHERE schemaname IN ('marts', 'stg')
"""


def reader() -> psycopg.Connection:
    connection = psycopg.connect(
        os.environ["PENSTOCK_WAREHOUSE_URL"], application_name="an analyst", autocommit=True
    )
    connection.execute("SET ROLE penstock_reader")
    return connection


@contextmanager
def polled(relations: list[str]) -> Iterator[None]:
    """Others read `relations` meanwhile: each has rows, and none is locked for long."""
    done = threading.Event()
    wrong: list[str] = []
    rounds: list[int] = []

    def read() -> None:
        with reader() as connection:
            connection.execute("SET lock_timeout = '3s'")  # 1 s, on a machine three times slower
            while not done.is_set() or not rounds:
                wrong.extend(filter(None, (_seen(connection, name) for name in relations)))
                rounds.append(1)

    polling = threading.Thread(target=read)
    polling.start()
    try:
        yield
    finally:
        done.set()
        polling.join()
    assert not wrong
    assert len(rounds) > 1


def _seen(connection: psycopg.Connection, relation: str) -> str | None:
    try:
        (rows,) = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()
    except psycopg.Error as error:
        return f"{relation}: {error}"
    return None if rows else f"{relation} is empty"


def in_background(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_build_that_changes_no_view_waits_for_no_reader(warehouse: psycopg.Connection) -> None:
    arrive(warehouse, "people", "7.csv", [PERSON])
    build.build("people")
    with reader() as analyst, analyst.transaction():
        analyst.execute("SELECT FROM marts.people, marts.people_export, stg.stg_people")
        arrive(warehouse, "people", "8.csv", [{**PERSON, "user_id": "8"}])
        assert build.build("people").files
    assert warehouse.execute("SELECT count(*) FROM marts.people").fetchone() == (2,)


@pytest.mark.parametrize("held", ["marts.people", "marts.people_matched", "stg.stg_people"])
def test_a_build_ends_when_the_reader_in_its_way_does_and_keeps_no_other_waiting(
    warehouse: psycopg.Connection, caplog: pytest.LogCaptureFixture, held: str
) -> None:
    arrive(warehouse, "people", "7.csv", [PERSON])
    build.build("people")
    warehouse.execute("SET ROLE penstock_transformer")
    earlier = warehouse.execute("SELECT pg_get_viewdef('stg.stg_people')").fetchone()[0]
    warehouse.execute(f"CREATE OR REPLACE VIEW stg.stg_people AS {earlier.rstrip(';')} AND true")
    warehouse.execute("RESET ROLE")
    relations = ["marts.people", "marts.people_export", "marts.people_matched", "stg.stg_people"]
    with caplog.at_level(logging.INFO), polled(relations), reader() as analyst:
        analyst.execute("BEGIN")
        analyst.execute(f"SELECT FROM {held}")
        arrive(warehouse, "people", "8.csv", [{**PERSON, "user_id": "8"}])
        building = in_background(lambda: build.full_refresh("people"))
        while not any(waits_for(message, analyst) for message in caplog.messages):
            assert building.is_alive()
        assert building.is_alive()
        analyst.execute("COMMIT")
        building.join()
    assert warehouse.execute("SELECT count(*) FROM marts.people").fetchone() == (2,)
    build.full_refresh("people")
    assert warehouse.execute(REPLACED).fetchall() == []


def waits_for(message: str, analyst: psycopg.Connection) -> bool:
    holder = f"pid {analyst.info.backend_pid} (role {analyst.info.user}, application an analyst"
    return "waiting to change" in message and holder in message


@pytest.mark.parametrize("dataset", ["people", "votes", "products"])
def test_a_full_refresh_is_never_in_the_way_of_a_reader(
    warehouse: psycopg.Connection, dataset: str
) -> None:
    arrive(warehouse, "people", "7.csv", [PERSON])
    image = {"user_id": "7", "path": "7.png", "size_bytes": 1, "modified_at": "2024-05-01"}
    arrive(warehouse, "people_images", "7.png", [image])
    arrive(warehouse, "votes", "v.jsonl", [VOTE])
    product = {"sku": "a", "name": "Ann", "description": ""}
    arrive(warehouse, "products", "a.csv", [product])
    arrive(warehouse, "products", "b.csv", [product])
    build.full_refresh(dataset)
    before = {name for (name,) in warehouse.execute(RELATIONS)}
    with polled(sorted(before)):
        for _ in range(2):
            build.full_refresh(dataset)
    assert {name for (name,) in warehouse.execute(RELATIONS)} == before
    assert warehouse.execute(REPLACED).fetchall() == []


def test_marts_of_an_earlier_version_are_read_until_the_new_ones_are_there(
    warehouse: psycopg.Connection,
) -> None:
    arrive(warehouse, "people", "7.csv", [PERSON])
    build.build("people")
    warehouse.execute("DROP VIEW marts.people, marts.people_export, marts.people_by_age")
    warehouse.execute("SET ROLE penstock_transformer")
    warehouse.execute("ALTER TABLE marts.people_matched DROP COLUMN birthdate")
    warehouse.execute("ALTER TABLE marts.people_matched ADD COLUMN birthdate text")
    warehouse.execute("CREATE VIEW marts.people AS SELECT birthdate FROM marts.people_matched")
    warehouse.execute("RESET ROLE")
    with polled(["marts.people", "marts.people_matched"]):
        build.full_refresh("people")
    assert warehouse.execute("SELECT user_id, birthts FROM marts.people").fetchall() == [("7", 0)]
    assert warehouse.execute(REPLACED).fetchall() == []


def test_what_a_view_of_somebody_elses_reads_is_kept_and_told(
    warehouse: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    arrive(warehouse, "events", "a.txt", [EVENT])
    build.build("events")
    warehouse.execute("CREATE VIEW public.mine AS SELECT email FROM marts.events")
    build.full_refresh("events")
    assert warehouse.execute("SELECT count(*) FROM public.mine").fetchone() == (1,)
    assert any("view mine depends on" in message for message in caplog.messages)
    warehouse.execute("CREATE OR REPLACE VIEW public.mine AS SELECT email FROM marts.events")
    build.full_refresh("events")
    assert len(warehouse.execute(REPLACED).fetchall()) == 1
    warehouse.execute("DROP VIEW public.mine")
    build.full_refresh("events")
    assert warehouse.execute(REPLACED).fetchall() == []
