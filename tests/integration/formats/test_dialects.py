"""CSV as people write it, from landing to staging: dialects, broken quotes, odd headers."""

from typing import Any

import psycopg
import pytest

from penstock import ledger
from penstock.declare.columns import Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv
from tests.conftest import Declare
from tests.pipeline import configure, ingest, land

THINGS = Dataset(
    "things",
    "Things.",
    {"*.txt": Csv("\t", header=False, escape="\\", nulls=("\\N",)), "*.csv": Csv()},
    (Integer("id"), Text("name"), Text("note", required=False)),
    reject_when_bad=0.9,
)


def _rows(lines: range, separator: str = ",", end: str = "\n") -> bytes:
    return "".join(separator.join((str(n), f"n{n}", "x")) + end for n in lines).encode()


def test_files_of_any_dialect_load_in_blocks_of_any_size(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, declare: Declare
) -> None:
    configure(monkeypatch, block_bytes=200, max_record_bytes=500)
    declare(THINGS)
    head, many = b"id,name,note\n", range(1, 101)
    land("things", "semicolons.csv", b"Things\n\nid;name;note\n" + _rows(many, ";"))
    land("things", "mac.csv", b"id,name,note\r" + _rows(many, end="\r"))
    land("things", "trailing.csv", head + _rows(many, end=",\n"))
    land("things", "shards.csv", (head + _rows(many)) * 3 + b",,\n,,\n")
    land("things", "unclosed.csv", head + b'0,a,"b\n' + _rows(many) + b'7,"c\nd",e\n')
    land("things", "lost.csv", head + b'0,a,"b\n' + b"and so on\n" * 30)
    land("things", "dump.txt", b'1\ta\\\tb\t\\N\n2\tc\\\nd\t"\\""\n' + _rows(many, "\t"))
    ingest("things")

    found = {file["path"]: file for file in ledger.list_files(warehouse)}
    assert _outcomes(found) == {
        "semicolons.csv": ("sealed", 100, 0),
        "mac.csv": ("sealed", 100, 0),
        "trailing.csv": ("sealed", 100, 0),
        "shards.csv": ("sealed", 300, 0),
        "unclosed.csv": ("sealed", 101, 1),
        "lost.csv": ("rejected", None, None),
        "dump.txt": ("sealed", 102, 0),
    }
    assert found["lost.csv"]["reason"] == "line 2: column 3: a quote is opened and never closed"
    assert found["semicolons.csv"]["dialect"]["separator"] == ";"
    assert found["semicolons.csv"]["dialect"]["skip"] == 1
    assert found["dump.txt"]["dialect"]["escape"] == "\\"
    assert found["shards.csv"]["notes"] == ["repeated headers, left out: 2"]
    assert found["mac.csv"]["notes"] == []
    assert warehouse.execute("SELECT line, raw FROM ingest.quarantine").fetchall() == [
        (2, '0,a,"b')
    ]
    rows = """
        SELECT id, s.name, note FROM staging.things s JOIN ingest.file f ON file_id = _file_id
        WHERE path = 'dump.txt' ORDER BY _row LIMIT 3
        """
    assert warehouse.execute(rows).fetchall() == [(1, "a\tb", ""), (2, "c\nd", '"'), (1, "n1", "x")]


def _outcomes(found: dict[str, dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    return {p: (f["state"], f["rows_good"], f["rows_bad"]) for p, f in found.items()}
