"""Rows received = standing + replaced + deduplicated + quarantined, of every file and dataset."""

import psycopg
import pytest

from penstock import datasets, ledger
from penstock.marts import build
from tests.pipeline import events, ingest, land, land_samples, replay

Counts = list[tuple[int, int, int, int, int]]


def rows(warehouse: psycopg.Connection) -> Counts:
    """(received, standing, replaced, deduplicated, quarantined) of each file, by file_id."""
    warehouse.execute("SET ROLE penstock_reader")
    found = warehouse.execute(
        """
        SELECT rows_received, rows_standing, rows_replaced, rows_deduplicated, rows_quarantined
        FROM ingest.file_rows() ORDER BY file_id
        """
    ).fetchall()
    warehouse.execute("RESET ROLE")
    return found


def load(dataset: str, path: str, *lines: str) -> None:
    """Land a file of these lines and bring it to the marts."""
    land(datasets.get(dataset).folder, path, "".join(f"{line}\n" for line in lines).encode())
    ingest(dataset)
    build.build(dataset)


VOTES = "candidate,vote_time,kiosk_id"
PRODUCTS = "name,sku,description"
PERSON = "first_name, last_name, birthts"


def test_of_two_rows_for_a_person_one_stands(warehouse: psycopg.Connection) -> None:
    load("people", "7.csv", PERSON, "Ada, Bell, 1", "Ada, Bell-Reed, 1", "cut sho")
    assert rows(warehouse) == [(3, 1, 1, 0, 1)]


def test_a_repeated_vote_is_deduplicated(warehouse: psycopg.Connection) -> None:
    vote = "1,2024-05-01T12:00:00Z,7"
    load("votes", "a.csv", VOTES, vote, vote, "9,2024-05-01T12:00:00Z,8")
    load("votes", "b.csv", VOTES, vote, "2,2024-05-01T12:00:01Z,7")
    assert rows(warehouse) == [(3, 1, 0, 1, 1), (2, 1, 0, 1, 0)]


def test_a_product_that_comes_again_replaces_the_row_before(warehouse: psycopg.Connection) -> None:
    load("products", "a.csv", PRODUCTS, "Ann,a,", "Ann,b,", "Bob,b,", "Ann,c,")
    assert rows(warehouse) == [(4, 3, 1, 0, 0)]
    load("products", "b.csv", f"{PRODUCTS},deleted", "Cid,a,,", "Ann,c,,true", "surplus")
    assert rows(warehouse) == [(4, 1, 3, 0, 0), (3, 1, 1, 0, 1)]
    build.full_refresh("products")
    assert rows(warehouse) == [(4, 1, 3, 0, 0), (3, 1, 1, 0, 1)]


def test_a_newer_version_of_a_file_replaces_all_rows_of_the_older(
    warehouse: psycopg.Connection,
) -> None:
    for good in (3, 5):
        land("events", "x.txt", events(good, 1))
        ingest("events")
        build.build("events")
    assert rows(warehouse) == [(4, 0, 3, 0, 1), (6, 5, 0, 0, 1)]


def test_a_replay_takes_the_rows_of_what_it_replays(warehouse: psycopg.Connection) -> None:
    load("votes", "a.csv", VOTES, "1,2024-05-01T12:00:00Z,7")
    load("votes", "b.csv", VOTES, "2,2024-05-01T12:00:00Z,7", "2,2024-05-01T12:00:00Z,8")
    replay(1)
    ingest("votes")
    assert rows(warehouse) == [(2, 1, 0, 1, 0)], "what is not built yet is not counted"
    build.build("votes")
    assert rows(warehouse) == [(1, 0, 1, 0, 0), (2, 1, 0, 1, 0), (1, 1, 0, 0, 0)]


@pytest.mark.usefixtures("home")
def test_a_file_that_no_mart_shows_has_no_counts(warehouse: psycopg.Connection) -> None:
    land("events", "x.txt", events(1, 3))
    ingest("events")
    (file,) = ledger.with_rows(warehouse, ledger.list_files(warehouse))
    assert (file["state"], file["rows_standing"], file["rows_replaced"]) == ("rejected", None, None)


def test_every_row_of_every_sample_is_accounted_for(warehouse: psycopg.Connection) -> None:
    land_samples()
    for name in datasets.all_datasets():
        ingest(name)
    for name in datasets.all_datasets():
        build.build(name)
    shown = "SELECT count(*) FROM ingest.file WHERE state IN ('sealed', 'superseded')"
    found = rows(warehouse)
    assert len(found) == warehouse.execute(shown).fetchone()[0]
    assert [counts for counts in found if counts[0] != sum(counts[1:])] == []
    of = warehouse.execute("SELECT dataset, sum(rows_standing) FROM ingest.file_rows() GROUP BY 1")
    assert dict(of.fetchall()).keys() == datasets.all_datasets().keys()
