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

from penstock.declare.columns import (
    Array,
    BigInteger,
    Boolean,
    Column,
    Date,
    Decimal,
    Integer,
    Json,
    Text,
    Timestamp,
    Uuid,
)
from penstock.formats.frames import TEXT
from penstock.validate import documents, numbers, words
from penstock.validate.fields import Cast, Texts, between, chunked, failed, matches, only
from penstock.validate.instants import as_iso, in_microseconds, less_common

INSTANT = pa.timestamp("us", "UTC")
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


@singledispatch
def cast(column: Column, text: Texts) -> Cast:  # noqa: ARG001 - each cast uses it
    """Cast the fields of one column from text, its `null_values` made empty before: see `emptied`.

    Returns:
        The typed column and a numpy bool mask of the failed fields, both as long as `text`. An
        empty field is no failure: it stays '' in a Text column and is null in any other.

    Raises:
        TypeError: there is no cast for this class of column.
    """
    raise TypeError(f"{column.name}: no cast for a {type(column).__name__} column")


def too_long(columns: Iterable[Column], typed: pd.DataFrame) -> list[str]:
    """The columns whose numbers fit no type of Arrow: their digits stay text."""
    names = [column.name for column in columns if isinstance(column, BigInteger | Decimal)]
    return [name for name in names if name in typed and typed[name].dtype == TEXT]


def emptied(column: Column, text: Texts) -> Texts:
    """`text` with the column's `null_values` made empty."""
    if not column.null_values:
        return text
    says_nothing = pc.is_in(text, pa.array(column.null_values, pa.string()))
    return pc.if_else(says_nothing, "", text)


@cast.register
def _text(_column: Text, text: Texts) -> Cast:
    return chunked(pc.fill_null(text, "")), np.zeros(len(text), dtype=bool)


cast.register(Integer)(numbers.integer)
cast.register(BigInteger)(numbers.big_integer)
cast.register(Decimal)(numbers.exact)
cast.register(Boolean)(words.boolean)
cast.register(Uuid)(words.uuid)
cast.register(Json)(documents.json_value)
cast.register(Array)(documents.array)


@cast.register
def _timestamp(column: Timestamp, text: Texts) -> Cast:
    """An instant in the years 1 to 9999 of UTC."""
    if column.form.startswith("epoch"):
        typed = _since_1970(column, text)
    else:
        iso = as_iso(column, text)
        typed = _from_iso(column, iso)
    # Offsets can carry the first and last day out of the years that clients can read.
    inside = between(pc.cast(typed, pa.int64()), _FIRST_INSTANT, _LAST_INSTANT)
    return chunked(only(typed, inside)), failed(text, inside)


def _from_iso(column: Timestamp, iso: Texts) -> pa.ChunkedArray:
    """The usual form at once; only what is not in it is looked at again."""
    usual = matches(iso, _TIMESTAMP)
    typed = chunked(pc.cast(only(iso, usual), INSTANT))
    other = pc.and_not(pc.fill_null(pc.not_equal(iso, ""), False), usual)
    if column.form != "iso" or not pc.any(other).as_py():
        return typed
    parts = less_common(iso.filter(other), cut=column.nanoseconds == "cut")
    found = pc.cast(only(parts.iso, matches(parts.iso, _TIMESTAMP)), INSTANT)
    found = pc.cast(pc.add(pc.cast(found, pa.int64()), parts.microseconds), INSTANT)
    whole = chunked(found).combine_chunks()
    return chunked(
        pc.replace_with_mask(typed.combine_chunks(), chunked(other).combine_chunks(), whole)
    )


def _since_1970(column: Timestamp, text: Texts) -> Texts:
    """Of numbers of seconds, or of a part of one; null where the text is none."""
    whole = in_microseconds(text) if column.form == "epoch_s" else text
    number, _ = numbers.integer(Integer(column.name), whole)
    if column.form == "epoch_ns":
        given, number = number, pc.divide(number, 1000)
        if column.nanoseconds == "refuse":
            number = only(number, pc.equal(pc.multiply(number, 1000), given))
    if column.form == "epoch_ms":
        inside = between(number, _FIRST_INSTANT // 1000, _LAST_INSTANT // 1000)
        number = pc.multiply(only(number, inside), 1000)
    return pc.cast(number, INSTANT)


@cast.register
def _date(_column: Date, text: Texts) -> Cast:
    """A day of the years 1 to 9999 of our calendar."""
    well_formed = pc.and_(matches(text, f"^{_DATE}$"), pc.invert(matches(text, "^0000")))
    return chunked(pc.cast(only(text, well_formed), pa.date32())), failed(text, well_formed)
