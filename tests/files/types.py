"""How values are written: times, numbers, booleans."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as Exact

from penstock.declare.columns import Array, Boolean, Column, Decimal, Json, Text, Timestamp, Uuid
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv
from tests.files.case import Case
from tests.files.datasets import EVENTS

TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
KEY = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"


def of(column: Column) -> Dataset:
    """A name, and one column more."""
    declared = (Text("name"), column)
    return Dataset("values", "Values.", {"*.csv": Csv(separator=";")}, declared, reject_when_bad=1)


CASES = [
    Case(
        kind="Times as Postgres writes them: `2026-11-20 10:00:00+00`, offsets `+0530`, `UTC`",
        does="Loads",
        name="offsets.csv",
        data=b"name;at\na;2026-11-20 10:00:00+00\nb;2026-11-20T15:30:00+0530\n"
        b"c;2026-11-20 10:00:00,5 UTC\nd;2026-11-20t10:00:00z\n",
        dataset=of(Timestamp("at")),
        rows=[("a", TEN), ("b", TEN), ("c", TEN + timedelta(seconds=0.5)), ("d", TEN)],
    ),
    Case(
        kind="A time without seconds",
        does="Loads",
        name="minutes.csv",
        data=b"name;at\na;2026-11-20T10:00Z\n",
        dataset=of(Timestamp("at")),
        rows=[("a", TEN)],
    ),
    Case(
        kind="`24:00:00`, and a leap second `23:59:60`",
        does="Loads; both are the next day's midnight",
        name="midnights.csv",
        data=b"name;at\na;2026-11-20T24:00:00Z\nb;2026-11-20T23:59:60Z\n",
        dataset=of(Timestamp("at")),
        rows=[("a", datetime(2026, 11, 21, tzinfo=UTC)), ("b", datetime(2026, 11, 21, tzinfo=UTC))],
    ),
    Case(
        kind="A time with 9 digits of a second",
        does="Loads where those beyond the sixth are zeros; else it is refused, or cut off with "
        '`Timestamp(nanoseconds="cut")`',
        name="go.txt",
        data=b"2026-11-20T10:00:00.120000000Z a s\n2026-11-20T10:00:02.123456789Z b s\n",
        dataset=EVENTS,
        rows=[(TEN + timedelta(milliseconds=120), "a", "s")],
        refused={2: "more than 6 digits of a second"},
    ),
    Case(
        kind="A time without a zone, with an abbreviation such as `EST`; a day that does not exist",
        does='Refuses the record; with `Timestamp(zone="UTC")` a time without a zone is UTC',
        name="zones.csv",
        data=b"name;at\na;2026-11-20T10:00:00\nb;2026-11-20 10:00:00 EST\nc;2025-02-29T10:00:00Z\n",
        dataset=of(Timestamp("at")),
        refused={2: "with a zone", 3: "with a zone", 4: "expected a day of the calendar"},
    ),
    Case(
        kind="Numbers with a fraction or an exponent, for a `Decimal`",
        does="Loads exactly, a zero at the end too; refuses `NaN` and a leading `+`",
        name="decimals.csv",
        data=b"name;n\na;1.50\nb;1.5e3\nc;NaN\nd;+1\n",
        dataset=of(Decimal("n")),
        rows=[("a", "1.50"), ("b", "1.5e3")],
        refused={4: "NaN and infinity are none", 5: "expected a number"},
    ),
    Case(
        kind="`1.234,56`, `1 234,56`, `1'234.56`",
        does='Loads by `Decimal(scale=2, decimal=",", thousands=".")`; refuses groups of other '
        "than three digits",
        name="commas.csv",
        data=b"name;n\na;1.234,56\nb;12.34\n",
        dataset=of(Decimal("n", scale=2, decimal=",", thousands=".")),
        rows=[("a", Exact("1234.56"))],
        refused={3: "expected a number such as 1.234,56"},
    ),
    Case(
        kind="true/false, t/f, yes/no, y/n, on/off, 1/0, whatever the case, for a `Boolean`",
        does="Loads",
        name="booleans.csv",
        data=b"name;b\na;TRUE\nb;n\nc;On\nd;2\n",
        dataset=of(Boolean("b")),
        rows=[("a", True), ("b", False), ("c", True)],
        refused={5: "expected true/false"},
    ),
    Case(
        kind="UUIDs with capitals, braces or no hyphens, for a `Uuid`",
        does="Loads",
        name="uuids.csv",
        data=f"name;u\na;{{{KEY.upper()}}}\nb;{KEY.replace('-', '')}\nc;{KEY[1:]}\n".encode(),
        dataset=of(Uuid("u")),
        rows=[("a", KEY), ("b", KEY)],
        refused={4: "expected a UUID"},
    ),
    Case(
        kind="JSON in a field, for a `Json`",
        does="Loads as JSONB; refuses what is not JSON",
        name="documents.csv",
        data=b'name;j\na;"{""n"": 1.50}"\nb;{n: 1}\n',
        dataset=of(Json("j")),
        rows=[("a", '{"n": 1.50}')],
        refused={3: "expected a JSON value"},
    ),
    Case(
        kind="`{1,2}` as Postgres writes arrays, `[1, 2]` as JSON does, for an `Array`",
        does="Loads; refuses an element that is not of its type",
        name="arrays.csv",
        data=b"name;a\na;{1,2}\nb;[1, 2]\nc;{x}\n",
        dataset=of(Array("a", of="bigint")),
        rows=[("a", '{"1","2"}'), ("b", '{"1","2"}')],
        refused={4: "expected an array"},
    ),
]
