"""JSON lines and CSV of one dataset, from files to staging: what has no column is kept or told."""

import dataclasses

import psycopg
import pytest

from penstock.declare.columns import BigInteger, Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv, JsonLines
from tests.conftest import Declare
from tests.pipeline import configure, ingest, land

CHAINS = Dataset(
    name="chains",
    description="Numbers of any size, of a part that the path names.",
    files={"*.csv": Csv(), "*.jsonl": JsonLines(), "*.jsonl.gz": JsonLines()},
    columns=(BigInteger("value"), Integer("step", minimum=0), Text("part_of", required=False)),
    path_pattern=r"(?:(?P<part_of>[a-z]+)/)?[0-9]+\.\w+",
)


def test_two_formats_of_one_dataset_share_a_batch(
    warehouse: psycopg.Connection, declare: Declare
) -> None:
    declare(CHAINS)
    land(
        "chains",
        "a/1.jsonl",
        b'{"Step":0,"Value":3,"colour":"red"}\n{"Value":%d,"step":1}\n' % 2**127,
    )
    land("chains", "b/2.csv", b"VALUE,size,STEP\n5,XL,2\n1e3,S,-1\n6,M,3\n")
    land("chains", "3.csv", b"step,value\n4,7\n")
    land("chains", "none.csv", b"step,value\n4,7\n")
    outcomes = {f.path: (f.state, f.rows_good, f.rows_bad) for f in ingest("chains").files}
    assert outcomes == {
        "a/1.jsonl": ("sealed", 2, 0),
        "b/2.csv": ("sealed", 2, 1),
        "3.csv": ("sealed", 1, 0),
    }
    found = warehouse.execute(
        "SELECT value, step, part_of, _row FROM staging.chains ORDER BY step"
    ).fetchall()
    assert found == [
        (3, 0, "a", 1),
        (2**127, 1, "a", 2),
        (5, 2, "b", 2),
        (6, 3, "b", 4),
        (7, 4, "", 2),
    ]
    told = warehouse.execute("SELECT path, notes, reason FROM ingest.file ORDER BY path").fetchall()
    assert told == [
        ("3.csv", [], None),
        ("a/1.jsonl", ["`colour`: not a column, not loaded"], None),
        ("b/2.csv", ["`size`: not a column, not loaded"], None),
        ("none.csv", [], f"the path is not of the form {CHAINS.path_pattern}"),
    ]
    [(line, raw, reasons)] = warehouse.execute(
        "SELECT line, raw, reasons FROM ingest.quarantine"
    ).fetchall()
    assert (line, raw) == (3, "1e3,S,-1")
    assert reasons == ["value: 1e3, expected a whole number", "step: less than 0, found -1"]


def test_unknown_keys_are_told_once_however_many_blocks_have_them(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, declare: Declare
) -> None:
    configure(monkeypatch, block_bytes=200, engine="in_process")
    declare(CHAINS)
    land("chains", "1.jsonl", b'{"step":0,"value":1}\n' * 9 + b'{"step":0,"value":1,"x":1}\n' * 50)
    [sealed] = ingest("chains").files
    assert sealed.rows_good == 59
    [(notes, blocks)] = warehouse.execute(
        "SELECT notes, (SELECT count(*) FROM ingest.block) FROM ingest.file"
    ).fetchall()
    assert notes == ["`x`: not a column, not loaded"]
    assert blocks > 5


def test_what_has_no_column_is_kept(warehouse: psycopg.Connection, declare: Declare) -> None:
    declare(CHAINS)
    keeping = dataclasses.replace(CHAINS, unknown_columns="keep")
    declare(keeping)  # the table is there already
    land("chains", "1.jsonl", b'{"step":0,"value":1,"x":{"y":[1.50]},"z":%d}\n' % 10**40)
    land("chains", "a/2.csv", 'step,,value,part of,"q""\n"\n1,é,%d,b,\\\n'.encode() % 10**50)
    land("chains", "3.csv", b"step,value\n2,3\n")
    land("chains", "4.jsonl", b'{"step":3,"value":4}\n')
    assert [f.state for f in ingest("chains").files] == ["sealed"] * 4
    found = warehouse.execute(
        "SELECT step, value, part_of, _extra::text FROM staging.chains ORDER BY step"
    ).fetchall()
    assert found == [
        (0, 1, "", '{"x": {"y": [1.50]}, "z": 1%s}' % ("0" * 40)),
        (1, 10**50, "a", '{"q\\"\\n": "\\\\", "part of": "b", "column_2": "é"}'),
        (2, 3, "", "{}"),
        (3, 4, "", "{}"),
    ]
    assert warehouse.execute("SELECT DISTINCT notes FROM ingest.file").fetchall() == [([],)]
