"""Text to typed columns, against Python's own parsers as the oracle."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.declare.columns import BigInteger, Column, Integer, Text, Timestamp
from penstock.validate.cast import cast
from penstock.validate.numbers import MOST_DIGITS

INTEGER, BIG, INSTANT = Integer("n"), BigInteger("n"), Timestamp("at")
ISO = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d))?"
    r"(?(second)([.,](?P<fraction>\d+))?) ?"
    r"([Zz]|UTC?|GMT|(?P<sign>[+-])(?P<east>[01]\d|2[0-3])(:?(?P<past>[0-5]\d))?)",
    re.ASCII,
)


def fields(column: Column, texts: list[str | None]) -> list[tuple[object, bool]]:
    """Each field's value and whether it failed."""
    values, failed = cast(column, pa.chunked_array([pa.array(texts, pa.string())]))
    return list(zip(values.to_pylist(), failed.tolist(), strict=True))


def as_instant(text: str) -> tuple[datetime | None, bool]:
    if not text:
        return None, False
    found = ISO.fullmatch(text)
    try:
        return (_instant(found.groupdict()), False) if found else (None, True)
    except (ValueError, OverflowError):
        return None, True


def _instant(part: dict[str, str]) -> datetime:
    """Hour 24 is the next day's midnight, second 60 the next second."""
    hour, second = int(part["hour"]), int(part["second"] or 0)
    clock = timedelta(hours=hour, minutes=int(part["minute"]), seconds=second)
    fraction = part["fraction"] or ""
    if hour > 24 or int(part["minute"]) > 59 or second > 60 or fraction[6:].strip("0"):
        raise ValueError
    if hour == 24 and (clock != timedelta(hours=24) or fraction.strip("0")):
        raise ValueError
    clock += timedelta(microseconds=int(fraction[:6].ljust(6, "0")))
    offset = timedelta(hours=int(part["east"] or 0), minutes=int(part["past"] or 0))
    zone = timezone(-offset if part["sign"] == "-" else offset)
    return (datetime.fromisoformat(part["day"]) + clock).replace(tzinfo=zone).astimezone(UTC)


def as_integer(text: str, low: int, high: int) -> tuple[int | None, bool]:
    if not text:
        return None, False
    good = re.fullmatch(r"-?[0-9]+", text) and low <= int(text) <= high
    return (int(text), False) if good else (None, True)


offsets = st.one_of(
    st.sampled_from(["Z", "z", "UTC", " UTC", " GMT", "+00", "-05", " +0530", "CET", ""]),
    st.builds(
        "{}{:02d}{}{:02d}".format,
        st.sampled_from("+-"),
        st.integers(0, 25),
        st.sampled_from([":", ""]),
        st.integers(0, 61),
    ),
)
near_instants = st.builds(
    "{:04d}-{:02d}-{:02d}{}{:02d}:{:02d}{}{}{}".format,
    st.one_of(st.integers(0, 3), st.integers(1890, 2110), st.integers(9998, 9999)),
    st.integers(0, 13),
    st.integers(0, 32),
    st.sampled_from(["T", "T", "T", "T", " ", "t"]),
    st.integers(0, 24),
    st.integers(0, 60),
    st.one_of(st.just(""), st.integers(0, 61).map(":{:02d}".format)),
    st.one_of(st.just(""), st.from_regex(r"[.,][0-9]{1,6}[0-9]?0{0,3}", fullmatch=True)),
    offsets,
)
real_instants = st.datetimes(
    timezones=st.builds(lambda m: timezone(timedelta(minutes=m)), st.integers(-1439, 1439))
).map(datetime.isoformat)
instants = st.one_of(near_instants, real_instants, st.text(max_size=30), st.just(""))
whole_numbers = st.one_of(
    st.integers(-(2**65), 2**65).map(str),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**18]).map(str),
    st.from_regex(r"-?0{0,30}[0-9]{0,22}", fullmatch=True),
    st.text("0123456789-+ e_.x\u0663", max_size=6),
    st.just(""),
)


@given(st.lists(instants, max_size=30))
def test_timestamps_are_pythons(texts: list[str]) -> None:
    assert fields(INSTANT, texts) == [as_instant(t) for t in texts]


@given(st.lists(whole_numbers, max_size=30))
def test_integers_are_those_of_64_bits(texts: list[str]) -> None:
    assert fields(INTEGER, texts) == [as_integer(t, -(2**63), 2**63 - 1) for t in texts]


@given(st.lists(st.one_of(whole_numbers, st.from_regex(r"-?[0-9]{36,60}", fullmatch=True))))
def test_big_integers_are_exact(texts: list[str]) -> None:
    found = [(None if v is None else int(v), failed) for v, failed in fields(BIG, texts)]
    assert found == [as_integer(t, -(10**60), 10**60) for t in texts]


@given(st.sampled_from([INTEGER, BIG, INSTANT]), st.data())
def test_a_field_has_the_same_verdict_in_any_company(column: Column, data: st.DataObject) -> None:
    strategy = instants if column is INSTANT else whole_numbers
    texts = data.draw(st.lists(strategy, min_size=1, max_size=20))
    alone = [fields(column, [text])[0] for text in texts]
    together = fields(column, texts)
    assert [f for _, f in together] == [f for _, f in alone]
    assert [v if v is None else str(v) for v, _ in together] == [
        v if v is None else str(v) for v, _ in alone
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2000-01-01T17:25:49Z", datetime(2000, 1, 1, 17, 25, 49, tzinfo=UTC)),
        ("2000-01-01T17:25:49.5+01:00", datetime(2000, 1, 1, 16, 25, 49, 500000, tzinfo=UTC)),
        ("2000-01-01T17:25:49.123456+0100", datetime(2000, 1, 1, 16, 25, 49, 123456, tzinfo=UTC)),
        ("2000-02-29T00:00:00-23:59", datetime(2000, 2, 29, 23, 59, tzinfo=UTC)),
        ("2026-11-20 10:00:01.5+00", datetime(2026, 11, 20, 10, 0, 1, 500000, tzinfo=UTC)),
        ("2026-11-20T10:00:01,120000000 UTC", datetime(2026, 11, 20, 10, 0, 1, 120000, tzinfo=UTC)),
        ("2026-12-31T24:00:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2026-11-20t10:00z", datetime(2026, 11, 20, 10, tzinfo=UTC)),
    ],
)
def test_timestamps_that_are(text: str, expected: datetime) -> None:
    assert fields(INSTANT, [text, "no"]) == [(expected, False), (None, True)]


@pytest.mark.parametrize(
    "text",
    [
        "2000-02-30T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2000-01-01T25:49Z",
        "2000-01-01T25:49:00Z",
        "2000-01-01T24:00:01Z",
        "2000-01-01T23:59:61Z",
        "2000-01-01T17:25:49",
        "2000-01-01T17:25:49.1234567Z",
        "2000-01-01T17:25:49.Z",
        "2000-01-01T17:25:49Z\n",
        " 2000-01-01T17:25:49Z",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "null",
    ],
)
def test_timestamps_that_are_not(text: str) -> None:
    assert fields(INSTANT, [text]) == [(None, True)]


@pytest.mark.parametrize("text", ["1e5", " 7", "7 ", "+7", "1_000", "0x1F", "-", "7.0", "\u0663"])
@pytest.mark.parametrize("column", [INTEGER, BIG])
def test_whole_numbers_that_are_not(column: Column, text: str) -> None:
    assert fields(column, [text]) == [(None, True)]


@pytest.mark.parametrize("digits", [38, 39, 1000])
def test_a_big_integer_keeps_every_digit(digits: int) -> None:
    number = "-" + "9" * digits
    values, failed = cast(BIG, pa.array(["007", "-0", number]))
    assert [str(v) for v in values.to_pylist()] == ["7", "0", number]
    assert not failed.any()
    assert values.type == (pa.decimal128(38, 0) if digits <= 38 else pa.string())


def test_a_number_postgres_cannot_hold_fails() -> None:
    assert fields(BIG, ["1" * MOST_DIGITS, "1" * (MOST_DIGITS + 1)])[1] == (None, True)


def test_empty_text_stays_text_and_is_null_elsewhere() -> None:
    assert fields(Text("t"), ["", None, "a"]) == [("", False), ("", False), ("a", False)]
    for column in (INTEGER, BIG, INSTANT):
        assert fields(column, ["", None]) == [(None, False), (None, False)]


@pytest.mark.parametrize("column", [Text("t"), INTEGER, BIG, INSTANT])
def test_no_rows(column: Column) -> None:
    assert fields(column, []) == []


def test_a_class_without_a_cast_is_named() -> None:
    with pytest.raises(TypeError, match="no cast for a Column column"):
        cast(Column("x"), pa.array(["a"]))
