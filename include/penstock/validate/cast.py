"""Text to typed columns, vectorised: one regex says which fields are well formed, then one cast.

The regexes hold the whole rule (calendar included), so a column in which some fields are bad gives
each field the same verdict as a column in which all are good.
"""

from collections.abc import Iterable
from functools import singledispatch

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from penstock.columns import BigInteger, Column, Date, Integer, Text, Timestamp
from penstock.frames import TEXT
from penstock.validate.instants import as_iso, in_microseconds

Cast = tuple[pa.ChunkedArray, np.ndarray]
"""The typed column, null where a field is empty or failed; and which fields failed."""

INSTANT = pa.timestamp("us", "UTC")
MOST_DIGITS = 131_072
"""Digits before the point of a Postgres NUMERIC; a longer number would fail the COPY."""

_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    r"(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    rf"|{_LEAP_YEAR}-02-29)"
)
_HOUR, _SIXTIETH = r"(?:[01][0-9]|2[0-3])", r"[0-5][0-9]"
_TIME = rf"{_HOUR}:{_SIXTIETH}:{_SIXTIETH}(?:\.[0-9]{{1,6}})?"
_TIMESTAMP = rf"^{_DATE}T{_TIME}(?:Z|[+-]{_HOUR}:?{_SIXTIETH})$"
_FIRST_INSTANT = -62_135_596_800_000_000  # 0001-01-01T00:00:00Z in microseconds since 1970
_LAST_INSTANT = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999Z

_WHOLE_NUMBER = r"^-?[0-9]+$"
_LONGEST_INT64 = 20  # characters of -9223372036854775808
_LONGEST_DECIMAL128 = 38  # digits


@singledispatch
def cast(column: Column, text: pa.ChunkedArray | pa.Array) -> Cast:  # noqa: ARG001 - each cast uses it
    """Cast the fields of one column from text, its `null_values` made empty before: see `emptied`.

    Returns:
        The typed column and a numpy bool mask of the failed fields, both as long as `text`. An
        empty field is no failure: it stays '' in a Text column and is null in any other.

    Raises:
        TypeError: there is no cast for this class of column.
    """
    raise TypeError(f"{column.name}: no cast for a {type(column).__name__} column")


def too_long(columns: Iterable[Column], typed: pd.DataFrame) -> list[str]:
    """The columns whose numbers are too long for a type of Arrow: their digits stay text."""
    numbers = [column.name for column in columns if isinstance(column, BigInteger)]
    return [name for name in numbers if name in typed and typed[name].dtype == TEXT]


def emptied(column: Column, text: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """`text` with the column's `null_values` made empty."""
    if not column.null_values:
        return text
    says_nothing = pc.is_in(text, pa.array(column.null_values, pa.string()))
    return pc.if_else(says_nothing, "", text)


@cast.register
def _text(_column: Text, text: pa.ChunkedArray | pa.Array) -> Cast:
    return _chunked(pc.fill_null(text, "")), np.zeros(len(text), dtype=bool)


@cast.register
def _timestamp(column: Timestamp, text: pa.ChunkedArray | pa.Array) -> Cast:
    """An instant in the years 1 to 9999 of UTC.

    More than six fractional digits fail: what an instant loses by rounding nobody would see.
    """
    if column.form == "epoch_ms":
        milliseconds, _ = _integer(Integer(column.name), text)
        inside = _between(milliseconds, _FIRST_INSTANT // 1000, _LAST_INSTANT // 1000)
        since_1970 = pc.multiply(_only(milliseconds, inside), 1000)
        return _chunked(pc.cast(since_1970, INSTANT)), _failed(text, inside)
    if column.form == "epoch_s":
        microseconds, _ = _integer(Integer(column.name), in_microseconds(text))
        inside = _between(microseconds, _FIRST_INSTANT, _LAST_INSTANT)
        return _chunked(pc.cast(_only(microseconds, inside), INSTANT)), _failed(text, inside)
    iso = as_iso(column, text)
    typed = pc.cast(_only(iso, _matches(iso, _TIMESTAMP)), INSTANT)
    # Offsets can carry the first and last day out of the years that clients can read.
    inside = _between(pc.cast(typed, pa.int64()), _FIRST_INSTANT, _LAST_INSTANT)
    return _chunked(_only(typed, inside)), _failed(text, inside)


@cast.register
def _date(_column: Date, text: pa.ChunkedArray | pa.Array) -> Cast:
    """A day of the years 1 to 9999 of our calendar."""
    well_formed = pc.and_(_matches(text, f"^{_DATE}$"), pc.invert(_matches(text, "^0000")))
    return _chunked(pc.cast(_only(text, well_formed), pa.date32())), _failed(text, well_formed)


@cast.register
def _integer(_column: Integer, text: pa.ChunkedArray | pa.Array) -> Cast:
    """Digits with an optional minus sign that fit 64 bits; no plus, blank, exponent or _."""
    well_formed = _matches(text, _WHOLE_NUMBER)
    try:
        typed = pc.cast(_only(text, well_formed), pa.int64())
    except pa.ArrowInvalid:  # some number is too large: find which, in a type that holds it
        well_formed, typed = _fitting_int64(text, well_formed)
    return _chunked(typed), _failed(text, well_formed)


@cast.register
def _big_integer(_column: BigInteger, text: pa.ChunkedArray | pa.Array) -> Cast:
    """Digits with an optional minus sign, up to `MOST_DIGITS`.

    The type is decimal128(38, 0), or string (without leading zeros) once a number of the column
    is longer: binary COPY has no way to send those, text COPY has.
    """
    well_formed = _matches(text, _WHOLE_NUMBER)
    canonical = _canonical(_only(text, well_formed))
    digits = pc.utf8_length(pc.utf8_ltrim(canonical, characters="-"))
    well_formed = pc.and_kleene(well_formed, pc.less_equal(digits, MOST_DIGITS))
    canonical = _only(canonical, well_formed)
    if (pc.max(digits).as_py() or 0) <= _LONGEST_DECIMAL128:
        canonical = pc.cast(canonical, pa.decimal128(_LONGEST_DECIMAL128, 0))
    return _chunked(canonical), _failed(text, well_formed)


def _fitting_int64(
    text: pa.ChunkedArray, well_formed: pa.ChunkedArray
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    canonical = _canonical(_only(text, well_formed))
    short = _only(canonical, pc.less_equal(pc.utf8_length(canonical), _LONGEST_INT64))
    wide = pc.cast(short, pa.decimal128(_LONGEST_INT64, 0))
    inside = _between(wide, -(2**63), 2**63 - 1)
    return inside, pc.cast(_only(wide, inside), pa.int64())


def _canonical(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers without leading zeros; no "-0"."""
    trimmed = pc.replace_substring_regex(numbers, r"^(-?)0+([0-9])", r"\1\2")
    return pc.replace_substring_regex(trimmed, r"^-0$", "0")


def _matches(text: pa.ChunkedArray | pa.Array, pattern: str) -> pa.ChunkedArray:
    return pc.fill_null(pc.match_substring_regex(text, pattern), False)


def _between(values: pa.ChunkedArray, low: int, high: int) -> pa.ChunkedArray:
    inside = pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
    return pc.fill_null(inside, False)


def _only(values: pa.ChunkedArray, wanted: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(wanted, values, pa.scalar(None, values.type))


def _failed(text: pa.ChunkedArray, passed: pa.ChunkedArray) -> np.ndarray:
    empty = pc.fill_null(pc.equal(text, ""), True)
    return pc.invert(pc.or_(pc.fill_null(passed, False), empty)).to_numpy(zero_copy_only=False)


def _chunked(values: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray:
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
