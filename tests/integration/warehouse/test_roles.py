"""Least privilege: what each role may do, and what it may not."""

from pathlib import Path

import pytest
from psycopg.errors import InsufficientPrivilege

from penstock.warehouse import connect
from penstock.warehouse.connect import Role
from tests.pipeline import events, ingest, land

FILE = "INSERT INTO ingest.file (dataset, path, version, size_bytes, state)"

MAY_NOT: list[tuple[Role, str]] = [
    ("reader", "SELECT * FROM staging.events"),
    ("reader", "UPDATE ingest.file SET state = 'sealed'"),
    ("reader", "UPDATE ingest.file SET built_at = now()"),
    ("reader", "DELETE FROM ingest.quarantine"),
    ("reader", "CREATE TABLE marts.mine (n int)"),
    ("reader", "INSERT INTO marts.shown VALUES (1)"),
    ("reader", "CREATE TABLE public.mine (n int)"),
    ("reader", "SELECT * FROM api.key"),
    ("api", "SELECT * FROM staging.events"),
    ("api", "UPDATE api.key SET scopes = '{read}'"),
    ("api", "INSERT INTO ingest.incident (dataset, kind, message) VALUES ('events', 'x', 'x')"),
    ("api", "UPDATE ingest.action SET done_at = now()"),
    ("api", "INSERT INTO ingest.action (done_at) VALUES (now())"),
    ("api", "DELETE FROM ingest.action"),
    ("loader", "DELETE FROM ingest.action"),
    ("reader", "INSERT INTO ingest.action (kind, dataset, who) VALUES ('reject', 'x', 'x')"),
    ("loader", "CREATE TABLE marts.mine (n int)"),
    ("loader", "SELECT * FROM marts.shown"),
    ("loader", "DROP TABLE marts.shown"),
    ("loader", "DELETE FROM ingest.quarantine"),
    ("loader", "UPDATE ingest.quarantine SET raw = ''"),
    ("loader", "TRUNCATE ingest.quarantine"),
    ("loader", "UPDATE ingest.validation SET unexpected = '{}'"),
    ("transformer", "DELETE FROM ingest.suite"),
    ("loader", "UPDATE staging.events SET email = ''"),
    ("loader", "DELETE FROM staging.events"),
    ("loader", "CREATE ROLE mine"),
    ("transformer", "UPDATE ingest.file SET state = 'rejected'"),
    ("transformer", "UPDATE ingest.block SET loaded_at = NULL"),
    ("transformer", "INSERT INTO staging.events (_file_id, _row) VALUES (1, 1)"),
    ("transformer", "DELETE FROM staging.events"),
    ("transformer", "DELETE FROM ingest.quarantine"),
    ("transformer", f"{FILE} VALUES ('events', 'x', 1, 1, 'sealed')"),
]

MAY: list[tuple[Role, str]] = [
    ("reader", "SELECT * FROM ingest.file, ingest.block, ingest.quarantine"),
    ("reader", "SELECT * FROM ingest.file_validation"),
    ("reader", "SELECT * FROM marts.shown"),
    ("api", "SELECT * FROM marts.shown"),
    ("api", "SELECT * FROM ingest.file, ingest.block, ingest.quarantine"),
    ("api", "SELECT * FROM api.key"),
    ("api", "INSERT INTO ingest.action (kind, dataset, who) VALUES ('reject', 'x', 'x')"),
    ("loader", "UPDATE ingest.action SET done_at = now()"),
    ("transformer", "SELECT * FROM ingest.action"),
    ("loader", "SELECT * FROM ingest.quarantine"),
    ("transformer", "SELECT * FROM staging.events"),
    ("transformer", "UPDATE ingest.file SET built_at = now()"),
    ("transformer", "CREATE TABLE marts.mine (n int)"),
]


@pytest.fixture
def filled(home: Path) -> None:
    """A warehouse with a file, a quarantined line and a mart."""
    land("events", "x.txt", events(2, 1))
    ingest("events")
    with connect("transformer") as connection:
        connection.execute("CREATE TABLE marts.shown (n int)")


@pytest.mark.usefixtures("filled")
def test_what_a_role_may_not_do() -> None:
    assert [attempt for attempt in MAY_NOT if _may(*attempt)] == []


@pytest.mark.usefixtures("filled")
def test_what_a_role_may_do() -> None:
    assert [attempt for attempt in MAY if not _may(*attempt)] == []


def _may(role: Role, statement: str) -> bool:
    with connect(role) as connection:
        try:
            connection.execute(statement)
        except InsufficientPrivilege:
            return False
        finally:
            connection.rollback()
    return True
