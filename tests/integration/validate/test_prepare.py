"""A dataset's own prepare, from files of every format to staging and quarantine."""

import gzip
from dataclasses import replace

import pandas as pd
import psycopg
import pytest

from penstock.declare.columns import Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import expect
from penstock.declare.formats import Csv, JsonLines, Lines
from penstock.errors import BadRows
from penstock.stations.load import load
from tests.conftest import Declare
from tests.pipeline import configure, ingest, land, states, the_part


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Names in lower case, sizes in cents; no test rows, none sold; in another order."""
    sold = frame.index[frame["note"] == "sold"]
    if len(sold):
        raise BadRows(dict.fromkeys(sold, "note: is sold"))
    cents = (frame["size"].astype(float) * 100).round().astype(int).astype(str)
    frame = frame.assign(name=frame["name"].str.lower(), size=cents, note=frame["place"])
    return frame[frame["name"] != "test"][::-1]


THINGS = Dataset(
    name="things",
    description="Things, prepared.",
    files={
        "*.csv": Csv(),
        "*.csv.gz": Csv(),
        "*.jsonl": JsonLines(),
        "*.txt": Lines(separator=";"),
    },
    columns=(
        Text("name"),
        Integer("size"),
        Text("note", required=False),
        Text("place"),
    ),
    expectations=(expect.column_values_to_be_between("size", 0, 1000),),
    path_pattern=r"(?P<place>[^/]+)/.+",
    prepare=tidy,
)
CSV = b'size,name\n1.5,"A\nB"\n2,TEST\nx,c\n11,D\n3,E\n'
LINES = b"F;1;\nG;one;\nH;2;sold\nTest;3;\n"
JSON = b'{"name":"I","size":1.25}\n{"name":"J"}\n{"name":"K","size":2,"note":"sold"}\n'
FILES = {"x/1.csv": CSV, "x/2.csv.gz": gzip.compress(CSV), "y/3.txt": LINES, "z/4.jsonl": JSON}
STAGED = {
    "x/1.csv": [("a\nb", 150, "x", "x", 2), ("e", 300, "x", "x", 7)],
    "y/3.txt": [("f", 100, "y", "y", 1)],
    "z/4.jsonl": [("i", 125, "z", "z", 1)],
}
REFUSED = {
    "x/1.csv": [
        (4, "2,TEST", ["dropped by prepare"]),
        (5, "x,c", ["prepare: ValueError: could not convert string to float: 'x'"]),
        (6, "11,D", ["size: not between 0 and 1000, found 1100"]),
    ],
    "y/3.txt": [
        (2, "G;one;", ["prepare: ValueError: could not convert string to float: 'one'"]),
        (3, "H;2;sold", ["note: is sold"]),
        (4, "Test;3;", ["dropped by prepare"]),
    ],
    "z/4.jsonl": [
        (2, '{"name":"J"}', ["prepare: ValueError: could not convert string to float: ''"]),
        (3, '{"name":"K","size":2,"note":"sold"}', ["note: is sold"]),
    ],
}
STAGED["x/2.csv.gz"], REFUSED["x/2.csv.gz"] = STAGED["x/1.csv"], REFUSED["x/1.csv"]


def staged(warehouse: psycopg.Connection, path: str) -> list[tuple]:
    return warehouse.execute(
        "SELECT name, size, note, place, _row FROM staging.things"
        " JOIN ingest.file ON file_id = _file_id WHERE path = %s ORDER BY _row",
        [path],
    ).fetchall()


def refused(warehouse: psycopg.Connection, path: str) -> list[tuple]:
    return warehouse.execute(
        "SELECT line, raw, reasons FROM ingest.quarantine JOIN ingest.file USING (file_id)"
        " WHERE path = %s ORDER BY line",
        [path],
    ).fetchall()


@pytest.mark.parametrize("block_bytes", [20, 1 << 20], ids=["blocks", "one batch"])
def test_every_row_of_every_format_ends_somewhere(
    warehouse: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    declare: Declare,
    block_bytes: int,
) -> None:
    configure(monkeypatch, block_bytes=block_bytes, engine="in_process")
    declare(replace(THINGS, reject_when_bad=1.0))
    for path, data in FILES.items():
        land("things", path, data)
    ingest("things")
    assert set(states(warehouse).values()) == {"sealed"}
    for path in FILES:
        assert staged(warehouse, path) == STAGED[path]
        assert refused(warehouse, path) == REFUSED[path]
    [(checked, records)] = warehouse.execute(
        "SELECT sum(evaluated), (SELECT sum(records) FROM ingest.block) FROM ingest.validation"
    ).fetchall()
    assert records - checked == sum(len(told) for told in REFUSED.values()) - 2  # 11 is checked


def test_its_time_is_told_by_itself(warehouse: psycopg.Connection, declare: Declare) -> None:
    declare(THINGS)
    land("things", "y/1.txt", b"F;1;\n")
    report = load("things", the_part("things"))
    assert report.rows_good == 1
    assert set(report.seconds) == {"parse", "prepare", "check", "encode", "copy"}


def test_files_wait_until_a_broken_prepare_is_mended(
    warehouse: psycopg.Connection, declare: Declare
) -> None:
    declare(replace(THINGS, prepare=lambda frame: frame.reset_index(drop=True)))
    land("things", "y/1.txt", b"F;1;\nG;2;\n")
    ingest("things")
    [(told,)] = warehouse.execute("SELECT waits_for FROM ingest.file").fetchall()
    assert "prepare gives lines that repeat or that it was not given" in told
    assert staged(warehouse, "y/1.txt") == []
    declare(THINGS)
    warehouse.execute("UPDATE ingest.file SET retry_at = clock_timestamp()")
    ingest("things")
    assert staged(warehouse, "y/1.txt") == [("f", 100, "y", "y", 1), ("g", 200, "y", "y", 2)]
