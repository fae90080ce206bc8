"""Rewrites other notations of instants as ISO 8601 with a zone, which one cast reads."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from penstock.declare.columns import Timestamp
from penstock.validate.fields import Texts

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_CLF = r"^[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? [+-][0-9]{4}$"
_SECONDS = r"^(-?[0-9]{1,12})\.([0-9]{6})[0-9]*$"
_ISO = (
    r"^(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<time>[0-9]{2}:[0-9]{2})"
    r"(?::(?P<seconds>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,6})%s)?)?"
    r" ?(?:[Zz]|UTC?|GMT|(?P<hours>[+-][0-9]{2})(?::?(?P<minutes>[0-9]{2}))?)$"
)
_DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True)
class Parts:
    """Times in the usual form, and the microseconds to add to each."""

    iso: Texts
    microseconds: Texts


def less_common(text: Texts, *, cut: bool) -> Parts:
    """Rewrite less common forms of ISO 8601; null if the text is not ISO 8601.

    Zeros after the sixth digit of a second are dropped; with `cut`, so are other digits.
    """
    found = pc.extract_regex(text, _ISO % ("[0-9]*" if cut else "0*"))
    part = {name: pc.struct_field(found, name) for name in ("day", "time", "fraction", "hours")}
    minutes = _or(pc.struct_field(found, "minutes"), "00")
    seconds = _or(pc.struct_field(found, "seconds"), "00")
    zone = pc.if_else(
        pc.equal(part["hours"], ""),
        "Z",
        pc.binary_join_element_wise(part["hours"], minutes, ":"),
    )
    fraction = _or(part["fraction"], "0")
    no_fraction = pc.match_substring_regex(fraction, "^0+$")
    time = pc.binary_join_element_wise(part["time"], seconds, ":")
    midnight = pc.and_(pc.equal(time, "24:00:00"), no_fraction)
    leap = pc.equal(seconds, "60")
    time = pc.if_else(midnight, "00:00:00", pc.replace_substring_regex(time, ":60$", ":59"))
    iso = pc.binary_join_element_wise(
        pc.binary_join_element_wise(part["day"], time, "T"),
        pc.binary_join_element_wise(fraction, zone, ""),
        ".",
    )
    return Parts(iso, pc.if_else(midnight, _DAY, pc.if_else(leap, 1_000_000, 0)))


def _or(text: Texts, instead: str) -> Texts:
    """`text`, or `instead` where it is empty."""
    return pc.if_else(pc.equal(text, ""), instead, text)


def as_iso(column: Timestamp, text: Texts) -> Texts:
    """Rewrite from the column's form; invalid text becomes null, or stays invalid."""
    if column.form == "clf":
        return _from_clf(text)
    return _in_utc(text) if column.zone else text


def _in_utc(text: Texts) -> Texts:
    """Add the T, the midnight and the Z where they are left out."""
    text = pc.replace_substring_regex(text, r"^([0-9-]{10})$", r"\1T00:00:00")
    text = pc.replace_substring_regex(text, r"^([0-9-]{10}) ", r"\1T")
    return pc.replace_substring_regex(text, r"^([0-9-]{10}T[0-9:.,]+)$", r"\1Z")


def _from_clf(text: Texts) -> Texts:
    """Rewrite `01/Aug/1995:00:00:01 -0400` by position: only the fraction varies in width."""
    shaped = pc.if_else(pc.match_substring_regex(text, _CLF), text, None)

    def part(start: int, stop: int | None) -> Texts:
        return pc.utf8_slice_codeunits(shaped, start, stop)

    numbers = pa.array([f"{n:02d}" for n in range(1, 13)])
    month = pc.take(numbers, pc.index_in(part(3, 6), pa.array(_MONTHS)))
    year, day, time, zone = part(7, 11), part(0, 2), part(12, -6), part(-5, None)
    return pc.binary_join_element_wise(year, "-", month, "-", day, "T", time, zone, "")


def in_microseconds(seconds: Texts) -> Texts:
    """`1646861401.5` as `1646861401500000`; text that is not a number of seconds stays invalid."""
    with_point = pc.replace_substring_regex(seconds, r"^(-?[0-9]+)$", r"\1.")
    padded = pc.binary_join_element_wise(with_point, "000000", "")
    whole = pc.replace_substring_regex(padded, _SECONDS, r"\1\2")
    return pc.if_else(pc.equal(seconds, ""), "", whole)
