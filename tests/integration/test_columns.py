"""From a file's text to the warehouse's types: exact, and empty where nothing was said."""

from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
import pytest

from penstock.declare.columns import (
    Array,
    BigInteger,
    Boolean,
    Date,
    Integer,
    Json,
    Text,
    Timestamp,
    Uuid,
)
from penstock.declare.columns import Decimal as Exact
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import expect
from penstock.declare.formats import Csv, JsonLines
from tests.conftest import Declare
from tests.pipeline import ingest, land

THINGS = Dataset(
    name="things",
    description="A column of each type.",
    files={"*.csv": Csv()},
    columns=(
        BigInteger("big"),
        Text("name", required=False, null_values=("-",)),
        Integer("size", required=False, null_values=("-", "n/a")),
        Timestamp("clf", required=False, form="clf"),
        Timestamp("ms", required=False, form="epoch_ms"),
        Timestamp("utc", required=False, zone="UTC"),
        Date("day", required=False),
    ),
    expectations=(expect.column_values_to_be_between("day", "2000-01-01", "2099-12-31"),),
)
HEADER = b"Big,NAME,Si-ze,CLF,Ms,utc,day\n"
FULL = b',"a ""b"",\nc",-9223372036854775808,01/Aug/1995:00:00:01 -0400,-1,2017-04-01,2024-02-29\n'
INSTANTS = (
    datetime(1995, 8, 1, 4, 0, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    datetime(2017, 4, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "big", [0, -(2**64), 10**38 - 1, 10**38, -(3**200), 7**1000], ids=lambda n: f"{len(str(n))}"
)
def test_every_type_reaches_the_warehouse_exactly(
    big: int, warehouse: psycopg.Connection, declare: Declare
) -> None:
    declare(THINGS)
    land("things", "a.csv", HEADER + str(big).encode() + FULL + b"007,-,n/a,,,,\n")
    [sealed] = ingest("things").files
    assert (sealed.state, sealed.rows_good, sealed.rows_bad) == ("sealed", 2, 0)
    columns = "_row, big, name, size, clf, ms, utc, day"
    found = warehouse.execute(f"SELECT {columns} FROM staging.things ORDER BY _row").fetchall()
    full = (Decimal(big), 'a "b",\nc', -(2**63), *INSTANTS, date(2024, 2, 29))
    assert found == [
        (2, *full),
        (4, Decimal(7), "", None, None, None, None, None),
    ]


def test_each_failed_field_is_told_by_its_type(
    warehouse: psycopg.Connection, declare: Declare
) -> None:
    declare(THINGS)
    land("things", "a.csv", HEADER + b"1e3,x,1.0,x,1e3,2017,1999-12-31\n" + b"1,,,,,,\n" * 2)
    ingest("things")
    [(reasons,)] = warehouse.execute("SELECT reasons FROM ingest.quarantine").fetchall()
    assert reasons == [
        "big: 1e3, expected a whole number",
        "size: 1.0, expected a whole number",
        "clf: x, expected a time such as 20/Nov/2026:10:00:00 +0000",
        "ms: 1e3, expected whole milliseconds since 1970 (UTC)",
        f"utc: 2017, expected {Timestamp('utc', zone='UTC').noun}",
        "day: not between 2000-01-01 and 2099-12-31, found 1999-12-31",
    ]


def test_columns_that_a_file_lacks_are_empty(
    warehouse: psycopg.Connection, declare: Declare
) -> None:
    declare(THINGS)
    land("things", "a.csv", b"size,big\n1,2\n")
    land("things", "b.csv", b"NAME,big\nn,3\n")
    assert [(f.state, f.rows_good) for f in ingest("things").files] == [("sealed", 1)] * 2
    found = warehouse.execute("SELECT big, name, size, clf, day FROM staging.things ORDER BY big")
    assert found.fetchall() == [(2, "", 1, None, None), (3, "n", None, None, None)]


def test_numbers_with_fractions_uuids_json_and_arrays_reach_the_warehouse(
    warehouse: psycopg.Connection, declare: Declare
) -> None:
    columns = (
        Exact("price", decimal=",", thousands="."),
        Exact("rate", precision=6, scale=3, required=False),
        Boolean("open", required=False),
        Uuid("id", required=False),
        Json("doc", required=False),
        Array("tags", required=False),
        Array("sizes", of="bigint", required=False),
    )
    files = {"*.csv": Csv(separator=";"), "*.jsonl": JsonLines()}
    declare(Dataset("things", "Things.", files, columns))
    uid = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
    head = b"price;rate;open;id;doc;tags;sizes\n"
    row = f"""-1.234,50;1.5;Yes;{{{uid}}};"{{""a"": 1.50}}";"{{x,""y,z""}}";"[1, 2]"\n"""
    land("things", "a.csv", head + row.encode() + b"1;;;;;;\n1.5;1.2345;2;x;{;{;[x]\n")
    keys = """{"price": "7,25", "doc": {"n": 1.50}, "tags": ["p", "q"], "sizes": [3], "open": 0}"""
    land("things", "b.jsonl", keys.encode())
    assert [(f.rows_good, f.rows_bad) for f in ingest("things").files] == [(2, 1), (1, 0)]
    chosen = "price, rate, open, id::text, doc::text, tags, sizes"
    found = warehouse.execute(f"SELECT {chosen} FROM staging.things ORDER BY _file_id, _row")
    assert found.fetchall() == [
        (
            *(Decimal("-1234.50"), Decimal("1.500"), True, uid),
            *('{"a": 1.50}', ["x", "y,z"], [1, 2]),
        ),
        (Decimal(1), None, None, None, None, None, None),
        (Decimal("7.25"), None, False, None, '{"n": 1.50}', ["p", "q"], [3]),
    ]
    [(reasons,)] = warehouse.execute("SELECT reasons FROM ingest.quarantine").fetchall()
    assert [reason.partition(":")[0] for reason in reasons] == [
        *("price", "rate", "open", "id", "doc", "tags", "sizes")
    ]
