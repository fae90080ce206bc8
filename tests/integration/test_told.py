"""What is odd about a file, and why one is rejected: told where people look, and shown safely."""

import csv
import io
import re
from dataclasses import replace

import psycopg
import pytest

from penstock import ledger
from penstock.cli import show
from penstock.declare.columns import Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv, JsonLines
from penstock.marts import build
from tests.conftest import Declare
from tests.pipeline import ingest, land, replay

THINGS = Dataset(
    "things",
    "Things.",
    {"*.csv": Csv(), "*.jsonl": JsonLines()},
    (Text("sku"), Integer("size"), Text("note", required=False), Text("odd", False, rare=True)),
)


def _notes(warehouse: psycopg.Connection) -> dict[str, list[str]]:
    return dict(warehouse.execute("SELECT path, notes FROM ingest.file").fetchall())


def _reasons(warehouse: psycopg.Connection) -> dict[str, str | None]:
    return dict(warehouse.execute("SELECT path, reason FROM ingest.file").fetchall())


def _assert_shown(
    warehouse: psycopg.Connection, capsys: pytest.CaptureFixture[str], note: str
) -> None:
    """The note, and the faults with their control characters escaped, as a terminal has them."""
    show.loaded(ledger.list_files(warehouse, "things"), as_json=False)
    shown = capsys.readouterr().out
    assert re.search(rf"warning: misspelled.csv \(file .\): {re.escape(note)}\n", shown)
    show.rows(ledger.list_quarantine(warehouse, "things", None, 10), as_json=False)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert r"\x1b[2J, expected a whole number" in shown
    assert 'size: "7 ", expected a whole number' in shown


def test_columns_and_faults_are_told(
    warehouse: psycopg.Connection,
    declare: Declare,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    declare(THINGS)
    land("things", "whole.csv", b"sku,size,note\na,1,x\n")
    land("things", "misspelled.csv", b"sku,size,nota\na,1,x\n")
    land("things", "keys.jsonl", b'{"sku":"b","size":1,"colour":1,"nots":"x"}\n')
    land("things", "bad.csv", b"sku,size,note\na,1.5,x\nb,2,\nc,\x1b[2J,\nd,7 ,\n")
    land("things", "wide.csv", b"sku,size,note\na,1,x,y\n")
    land("things", "none.csv", b"sku,sise\na,1\n")
    ingest("things")

    misspelled = [
        "`nota`: not a column; did you mean `note`?",
        "`note`: the file has no such column",
    ]
    assert _notes(warehouse) == {
        "whole.csv": [],
        "misspelled.csv": misspelled,
        "keys.jsonl": [
            "`colour`: not a column, not loaded",
            "`nots`: not a column; did you mean `note`?",
        ],
        **{path: [] for path in ("bad.csv", "wide.csv", "none.csv")},
    }
    reasons = _reasons(warehouse)
    assert reasons["bad.csv"] == (
        "line 2: size: 1.5, expected a whole number (and 2 more records);"
        " 3 of 4 records are bad, more than 50%"
    )
    assert reasons["wide.csv"].startswith("line 2: expected 3 fields, found 4")
    assert reasons["none.csv"].endswith("`sise`: not a column; did you mean `size`?")
    assert f"misspelled.csv: {misspelled[0]}" in caplog.messages

    _assert_shown(warehouse, capsys, misspelled[0])

    declare(replace(THINGS, unknown_columns="reject"))
    land("things", "strict.csv", b"sku,size,nota\na,1,x\n")
    land("things", "strict.jsonl", b'{"sku":"b","size":1,"nots":"x"}\n')
    ingest("things")
    reasons = _reasons(warehouse)
    assert reasons["strict.csv"] == "line 1: `nota`: not a column; did you mean `note`?"
    assert reasons["strict.jsonl"] == "`nots`: not a column; did you mean `note`?"


def test_a_download_of_the_quarantine_holds_no_formula_unless_it_is_raw(
    warehouse: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    land("events", "a.txt", b"=1+1\n'quoted\n@SUM(1) 2\n" + b"2024-01-01T00:00:00Z a@b s\n" * 9)
    ingest("events")
    found = ledger.list_quarantine(warehouse, "events", None, 10)
    raws = {}
    for raw in (False, True):
        show.csv_rows(found, [*found[0]], raw=raw)
        rows = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
        raws[raw] = [row["raw"] for row in rows]
    assert raws[False] == ["'=1+1", "''quoted", "'@SUM(1) 2"]
    assert raws[True] == ["=1+1", "'quoted", "@SUM(1) 2"]


def test_what_a_file_lacks_stays_and_what_is_empty_goes(warehouse: psycopg.Connection) -> None:
    def take_in(dataset: str, path: str, data: bytes) -> None:
        land(dataset, path, data)
        ingest(dataset)
        build.build(dataset)

    def products() -> dict[str, tuple[str, str]]:
        found = warehouse.execute("SELECT sku, name, description FROM marts.products").fetchall()
        return {sku: (name, description) for sku, name, description in found}

    take_in("products", "1.csv", b"name,sku,description\nAnn,a,first\nBob,b,second\nCid,c,third\n")
    take_in("products", "2.csv", b"name,sku,descripton\nAnne,a,x\nDan,d,x\n")
    take_in("products", "3.csv", b"name,sku,description\nBo,b,\n")
    take_in("products", "4.csv", b"name,sku,deleted\nCid,c,true\nCy,c,\nAnna,a,\nAn,a,\n")
    assert products() == {
        "a": ("An", "first"),
        "b": ("Bo", ""),
        "c": ("Cy", ""),
        "d": ("Dan", ""),
    }
    was = "SELECT name, description FROM marts.product_history WHERE sku = 'a' ORDER BY name"
    assert warehouse.execute(was).fetchall() == [
        ("Ann", "first"), ("Anna", "first"), ("Anne", "first")
    ]  # fmt: skip
    incremental = products(), warehouse.execute(was).fetchall()
    build.full_refresh("products")
    assert (products(), warehouse.execute(was).fetchall()) == incremental
    replay(1)
    ingest("products")
    build.build("products")
    assert (products(), warehouse.execute(was).fetchall()) == incremental

    head = b"id,title,created_by"
    take_in("articles", "1.csv", head + b",updated_by\na,T,2024-01-01,2024-01-02\n")
    take_in("articles", "2.csv", head + b"\na,New,2024-01-01\n")
    found = "SELECT title, updated_by::date::text FROM marts.articles"
    assert warehouse.execute(found).fetchall() == [("New", "2024-01-02")]
    take_in("articles", "3.csv", head + b",updated_by\na,Newer,2024-01-01,\n")
    assert warehouse.execute(found).fetchall() == [("Newer", None)]


def test_each_object_tells_which_keys_it_lacks(
    warehouse: psycopg.Connection, declare: Declare
) -> None:
    declare(THINGS)
    land("things", "a.jsonl", b'{"sku":"a","size":1}\n{"sku":"b","size":2,"note":null}\n')
    land("things", "b.csv", b"sku,size,note\nc,3,x\n")
    land("things", "c.csv", b"sku,size\nd,4\n")
    ingest("things")
    rows = warehouse.execute("SELECT sku, note, _absent FROM staging.things ORDER BY sku")
    assert rows.fetchall() == [
        ("a", "", "note"), ("b", "", None), ("c", "x", None), ("d", "", "note")
    ]  # fmt: skip
    told = warehouse.execute("SELECT path, absent FROM ingest.file").fetchall()
    assert dict(told) == {"a.jsonl": ["note"], "b.csv": [], "c.csv": ["note"]}
