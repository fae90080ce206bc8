"""Questions of the API to the ledger."""

import psycopg

from penstock import ledger
from penstock.marts import build
from tests.pipeline import events, ingest, land


def test_load_times_are_those_of_files_in_the_marts_the_newest_first(
    warehouse: psycopg.Connection,
) -> None:
    for name in ("a.txt", "b.txt"):
        land("events", name, events(2))
        ingest("events")
    build.build("events")
    land("events", "not-built.txt", events(3))
    ingest("events")
    with psycopg.connect(warehouse.info.dsn) as connection:
        query, params = ledger.load_times("events", 10)
        cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
        found = cursor.execute(query, params).fetchall()
    assert [file["path"] for file in found] == ["b.txt", "a.txt"]
    for file in found:
        assert 0 < file["seconds_to_seal"] <= file["seconds_to_mart"]
