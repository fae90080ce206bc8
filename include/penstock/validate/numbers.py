"""Text to numbers: integers of 64 bits or any size, and exact decimals."""

import decimal
import re

import pyarrow as pa
import pyarrow.compute as pc

from penstock.declare.columns import BigInteger, Decimal, Integer, Number
from penstock.validate.fields import (
    Cast,
    Texts,
    between,
    chunked,
    failed,
    is_filled,
    matches,
    only,
    rewritten,
)

MOST_DIGITS = 131_072
"""Digits before the point of a Postgres NUMERIC; a longer number would fail the COPY."""
MOST_DECIMALS = 16_383
"""Digits after the point of a Postgres NUMERIC, which rounds off what is more."""

LONGEST_DECIMAL128 = 38  # digits

_WHOLE_NUMBER = r"^-?[0-9]+$"
_LONGEST_INT64 = 20  # characters of -9223372036854775808
_SHORT = r"^-?[0-9]{1,500}(?:\.[0-9]{1,500})?$"
_EXACT = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_WIDE = decimal.Context(decimal.MAX_PREC, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
_WRITTEN_AS = {" ": " \u00a0\u2009\u202f", "'": "'\u2019", ".": r"\."}


def integer(column: Integer, text: Texts) -> Cast:
    """Digits with an optional minus sign that fit 64 bits; no plus, blank, exponent or _."""
    plain = as_plain(column, text)
    well_formed = matches(plain, _WHOLE_NUMBER)
    try:
        typed = pc.cast(only(plain, well_formed), pa.int64())
    except pa.ArrowInvalid:  # some number is too large: find which, in a type that holds it
        well_formed, typed = _fitting_int64(plain, well_formed)
    return chunked(typed), failed(text, well_formed)


def big_integer(column: BigInteger, text: Texts) -> Cast:
    """Digits with an optional minus sign, up to `MOST_DIGITS`.

    The type is decimal128(38, 0), or string (without leading zeros) once a number of the column
    is longer: binary COPY has no way to send those, text COPY has.
    """
    plain = as_plain(column, text)
    well_formed = matches(plain, _WHOLE_NUMBER)
    canonical = _canonical(only(plain, well_formed))
    digits = pc.utf8_length(pc.utf8_ltrim(canonical, characters="-"))
    well_formed = pc.and_kleene(well_formed, pc.less_equal(digits, MOST_DIGITS))
    canonical = only(canonical, well_formed)
    if (pc.max(digits).as_py() or 0) <= LONGEST_DECIMAL128:
        canonical = pc.cast(canonical, pa.decimal128(LONGEST_DECIMAL128, 0))
    return chunked(canonical), failed(text, well_formed)


def exact(column: Decimal, text: Texts) -> Cast:
    """A number with or without fraction and exponent; neither NaN nor infinity.

    The type is decimal128(38, scale) where a scale is declared. Else it is string, the digits as
    they are written: one scale for a whole column would add zeros to the shorter numbers.
    """
    plain = as_plain(column, text)
    fast = _SHORT if column.scale is None else _fitting(column.most_digits, column.scale)
    unusual = pc.and_not(is_filled(plain), matches(plain, fast))
    plain = rewritten(plain, unusual, lambda field: _fitted(column, field))
    plain = only(plain, is_filled(plain))
    passed = pc.is_valid(plain)
    if column.scale is not None:
        plain = pc.cast(plain, pa.decimal128(LONGEST_DECIMAL128, column.scale))
    return chunked(plain), failed(text, passed)


def as_plain(column: Number, text: Texts) -> Texts:
    """`text` without signs between thousands, the fraction behind a point.

    What is not written as the column says becomes null.
    """
    point = column.decimal if isinstance(column, Decimal) else ""
    if not column.thousands and point in ("", "."):
        return text
    fraction = f"(?:{re.escape(point)}[0-9]*)?" if point else ""
    well_formed = matches(text, f"^(?:-?[0-9]*{fraction}(?:[eE][+-]?[0-9]+)?)?$")
    if column.thousands:
        gap = f"[{_WRITTEN_AS.get(column.thousands, column.thousands)}]"
        grouped = f"^-?[1-9][0-9]{{0,2}}(?:{gap}[0-9]{{3}})+{fraction}$"
        well_formed = pc.or_(well_formed, matches(text, grouped))
        text = pc.replace_substring_regex(text, gap, "")
    return only(pc.replace_substring(text, point, ".") if point else text, well_formed)


def fits_numeric(number: decimal.Decimal) -> bool:
    """Whether Postgres' NUMERIC holds every digit."""
    return number.adjusted() < MOST_DIGITS and _decimals(number) <= MOST_DECIMALS


def read(text: str) -> decimal.Decimal | None:
    """The number in a plain text; None if it is not a number."""
    if not _EXACT.fullmatch(text):
        return None
    try:
        return decimal.Decimal(text)
    except decimal.InvalidOperation:  # an exponent beyond all bounds
        return None


def _decimals(number: decimal.Decimal) -> int:
    return max(0, -int(number.as_tuple().exponent))


def _fitting(precision: int, scale: int) -> str:
    """A regex for numbers that certainly fit NUMERIC(precision, scale)."""
    whole, fraction = precision - scale, rf"(?:\.[0-9]{{1,{scale}}})?" if scale else ""
    return rf"^-?[0-9]{{1,{whole}}}{fraction}$" if whole else r"^-?0(?:\.0)?$"


def _fitted(column: Decimal, text: str) -> str | None:
    """The number as Postgres and Arrow read it; None where it is none or does not fit."""
    number = read(text)
    if number is None:
        return None
    if column.scale is None:
        return text if fits_numeric(number) else None
    if not fits_declared(column, number):
        return None
    return f"{number.quantize(decimal.Decimal((0, (1,), -column.scale)), context=_WIDE):f}"


def fits_declared(column: Decimal, number: decimal.Decimal) -> bool:
    """Whether the digits fit the precision and the scale that a column declares."""
    scale = column.scale or 0
    if number and number.adjusted() >= column.most_digits - scale:
        return False
    return _decimals(number) <= scale or _decimals(number.normalize(_WIDE)) <= scale


def _fitting_int64(
    text: pa.ChunkedArray, well_formed: pa.ChunkedArray
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    canonical = _canonical(only(text, well_formed))
    short = only(canonical, pc.less_equal(pc.utf8_length(canonical), _LONGEST_INT64))
    wide = pc.cast(short, pa.decimal128(_LONGEST_INT64, 0))
    inside = between(wide, -(2**63), 2**63 - 1)
    return inside, pc.cast(only(wide, inside), pa.int64())


def _canonical(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers without leading zeros; no "-0"."""
    trimmed = pc.replace_substring_regex(numbers, r"^(-?)0+([0-9])", r"\1\2")
    return pc.replace_substring_regex(trimmed, r"^-0$", "0")
