"""Readers see a file whole or not at all, in its old version or its new one."""

import os
import threading
from collections.abc import Callable

import psycopg

from penstock.marts import build
from tests.integration.marts.ledger import arrive

ROWS = 300


def while_reading(query: str, expected: set[tuple[int, ...]], act: Callable[[], None]) -> None:
    """Ask `query` again and again while `act` runs; every answer must be one of `expected`."""
    begun, done = threading.Event(), threading.Event()
    answers: set[tuple[int, ...]] = set()

    def read() -> None:
        with psycopg.connect(os.environ["PENSTOCK_WAREHOUSE_URL"], autocommit=True) as connection:
            connection.execute("SET ROLE penstock_reader")
            is_last = False
            while not is_last:  # once more after `act`
                is_last = done.is_set()
                answers.update(connection.execute(query).fetchall())
                begun.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert begun.wait(300)
        act()
    finally:
        done.set()
        reader.join()
    assert answers <= expected
    assert len(answers) > 1, "the reader saw no change"


def events(version: int) -> list[dict[str, str]]:
    """As many rows in each version, so that half of each would count the same."""
    return [
        {"event_time": "2000-01-01T00:00:00Z", "email": str(version), "session_id": str(line)}
        for line in range(ROWS)
    ]


def test_a_new_version_of_events_replaces_the_old_at_once(warehouse: psycopg.Connection) -> None:
    arrive(warehouse, "events", "a.txt", events(0))
    build.build("events")

    def replace() -> None:
        for version in (1, 2, 3):
            arrive(warehouse, "events", "a.txt", events(version))
            build.build("events")
        build.full_refresh("events")

    query = "SELECT count(*), count(DISTINCT email) FROM marts.events WHERE filename = 'a.txt'"
    query = f"SELECT * FROM ({query}) _ UNION ALL SELECT max(load_seq), -1 FROM marts.events"
    versions = {(load_seq, -1) for load_seq in range(1, 5)}
    while_reading(query, {(ROWS, 1)} | versions, replace)


def test_a_file_sealed_amid_a_build_loses_no_row(warehouse: psycopg.Connection) -> None:
    """New versions come without a pause: a build sees one state of the ledger, from end to end."""
    arrive(warehouse, "events", "a.txt", events(0))
    build.build("events")
    stop = threading.Event()

    def keep_sealing() -> None:
        with psycopg.connect(os.environ["PENSTOCK_WAREHOUSE_URL"], autocommit=True) as connection:
            version = 0
            while not stop.is_set():
                version += 1
                arrive(connection, "events", "a.txt", events(version)[:3])

    def build_often() -> None:
        sealing = threading.Thread(target=keep_sealing)
        sealing.start()
        try:
            for _ in range(5):
                build.build("events")
        finally:
            stop.set()
            sealing.join()

    query = "SELECT count(DISTINCT load_seq), least(max(load_seq), 2) FROM marts.events"
    while_reading(query, {(1, 1), (1, 2)}, build_often)


def test_products_move_from_one_load_to_the_next_at_once(warehouse: psycopg.Connection) -> None:
    def rows(load: int) -> list[dict[str, str]]:
        return [{"sku": str(n), "name": f"load {load}", "description": ""} for n in range(ROWS)]

    arrive(warehouse, "products", "a.csv", rows(1))
    build.build("products")

    def update() -> None:
        for load in (2, 3):
            arrive(warehouse, "products", "a.csv", rows(load))
            build.build("products")

    query = "SELECT count(*), min(load_seq), max(load_seq) FROM marts.products"
    while_reading(query, {(ROWS, load, load) for load in (1, 2, 3)}, update)
