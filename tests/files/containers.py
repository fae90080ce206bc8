"""Files in files: compression, archives, spreadsheets, column stores."""

import bz2
import datetime
import gzip
import io
import lzma
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from backports import zstd

from penstock.declare.columns import Integer, Text, Timestamp
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Excel, Parquet
from tests.files.case import Case
from tests.files.datasets import ITEMS
from tests.files.workbook import DATE, TIME, workbook

_ONE = b"id,name,remark\n1,a,b\n"
_TWO = b"2,c,d\n"

_TABLE = Dataset(
    "tables",
    "Things out of tables that are no text.",
    {"*.parquet": Parquet(), "*.xlsx": Excel(sheet="Items")},
    (
        Integer("id"),
        Timestamp("at", zone="UTC", required=False),
        Text("amount", required=False),
        Text("tags", required=False),
        Text("city", required=False, header="address.city"),
    ),
    reject_when_bad=1,
)
_NOON = datetime.datetime(2024, 5, 1, 12, 0, 0, 5, datetime.UTC)


def _parquet(columns: dict[str, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


_PARQUET = _parquet(
    {
        "id": [1.0, None, 3.0],
        "at": pa.array([_NOON, None, None], pa.timestamp("ns", "Europe/Berlin")),
        "amount": pa.array([Decimal("1.50"), None, Decimal("1e-9")], pa.decimal128(20, 9)),
        "tags": [["a", "b\nc"], None, []],
        "address": [{"city": "Ulm"}, {"city": "a\0b"}, None],
    }
)
_SHEET = [
    [None, None],
    ["id", "at", "amount", "tags", "address.city", None],
    [1, (45413.5, TIME), 0.1, True, "Ulm"],
    [None, " "],
    [2, (45413, DATE), 1e-7, "#N/A", "007"],
    ["x", "", 12345678901234567, None, "a, b"],
]

CASES = [
    Case(
        kind="gzip (`.gz`), of one or several members",
        does="Loads, unzipped in a stream; a damaged one is rejected",
        name="two.csv.gz",
        data=gzip.compress(_ONE, mtime=0) + gzip.compress(_TWO, mtime=0),
        dataset=ITEMS,
        rows=[(1, "a", "b"), (2, "c", "d")],
    ),
    *(
        Case(
            kind=f"{kind} (`{suffix}`), of one or several parts",
            does="Loads, unpacked in a stream; a damaged one is rejected",
            name=f"two.csv{suffix}",
            data=pack(_ONE) + pack(_TWO),
            dataset=ITEMS,
            rows=[(1, "a", "b"), (2, "c", "d")],
        )
        for kind, suffix, pack in (
            ("Zstandard", ".zst", zstd.compress),
            ("bzip2", ".bz2", bz2.compress),
            ("xz", ".xz", lzma.compress),
        )
    ),
    Case(
        kind="Compressed, but its name does not say so; or the other way round",
        does="Loads by its bytes; a note says so",
        name="misnamed.csv",
        data=gzip.compress(_ONE, mtime=0),
        dataset=ITEMS,
        rows=[(1, "a", "b")],
        notes=["compressed with gzip, which its name does not say"],
    ),
    Case(
        kind="gzip that ends too early",
        does="Rejects the file",
        name="cut.csv.gz",
        data=gzip.compress(_ONE, mtime=0)[:-6],
        dataset=ITEMS,
        rejected="gzip is damaged",
    ),
    Case(
        kind="Parquet (`.parquet`), its nulls, zones, decimals, lists and structures",
        does="Loads, batch by batch; lines are numbers of rows",
        name="all.parquet",
        data=_PARQUET,
        dataset=_TABLE,
        rows=[
            (1, _NOON, "1.500000000", '["a", "b\\nc"]', "Ulm"),
            (3, None, "0.000000001", "[]", ""),
        ],
        refused={2: "NUL"},
    ),
    Case(
        kind="Parquet that is compressed once more",
        does="Loads",
        name="packed.parquet.gz",
        data=gzip.compress(_parquet({"id": [1]}), mtime=0),
        dataset=_TABLE,
        columns=["id"],
        rows=[(1,)],
        notes=["no such column"],
    ),
    Case(
        kind="Damaged Parquet, or another file under its name",
        does="Rejects the file",
        name="damaged.parquet",
        data=_PARQUET[:-20],
        dataset=_TABLE,
        rejected="the Parquet file is damaged",
    ),
    Case(
        kind="Excel (`.xlsx`), its numbers, days and instants, blank rows and columns",
        does="Loads a sheet by name, else the first; lines are Excel's numbers of rows",
        name="all.xlsx",
        data=workbook({"Notes": [["read me"]], "Items": _SHEET}),
        dataset=_TABLE,
        rows=[
            (1, datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC), "0.1", "true", "Ulm"),
            (2, datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC), "0.0000001", "", "007"),
        ],
        refused={6: "id: "},
        notes=["cells with an error"],
    ),
    Case(
        kind="Excel without the sheet that is declared",
        does="Rejects the file; the reason names the sheets",
        name="other.xlsx",
        data=workbook({"Table 1": _SHEET, "Notes": []}),
        dataset=_TABLE,
        rejected="no sheet 'Items' in the workbook; it has 'Table 1', 'Notes'",
    ),
    Case(
        kind="Excel with text beside the columns that have names",
        does="Rejects the file",
        name="beside.xlsx",
        data=workbook({"Items": [["id"], [1, "?"]]}),
        dataset=_TABLE,
        rejected="row 2: a cell holds something in a column without a name",
    ),
    Case(
        kind="A damaged workbook, or another file under its name",
        does="Rejects the file",
        name="damaged.xlsx",
        data=workbook({"Items": _SHEET})[:-30],
        dataset=_TABLE,
        rejected="no Excel workbook, or a damaged one",
    ),
]
