"""What happened to one file: its steps, versions, blocks, and checks with examples."""

import psycopg

from penstock import ledger
from penstock.marts import build
from penstock.warehouse import connect
from tests.pipeline import events, ingest, land

EVENTS = """\
2024-05-01T10:00:00Z a@example.com s1
yesterday b@example.com s2
1969-05-01T10:00:00Z c@example.com s3
2024-05-01T10:00:01Z d@example.com s4
2024-05-01T10:00:02Z e@example.com s5
2024-05-01T10:00:03Z f@example.com s6
"""


def test_the_steps_of_a_file_are_in_order(warehouse: psycopg.Connection) -> None:
    land("events", "a.txt", events(5))
    ingest("events")
    with connect("reader") as reader:
        steps = ledger.timeline(reader, 1)
    names = [step.name for step in steps]
    assert names[:5] == [
        *("registered", "claimed", "first block loaded", "last block loaded", "sealed"),
    ]
    assert "built" not in names
    assert steps[0].seconds is None
    assert all(step.seconds is not None and step.seconds >= 0 for step in steps[1:])
    build.build("events")
    with connect("reader") as reader:
        assert "built" in [step.name for step in ledger.timeline(reader, 1)]
        assert ledger.timeline(reader, 99) == []


def test_versions_and_blocks(warehouse: psycopg.Connection) -> None:
    land("events", "a.txt", events(5))
    land("events", "other.txt", events(5, tag="b"))
    ingest("events")
    land("events", "a.txt", events(4, 1))
    ingest("events")
    with connect("reader") as reader:
        versions = ledger.versions_of_path(reader, 1)
        assert [(v["path"], v["version"]) for v in versions] == [("a.txt", 2), ("a.txt", 1)]
        newest = versions[0]["file_id"]
        summary = ledger.block_summary(reader, newest)
        assert (summary.blocks, summary.loaded, summary.rows_good, summary.rows_bad) == (1, 1, 4, 1)
        assert summary.bytes == summary.bytes_loaded > 0
        (block,) = ledger.page_of_blocks(reader, newest)
        assert (block["block_no"], block["records"]) == (0, 5)
        assert ledger.page_of_blocks(reader, newest, after=0) == []
        assert ledger.block_summary(reader, 99).blocks == 0


def test_each_check_has_the_records_that_it_refused(warehouse: psycopg.Connection) -> None:
    land("events", "a.txt", EVENTS.encode())
    ingest("events")
    with connect("reader") as reader:
        checks = ledger.explained_checks(reader, 1)
    refused = {
        (check.result.column, check.result.type): [example.line for example in check.examples]
        for check in checks
        if check.examples
    }
    assert refused == {
        ("event_time", "cast"): [2],
        ("event_time", "expect_column_values_to_be_between"): [3],
    }
    (example,) = next(check.examples for check in checks if check.examples)
    assert example.raw == "yesterday b@example.com s2"
    assert example.reason.startswith("event_time: yesterday, expected ")
