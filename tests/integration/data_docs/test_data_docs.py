"""What each check found is kept while a file is loaded, and shown by Great Expectations."""

import dataclasses
import html
import re
from pathlib import Path

import psycopg
import pytest

from penstock import data_docs, datasets
from penstock.validate.suite import expectations_of
from tests.pipeline import configure, events, ingest, land, replay

LENGTHS, NULLS = "expect_column_value_lengths_to_be_between", "expect_column_values_to_not_be_null"
BETWEEN = "expect_column_values_to_be_between"
GOOD = b"2000-01-01T00:00:00Z a@example.org s\n"
BAD = {
    "not a timestamp": b"2000-01-01T25:49Z a@example.org s\n",
    "too early": b"1900-01-01T00:00:00Z a@example.org s\n",
    "two faults": b"1900-01-01T00:00:00Z " + b"a" * 321 + b" s\n",
    "a field too few": b"null\n",
}


def found(warehouse: psycopg.Connection, path: str) -> list[tuple[str, str, int, int, int]]:
    """(type, column, evaluated, missing, unexpected) of each check, for the versions of a path."""
    return warehouse.execute(
        """
        SELECT type, "column", evaluated, missing, unexpected
        FROM ingest.file_validation JOIN ingest.file USING (file_id) WHERE path = %s
        ORDER BY file_id, check_no
        """,
        [path],
    ).fetchall()


def text(page: Path) -> str:
    """What a reader sees, a line an element."""
    elements = map(str.strip, re.split("<[^>]+>", page.read_text().partition("<body>")[2]))
    return html.unescape("\n".join(filter(None, elements)))


def test_every_check_is_counted_over_all_blocks_of_a_file(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, block_bytes=2000)
    land("events", "a.txt", (GOOD * 100 + b"".join(BAD.values())) * 2)
    ingest("events")
    assert warehouse.execute("SELECT count(*) > 2 FROM ingest.validation").fetchone() == (True,)
    assert found(warehouse, "a.txt") == [
        ("cast", "event_time", 206, 0, 2),
        (NULLS, "event_time", 206, 2, 0),
        (BETWEEN, "event_time", 206, 2, 4),
        (NULLS, "email", 206, 0, 0),
        (LENGTHS, "email", 206, 0, 0),
        (LENGTHS, "email", 206, 0, 2),
        (LENGTHS, "session_id", 206, 0, 0),
    ]


def test_small_files_of_one_batch_keep_their_own_counts(warehouse: psycopg.Connection) -> None:
    for n in range(4):
        land("events", f"{n}.txt", GOOD * 10 + BAD["too early"] * n)
    land("events", "unreadable.txt", GOOD * 2 + BAD["a field too few"])
    ingest("events")
    for n in range(4):
        assert found(warehouse, f"{n}.txt")[2] == (BETWEEN, "event_time", 10 + n, 0, n)
    assert {row[2:] for row in found(warehouse, "unreadable.txt")} == {(2, 0, 0)}


def test_a_rule_made_stricter_judges_a_replay_and_leaves_what_was_found_before(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "a.txt", GOOD * 9 + b"2000-01-01T00:00:00Z a@example.org long\n")
    ingest("events")
    declared = datasets.get("events")
    *others, session = declared.columns
    columns = (*others, dataclasses.replace(session, max_length=3))
    strict = dataclasses.replace(declared, columns=columns)
    with datasets.only(strict):
        replay(1)
        ingest("events")
    sessions = [row for row in found(warehouse, "a.txt") if row[1] == "session_id"]
    assert sessions == [(LENGTHS, "session_id", 10, 0, 0), (LENGTHS, "session_id", 10, 0, 1)]
    assert warehouse.execute("SELECT count(*) FROM ingest.suite").fetchone() == (2,)


def test_a_file_shows_its_verdict_and_what_each_check_found(
    warehouse: psycopg.Connection, home: Path
) -> None:
    land("events", "<b>.txt", GOOD * 20 + b"".join(BAD.values()))
    land("events", "empty.txt", b"")
    land("events", "hopeless.txt", BAD["too early"] * 3)
    ingest("events")
    index = data_docs.build()
    assert index == home / "docs" / "gx" / "index.html"
    listed = text(index)
    assert "<b>.txt\n1\nevents\nsealed\n20\n4" in listed
    assert "rejected: the file is empty" in listed
    assert "(and 2 more records); 3 of 3 records are bad, more than 50%" in listed
    (page,) = index.parent.glob("validations/events/*/sealed/result.html")
    shown = text(page)
    assert "Records quarantined\n4" in shown
    assert "Of these refused before any check\n1" in shown
    assert "Column\nType\nFields\nNot of it\nevent_time\ntimestamptz\n23\n1" in shown
    assert "2 unexpected values found. ≈9.091% of 23 total rows." in shown
    suite = text(index.parent / "expectations" / "events.html")
    assert "Account events" in suite
    assert "320\ncharacters long." in suite
    assert "event_time\ntimestamptz\nexpected a time as ISO 8601 with a zone" in suite


def test_only_what_great_expectations_ran_is_told_as_an_expectation(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "a.txt", GOOD * 20 + BAD["not a timestamp"])
    ingest("events")
    site = data_docs.build().parent
    (page,) = site.glob("validations/events/*/sealed/result.html")
    shown = text(page)
    ran = expectations_of(datasets.get("events"))
    assert f"Evaluated Expectations\n{len(ran)}\nSuccessful Expectations\n{len(ran)}" in shown
    for told in (shown, text(site / "expectations" / "events.html")):
        assert "of type" not in told
        assert told.count("Types, cast by Penstock itself") == 2  # in the contents, and above them


def test_a_page_needs_nothing_from_elsewhere_and_its_links_lead_somewhere(home: Path) -> None:
    land("events", "<script>alert(1)</script>.txt", GOOD)
    land("events", "b.txt", GOOD)
    ingest("events")
    site = data_docs.build().parent
    pages = sorted(site.rglob("*.html"))
    assert len(pages) == 1 + len(datasets.all_datasets()) + 2
    for page in pages:
        source = page.read_text()
        assert not re.search(r"<(script|style|img)|<[^>]* (style|on[a-z]+|data-[a-z]+)=", source)
        assert "//" not in "".join(re.findall(r'(?:href|src)="([^"]*)"', source))
        for link in re.findall(r'href="([^"#]+)"', source):
            assert (page.parent / link).exists(), (page, link)
    for sheet in (site / "static").iterdir():
        assert not re.search(r"@import|url\((?!['\"]?data:)", sheet.read_text())


def test_a_file_name_is_text_wherever_a_page_shows_it(home: Path) -> None:
    name = "<i onclick=alert(1)>&amp;.txt"
    land("events", name, GOOD)
    ingest("events")
    (page,) = data_docs.build().parent.glob("validations/events/*/sealed/result.html")
    assert "<i onclick" not in page.read_text()
    assert f"Validations / events / {name} / file 1" in text(page)
    assert f"data_asset_name\n{name}" in text(page)


def test_the_cost_follows_what_is_new(warehouse: psycopg.Connection, home: Path) -> None:
    for n in range(3):
        land("events", f"{n}.txt", events(3))
    ingest("events")
    site = data_docs.build().parent
    pages = {page: page.stat().st_ino for page in site.glob("validations/*/*/*/result.html")}
    assert len(pages) == 3
    land("events", "2.txt", events(4))
    ingest("events")
    data_docs.build()
    now = {page: page.stat().st_ino for page in site.glob("validations/*/*/*/result.html")}
    kept = {page for page in pages if now.get(page) == pages[page]}
    assert (len(now), len(kept)) == (4, 2)  # the old version of 2.txt is told as superseded
    data_docs.build(newest=1)
    left = [*site.glob("validations/*/*/*/result.html")]
    assert [page.parent.name for page in left] == ["sealed"]
    assert "Rows loaded\n4" in text(left[0])


def test_times_are_told_in_utc(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGTZ", "Asia/Tokyo")
    land("events", "a.txt", GOOD)
    ingest("events")
    assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\na\.txt", text(data_docs.build()))
