"""Instants and days in each form a column can declare, and texts that count as empty."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.declare.columns import Column, Date, Integer, Text, Timestamp
from penstock.errors import PenstockError
from penstock.validate.cast import cast, emptied
from tests.unit.validate.test_cast import as_instant, fields, instants, real_instants

CLF, MILLISECONDS = Timestamp("at", form="clf"), Timestamp("at", form="epoch_ms")
CLF_SHAPE = re.compile(
    r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:[0-5]\d [+-]([01]\d|2[0-3])[0-5]\d", re.ASCII
)
IN_UTC, DAY = Timestamp("at", zone="UTC"), Date("day")

zones = st.builds(lambda m: timezone(timedelta(minutes=m)), st.integers(-1439, 1439))
near_clf = st.one_of(
    st.from_regex(
        r"[0-3][0-9]/(Jan|Feb|Apr|aug|Sept|Dec)/(19|20|00)[0-9]{2}:[0-2][0-9]:[0-6][0-9]:[0-6][0-9]"
        r" [+-][0-2][0-9][0-6][0-9]",
        fullmatch=True,
    ),
    st.datetimes(min_value=datetime(1000, 1, 1), timezones=zones).map(
        lambda t: t.strftime("%d/%b/%Y:%H:%M:%S %z")
    ),
    st.sampled_from(["", "-", "1995-Aug-01T00:00:00-0400", "1995-08-01T00:00:00Z"]),
)
near_days = st.one_of(
    st.dates().map(date.isoformat),
    st.from_regex(r"(00|19|20|99)[0-9]{2}-[01][0-9]-[0-3][0-9]", fullmatch=True),
    st.sampled_from(["", "20240101", "2024-1-1", "2024-01-01T00:00:00Z", " 2024-01-01"]),
)


def as_clf(text: str) -> tuple[datetime | None, bool]:
    if not text:
        return None, False
    if not CLF_SHAPE.fullmatch(text):
        return None, True
    try:
        return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC), False
    except (ValueError, OverflowError):
        return None, True


def as_day(text: str) -> tuple[date | None, bool]:
    try:
        found = date.fromisoformat(text) if text else None
        return (None, True) if found and found.isoformat() != text else (found, False)
    except ValueError:
        return None, True


@given(st.lists(near_clf, max_size=30))
def test_the_common_log_formats_times_are_pythons(texts: list[str]) -> None:
    assert fields(CLF, texts) == [as_clf(t) for t in texts]


@given(st.lists(near_days, max_size=30))
def test_days_are_pythons(texts: list[str]) -> None:
    assert fields(DAY, texts) == [as_day(t) for t in texts]


@given(st.lists(st.one_of(instants, real_instants), max_size=30))
def test_a_zone_that_may_be_missing_changes_no_time_that_has_one(texts: list[str]) -> None:
    with_zone = [t for t in texts if as_instant(t) != (None, True)]
    assert fields(IN_UTC, with_zone) == [as_instant(t) for t in with_zone]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2017-04-01", datetime(2017, 4, 1, tzinfo=UTC)),
        ("2017-04-01 10:11:12", datetime(2017, 4, 1, 10, 11, 12, tzinfo=UTC)),
        ("2017-04-01T10:11:12.5", datetime(2017, 4, 1, 10, 11, 12, 500000, tzinfo=UTC)),
        ("2017-04-01 10:11:12+02:00", datetime(2017, 4, 1, 8, 11, 12, tzinfo=UTC)),
        ("2017-04-01 10:11:12Z", datetime(2017, 4, 1, 10, 11, 12, tzinfo=UTC)),
    ],
)
def test_times_that_are_utc_unless_they_say_otherwise(text: str, expected: datetime) -> None:
    assert fields(IN_UTC, [text, "no"]) == [(expected, False), (None, True)]


@pytest.mark.parametrize(
    "text",
    ["2017-02-29", "2017-04-01 ", "2017-04-01T", "2017-04-01  10:11:12", "2017-04-01 10", "Z"],
)
def test_times_that_are_not_even_so(text: str) -> None:
    assert fields(IN_UTC, [text]) == [(None, True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("-1", datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        ("612302400000", datetime(1989, 5, 27, 20, tzinfo=UTC)),
        ("-62135596800000", datetime(1, 1, 1, tzinfo=UTC)),
        ("253402300799999", datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
    ],
)
def test_milliseconds_since_1970(text: str, expected: datetime) -> None:
    assert fields(MILLISECONDS, [text, "x"]) == [(expected, False), (None, True)]


@pytest.mark.parametrize(
    "text", ["1.5", "1e3", "-62135596800001", "253402300800000", "9" * 19, "9" * 40, "2000-01-01"]
)
def test_milliseconds_that_are_no_instant(text: str) -> None:
    assert fields(MILLISECONDS, [text, "0"])[0] == (None, True)


@pytest.mark.parametrize("column", [CLF, MILLISECONDS, IN_UTC, DAY])
def test_empty_is_null(column: Column) -> None:
    assert fields(column, ["", None]) == [(None, False), (None, False)]
    assert fields(column, []) == []


def test_null_values_count_as_empty() -> None:
    text = pa.chunked_array([["-", "7", "", "NULL", "--", None]])
    size = Integer("size", null_values=("-", "NULL"))
    values, failed = cast(size, emptied(size, text))
    assert values.to_pylist() == [None, 7, None, None, None, None]
    assert failed.tolist() == [False, False, False, False, True, False]
    name = Text("name", null_values=("-",))
    assert cast(name, emptied(name, text))[0].to_pylist() == ["", "7", "", "NULL", "--", ""]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            {"form": "rfc822"},
            "form='rfc822': expected one of iso, clf, epoch_s, epoch_ms, epoch_us, epoch_ns",
        ),
        ({"zone": "Europe/Berlin"}, "zone='Europe/Berlin': expected None or 'UTC'"),
        ({"form": "clf", "zone": "UTC"}, "a clf timestamp has a zone of its own"),
    ],
)
def test_a_form_that_cannot_be(arguments: dict[str, str], told: str) -> None:
    with pytest.raises(PenstockError, match=told):
        Timestamp("at", **arguments)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1646861401.5241024", "2022-03-09T21:30:01.524102+00:00"),  # what a float adds is cut
        ("1646861401.5", "2022-03-09T21:30:01.500000+00:00"),
        ("1646861401", "2022-03-09T21:30:01+00:00"),
        ("-1.5", "1969-12-31T23:59:58.500000+00:00"),
        ("", None),
        *((text, "failed") for text in ("1e9", "x", "--1", "1,5", "99999999999999", "1.5x")),
    ],
)
def test_seconds_since_1970(text: str, instant: str | None) -> None:
    typed, failed = cast(Timestamp("at", form="epoch_s"), pa.array([text]))
    (found,) = typed.to_pylist()
    assert ("failed" if failed[0] else found and found.isoformat()) == instant


def test_a_fraction_in_the_common_log_format() -> None:
    texts = pa.array(
        [f"20/Nov/2026:10:00:00{part} +0100" for part in (".123", "", ".", ".1234567")]
    )
    typed, failed = cast(CLF, texts)
    assert typed.to_pylist()[0] == datetime(2026, 11, 20, 9, 0, 0, 123000, tzinfo=UTC)
    assert failed.tolist() == [False, False, True, True]
