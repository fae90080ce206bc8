"""Other ways to write an instant, rewritten as ISO 8601 with a zone, for the one cast there is."""

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
    """Times in the usual form, and the microseconds that are to be added to each."""

    iso: Texts
    microseconds: Texts


def less_common(text: Texts, *, cut: bool) -> Parts:
    """Other ways to write ISO 8601; null where it is none.

    Zeros beyond the sixth digit of a second lose nothing, and other digits are dropped with `cut`.
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
    """`text`, and where it is empty `instead`."""
    return pc.if_else(pc.equal(text, ""), instead, text)


def as_iso(column: Timestamp, text: Texts) -> Texts:
    """What cannot be an instant in the column's form becomes null, or stays what no cast takes."""
    if column.form == "clf":
        return _from_clf(text)
    return _in_utc(text) if column.zone else text


def _in_utc(text: Texts) -> Texts:
    """The T, the midnight and the Z that are left out, put in."""
    text = pc.replace_substring_regex(text, r"^([0-9-]{10})$", r"\1T00:00:00")
    text = pc.replace_substring_regex(text, r"^([0-9-]{10}) ", r"\1T")
    return pc.replace_substring_regex(text, r"^([0-9-]{10}T[0-9:.,]+)$", r"\1Z")


def _from_clf(text: Texts) -> Texts:
    """From `01/Aug/1995:00:00:01 -0400` by position: only a fraction has no width of its own."""
    shaped = pc.if_else(pc.match_substring_regex(text, _CLF), text, None)

    def part(start: int, stop: int | None) -> Texts:
        return pc.utf8_slice_codeunits(shaped, start, stop)

    numbers = pa.array([f"{n:02d}" for n in range(1, 13)])
    month = pc.take(numbers, pc.index_in(part(3, 6), pa.array(_MONTHS)))
    year, day, time, zone = part(7, 11), part(0, 2), part(12, -6), part(-5, None)
    return pc.binary_join_element_wise(year, "-", month, "-", day, "T", time, zone, "")


def in_microseconds(seconds: Texts) -> Texts:
    """`1646861401.5` as `1646861401500000`; what is no number of seconds stays none."""
    with_point = pc.replace_substring_regex(seconds, r"^(-?[0-9]+)$", r"\1.")
    padded = pc.binary_join_element_wise(with_point, "000000", "")
    whole = pc.replace_substring_regex(padded, _SECONDS, r"\1\2")
    return pc.if_else(pc.equal(seconds, ""), "", whole)
