"""Descriptions are comments in Postgres, so that psql and BI tools show them."""

import psycopg
import pytest

from penstock.datasets import all_datasets
from penstock.marts import build
from tests.integration.marts.ledger import arrive

EVENT = {"event_time": "2000-01-01T00:00:00Z", "email": "a@example.com", "session_id": ""}
VOTE = {"candidate": "1", "vote_time": "2024-05-01T12:00:00Z", "kiosk_id": 7}
COMMENTS = """
    SELECT oid::regclass::text, obj_description(oid) FROM pg_class
    WHERE relnamespace IN ('stg'::regnamespace, 'marts'::regnamespace) AND relkind IN ('r', 'v')
    UNION ALL
    SELECT format('%s.%s', oid::regclass, attname), col_description(oid, attnum)
    FROM pg_class JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped
    WHERE relnamespace IN ('stg'::regnamespace, 'marts'::regnamespace) AND relkind IN ('r', 'v')
"""
WRITTEN = "SELECT objoid, objsubid, xmin::text FROM pg_description ORDER BY 1, 2"


def comments(connection: psycopg.Connection) -> dict[str, str]:
    return dict(connection.execute(COMMENTS).fetchall())


def test_a_reader_sees_what_each_relation_and_column_means(warehouse: psycopg.Connection) -> None:
    for dataset in all_datasets():
        build.full_refresh(dataset)
    warehouse.execute("SET ROLE penstock_reader")
    seen = comments(warehouse)
    assert [name for name, comment in seen.items() if not comment] == []
    assert seen["marts.events"].startswith("Account events.")
    assert seen["marts.events.load_seq"].startswith("Order in which the file was sealed")
    assert seen["marts.people.age"].startswith("Age in full years")  # a view
    assert seen["marts.candidates.name"] == "Name of the candidate."  # a seed


@pytest.mark.parametrize(
    ("dataset", "row", "changed"),
    [("events", EVENT, "TABLE marts.events"), ("votes", VOTE, "VIEW marts.vote_distribution")],
)
def test_an_increment_writes_only_comments_that_changed(
    warehouse: psycopg.Connection, dataset: str, row: dict[str, object], changed: str
) -> None:
    arrive(warehouse, dataset, "a", [row])
    build.build(dataset)
    before = comments(warehouse)
    written = warehouse.execute(WRITTEN).fetchall()
    arrive(warehouse, dataset, "b", [row])
    build.build(dataset)
    assert warehouse.execute(WRITTEN).fetchall() == written
    warehouse.execute(f"COMMENT ON {changed} IS 'of an earlier version'")
    arrive(warehouse, dataset, "c", [row])
    build.build(dataset)
    assert comments(warehouse) == before
