"""`penstock new dataset` in a copy of the checkout: what it writes holds at once."""

import csv
import gzip
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from pyarrow import parquet

from penstock.declare.columns import (
    BigInteger,
    Boolean,
    Date,
    Decimal,
    Integer,
    Text,
    Timestamp,
    Uuid,
)
from penstock.errors import PenstockError
from penstock.scaffold import new_dataset
from penstock.scaffold.sample import read
from penstock.scaffold.words import RESERVED
from penstock.settings import settings
from tests.programs import ROOT

SHIPMENTS = """\
Shipment ID,orderedAt,order,postcode,weight_g,shipped on,note,serial
17,2024-05-01 10:00:00,A-1,01234,250,2024-05-02,"fragile, glass",99999999999999999999
18,2024-05-01 11:00:00,A-2,12345,1250,2024-05-03,,1
19,2024-05-02T10:00:00Z,A-1,99999,,2024-05-03,"two
lines",2
"""
HOSTILE = """\
Größe,user,No,{{ 1 }},% off,1st,%(x)s,"a ""b""
`c`: #",city,city,,🎉,Ctid,session_user,date
{{ first_name }},ann,1,{% set x %},"off","null",'; drop,"{# a #}",x,y,z,\\1,~,no,2024-05-01
[],ben,2,!!python/object,yes,*a,$$,b,x,y,z,<b>,&a,on,2024-05-02
"""
NOTHING_IS_CODE = """
from penstock.marts import build, dbt
from penstock.datasets import get
from tests import pipeline

def test_what_stands_in_files_stands_in_marts(warehouse):
    for name, text in {"no": HOSTILE, "products": "name,sku\\nA,a-1\\n"}.items():
        pipeline.land(name, "a.csv", text.encode())
        pipeline.ingest(name)
        build.build(name)
    columns = ", ".join(column.name for column in get("no").columns)
    rows = warehouse.execute(f"SELECT {columns} FROM marts.no ORDER BY no").fetchall()
    assert [[str(field) for field in row] for row in rows] == RECORDS
    assert warehouse.execute("SELECT sku FROM marts.products").fetchall() == [("a-1",)]
"""
NAMES = "shipments or readings or doors or tables or no]"
OURS = f"{NAMES} or test_no.py or test_nothing or described or held_by_a_contract"
READINGS = """\
{"sensor": "a", "at": "2024-05-01T10:00:00Z", "value": 7}
{"sensor": "a", "at": "2024-05-01T10:00:01Z", "value": null, "remark": "off"}
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all that a dataset touches."""
    copy = tmp_path_factory.mktemp("new") / "checkout"
    for folder in ("include", "dbt_project", "tests"):
        written = ("target", "logs") if folder == "dbt_project" else ()
        leave = shutil.ignore_patterns("__pycache__", *written)
        shutil.copytree(ROOT / folder, copy / folder, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", copy / "pyproject.toml")
    return copy


def run(checkout: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this environment with the copy's own code."""
    env = os.environ | {"PYTHONPATH": f"{checkout / 'include'}{os.pathsep}{checkout}"}
    command = [sys.executable, Path(sys.executable).with_name(program), *arguments]
    return subprocess.run(
        command, cwd=checkout, env=env, capture_output=True, text=True, check=False
    )


def written(file: Path, text: str) -> Path:
    file.write_text(text)
    return file


def test_what_is_written_keeps_the_contract_and_loads_and_builds(
    checkout: Path, bare: Path
) -> None:
    paths = [
        *new_dataset("shipments", [written(bare / "s.csv", SHIPMENTS)], checkout),
        *new_dataset("readings", [written(bare / "r.jsonl", READINGS)], checkout),
        *new_dataset("no", [written(bare / "h.csv", HOSTILE)], checkout),
        *new_dataset("doors", [_folder(bare / "doors")], checkout),
        *new_dataset("tables", [_table(bare / "t.parquet")], checkout),
    ]
    assert len(paths) == 35
    ours = [str(path) for path in paths if path.suffix == ".py"]
    models = [str(path) for path in paths if path.suffix == ".sql"]
    for way in (["check"], ["format", "--check"]):
        subprocess.run([sys.executable, "-m", "ruff", *way, *ours], cwd=checkout, check=True)
    records = list(csv.reader(io.StringIO(HOSTILE)))[1:]
    asked = checkout / "tests" / "integration" / "test_nothing_is_code.py"
    asked.write_text(f"HOSTILE = {HOSTILE!r}\nRECORDS = {records!r}\n{NOTHING_IS_CODE}")
    tests = ["tests/unit/datasets/test_contract.py", "tests/unit/marts/test_build.py", str(asked)]
    tests += [path for path in ours if "tests" in path]
    for program, *arguments in (
        ("sqlfluff", "lint", "--processes", "1", *models),
        ("pytest", "-q", *tests, "-k", OURS),
    ):
        done = run(checkout, program, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr


def _folder(folder: Path) -> Path:
    """Samples without a header, in another encoding, one of them zipped."""
    folder.mkdir()
    (folder / "a.csv").write_bytes("2024-05-01T10:00:00Z;Höhe;01\n".encode("cp1252") * 3)
    rows = "2024-05-01T10:00:00Z;Straße;02\n2024-05-01T10:00:00Z;Jörg;02\n".encode("cp1252")
    (folder / "b.csv.gz").write_bytes(gzip.compress(rows))
    (folder / "notes.md").write_text("not one of them")
    return folder


def _table(file: Path) -> Path:
    parquet.write_table(pa.table({"Order ID": [1, 2], "city": ["Oslo", None]}), file)
    return file


def test_nothing_is_overwritten(checkout: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()}
    sample = written(tmp_path / "e.csv", "a\n1\n")
    done = run(checkout, "penstock", "new", "dataset", "events", "--from", str(sample))
    assert done.returncode == 1
    assert "events.py is there already; nothing was written" in done.stderr
    assert {path: path.read_bytes() for path in before} == before


def test_types_are_the_narrowest_that_every_field_fits(bare: Path) -> None:
    sample = read("shipments", written(bare / "s.csv", SHIPMENTS))
    assert [field.column for field in sample.fields] == [
        Integer("shipment_id"),
        Timestamp("ordered_at", zone="UTC"),
        Text("order_"),
        Text("postcode"),
        Integer("weight_g", required=False),
        Date("shipped_on"),
        Text("note", required=False),
        BigInteger("serial"),
    ]
    assert sample.key == "shipment_id"


def test_decimals_booleans_and_uuids(bare: Path) -> None:
    text = (
        "reading;price;members;open;done;id;version\n"
        "1.5;1,50;1,234;Yes;TRUE;f81d4fae-7dec-11d0-a765-00a0c91e6bf6;1e5\n"
        "2.25;2;2;no;;f81d4fae-7dec-11d0-a765-00a0c91e6bf7;1\n"
    )
    assert [field.column for field in read("things", written(bare / "r.csv", text)).fields] == [
        Decimal("reading"),
        Decimal("price", decimal=","),
        Text("members"),  # of thousands, or not
        Boolean("open"),
        Boolean("done", required=False),
        Uuid("id"),
        Text("version"),
    ]


def test_long_ids_and_leading_zeros_stay_text(bare: Path) -> None:
    text = "card_no,amount\n1234567890123456,12345678901234567890\n2,1\n"
    sample = read("cards", written(bare / "c.csv", text))
    assert [field.column for field in sample.fields] == [Text("card_no"), BigInteger("amount")]


@pytest.mark.parametrize(
    ("name", "file", "text", "told"),
    [
        ("Ship-ments", "s.csv", "a\n1\n", "dataset name 'Ship-ments': expected lower case letters"),
        ("order", "s.csv", "a\n1\n", "dataset name 'order': it is a word of SQL or Python"),
        ("class", "s.csv", "a\n1\n", "dataset name 'class': it is a word of SQL or Python"),
        ("user", "s.csv", "a\n1\n", "dataset name 'user': it is a word of SQL or Python"),
        ("things", "s.xls", "a\n1\n", r"expected a file that ends in \.csv, \.tsv, \.txt, "),
        ("things", "s.csv", "", "the file is empty"),
        ("things", "s.csv", "a,b\n", "expected at least one record, found none"),
        ("things", "s.csv", "a,b\n1\n2,3,4\n", r"s\.csv: line 2: expected 2 .* \(and 1 more such"),
        ("things", "s.csv", 'a,"b\n1,2\n', "a quote is opened and never closed"),
        ("things", "s.jsonl", "[1]\nnull\n", "expected a JSON object a line, found none"),
        ("things", "s.jsonl", '{"a": 1, "A": 2}\n', "the keys 'a', 'A' mean one column"),
        ("things", "s.jsonl", '{"user": {"a": 1}}\n', "line 1: user: an object, expected a single"),
    ],
)
def test_what_will_not_do_is_told(bare: Path, name: str, file: str, text: str, told: str) -> None:
    with pytest.raises(PenstockError, match=told):
        read(name, written(bare / file, text))


def test_a_sample_that_is_not_there(bare: Path) -> None:
    with pytest.raises(PenstockError, match=r"nowhere\.csv: no such file"):
        read("things", bare / "nowhere.csv")


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for samples, and settings without a warehouse."""
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    return tmp_path


def test_what_postgres_reserves_is_no_name(warehouse: psycopg.Connection) -> None:
    words = warehouse.execute("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')")
    assert {word for (word,) in words} <= RESERVED
