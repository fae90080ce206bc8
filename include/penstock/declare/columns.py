"""What a dataset's columns can be. Light: declarations only; the casts are in `validate.cast`."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import ClassVar, Literal, get_args

from penstock.errors import PenstockError

InstantForm = Literal["iso", "clf", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"]
_NOUNS: dict[InstantForm, str] = {
    "iso": "a time as ISO 8601 with a zone, such as 2026-11-20T10:00:00Z",
    "clf": "a time such as 20/Nov/2026:10:00:00 +0000",
    "epoch_s": "seconds since 1970 (UTC)",
    "epoch_ms": "whole milliseconds since 1970 (UTC)",
    "epoch_us": "whole microseconds since 1970 (UTC)",
    "epoch_ns": "whole nanoseconds since 1970 (UTC)",
}
Element = Literal["text", "bigint", "numeric", "boolean"]
Bound = int | str
_THOUSANDS = ("", ",", ".", " ", "'", "_")
MOST_PRECISION = 38
"""Digits of a Decimal with a scale."""

_DAY = "a day of the calendar"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TOO_FINE = re.compile(r"[.,][0-9]{6}[0-9]*[1-9]")
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
_DIGITS = re.compile(r"-?[0-9]+")
_NO_LETTER_OR_DIGIT = re.compile(r"[\W_]")


def normalised(name: str) -> str:
    """`name` without case, blanks and punctuation: `User ID`, `userId` and `user_id` are one.

    A name of nothing else, such as `#`, is as it stands.
    """
    return _NO_LETTER_OR_DIGIT.sub("", name.casefold()) or name.strip()


@dataclass(frozen=True)
class Column:
    """One column of a file. `required` refuses rows in which the field is empty.

    `null_values` are the texts that say "nothing here", such as `-`: they count as empty.
    `header` is what files call the column where that is not its name: `Text("size",
    header="Größe")`. The second `a` of a header is `a_2`, and a name that is blank `column_3`, by
    its place. In JSON and Parquet dots lead into nested values: `Text("user", header="user.id")`.
    Where a row lacks a column that is not required, an upsert keeps the old value, and the file has
    a note. Of a column that is `rare` neither holds: to lack it is to be empty.
    """

    name: str
    required: bool = True
    null_values: tuple[str, ...] = ()
    header: str | None = field(default=None, kw_only=True)
    rare: bool = field(default=False, kw_only=True)

    @property
    def may_lack(self) -> bool:
        """Whether a row that lacks the column says nothing of it: not that it is empty."""
        return not self.required and not self.rare

    @property
    def sql_type(self) -> str:
        """The type of the column in the warehouse."""
        raise NotImplementedError

    @property
    def noun(self) -> str:
        """What a field is expected to be, and how it is written."""
        raise NotImplementedError

    def expected(self, found: str) -> str:  # noqa: ARG002 - some columns know better
        """What was expected in place of a text that is no value of the column."""
        return self.noun

    @property
    def key(self) -> str:
        """What a name in a file must be, once normalised, to mean this column."""
        return normalised(self.name if self.header is None else self.header)


def _is_no_day(text: str) -> bool:
    """Whether a text begins as a date that no calendar has, such as 2025-02-29."""
    found = _DATE.match(text)
    try:
        return bool(found and not date.fromisoformat(found[0]))
    except ValueError:
        return True


def paths(columns: Iterable[Column]) -> list[str]:
    """Where nested values are taken apart for `columns`: `user` for one called `user.id`."""
    headers = [column.header or "" for column in columns]
    return [head for name in headers for head in accumulate(name.split(".")[:-1], "{}.{}".format)]


@dataclass(frozen=True)
class Text(Column):
    """Text as the file holds it; an empty field is ''. `max_length` counts characters."""

    max_length: int | None = None
    sql_type: ClassVar[str] = "text"
    noun: ClassVar[str] = "text"


@dataclass(frozen=True, kw_only=True)
class Derived(Text):
    """Text that no file holds: what `function` says of the text of the column `source`.

    It is computed as a file is loaded, once for each distinct text of a batch.
    """

    source: str
    function: Callable[[str], str]


@dataclass(frozen=True)
class Timestamp(Column):
    """An instant, kept to the microsecond in UTC.

    `form` says how it is written: "iso" is ISO 8601 with a zone, "clf" the common log format's
    `01/Aug/1995:00:00:01 -0400`, "epoch_ms", "epoch_us" and "epoch_ns" whole numbers since 1970 in
    UTC, "epoch_s" seconds with or without a fraction, of which six digits count. With `zone="UTC"`
    an ISO time may lack its zone and is UTC then, and a bare date is its midnight. An ISO time may
    have a blank for the T, a comma for the point, and a zone such as `Z`, `UTC`, `+02`, `+0530` or
    `+05:30`. 24:00:00 is the next day's midnight, and second 60 the next second. Digits beyond the
    microsecond that are not zero are refused, or cut off with `nanoseconds="cut"`.
    """

    form: InstantForm = "iso"
    zone: Literal["UTC"] | None = None
    nanoseconds: Literal["refuse", "cut"] = "refuse"
    sql_type: ClassVar[str] = "timestamptz"

    @property
    def noun(self) -> str:
        """How the time is to be written, by an example."""
        if self.zone:
            return "a time as ISO 8601, such as 2026-11-20T10:00:00Z or 2026-11-20 10:00:00"
        return _NOUNS[self.form]

    def expected(self, found: str) -> str:
        """What was expected in place of `found`: its true fault, where one is known."""
        if self.form == "iso" and _TOO_FINE.search(found):
            return 'no more than 6 digits of a second (nanoseconds="cut" would drop them)'
        return _DAY if self.form == "iso" and _is_no_day(found) else self.noun

    def __post_init__(self) -> None:
        if self.form not in get_args(InstantForm):
            expected = ", ".join(get_args(InstantForm))
            raise PenstockError(f"{self.name}: form={self.form!r}: expected one of {expected}")
        if self.zone not in (None, "UTC"):
            raise PenstockError(f"{self.name}: zone={self.zone!r}: expected None or 'UTC'")
        if self.zone and self.form != "iso":
            raise PenstockError(f"{self.name}: a {self.form} timestamp has a zone of its own")
        if self.nanoseconds not in ("refuse", "cut"):
            expected = "expected refuse or cut"
            raise PenstockError(f"{self.name}: nanoseconds={self.nanoseconds!r}: {expected}")


@dataclass(frozen=True)
class Date(Column):
    """A day of the calendar as `YYYY-MM-DD`."""

    sql_type: ClassVar[str] = "date"
    noun: ClassVar[str] = "a date such as 2026-11-20"

    def expected(self, found: str) -> str:
        """What was expected in place of `found`."""
        return _DAY if _is_no_day(found) else self.noun


@dataclass(frozen=True, kw_only=True)
class Number(Column):
    """What numbers share: how they are written, and inclusive bounds.

    `thousands` may stand between groups of three digits, in all places or in none. A blank means
    the no-break ones too, and `'` the typographic one. A leading `+` is refused: what has one is
    mostly a telephone number.
    """

    minimum: Bound | None = None
    maximum: Bound | None = None
    thousands: str = ""

    def __post_init__(self) -> None:
        if self.thousands not in _THOUSANDS:
            raise PenstockError(
                f"{self.name}: thousands={self.thousands!r}: expected one of {' '.join(_THOUSANDS)}"
                " or a blank"
            )


@dataclass(frozen=True)
class Integer(Number):
    """A whole number of 64 bits."""

    sql_type: ClassVar[str] = "bigint"
    noun: ClassVar[str] = "a whole number"

    def expected(self, found: str) -> str:
        """What was expected in place of `found`."""
        return f"{self.noun} of 64 bits" if _DIGITS.fullmatch(found) else self.noun


@dataclass(frozen=True)
class BigInteger(Number):
    """A whole number of any size, exact (NUMERIC in the warehouse)."""

    sql_type: ClassVar[str] = "numeric"
    noun: ClassVar[str] = "a whole number"


@dataclass(frozen=True)
class Decimal(Number):
    """A number as it is written, exact: `1.50` keeps its zero, `1.5e3` is 1500.

    With `scale` it has so many digits after the point, and at most `precision` in all, as
    NUMERIC(precision, scale); a number with more is refused, never rounded. `decimal` is what
    stands before the fraction. Bounds that have a fraction are said as text: "0.01".
    """

    precision: int | None = None
    scale: int | None = None
    decimal: Literal[".", ","] = "."
    sql_type: ClassVar[str] = "numeric"

    @property
    def noun(self) -> str:
        """A number with its signs, where these are not the usual ones."""
        if self.decimal == "." and not self.thousands:
            return "a number"
        return f"a number such as 1{self.thousands}234{self.decimal}56"

    def expected(self, found: str) -> str:
        """What was expected in place of `found`."""
        if _NO_NUMBER.fullmatch(found):
            return f"{self.noun}: NaN and infinity are none"
        if self.scale is None:
            return self.noun
        return (
            f"{self.noun} of at most {self.most_digits} digits, {self.scale} of them after the"
            f" {'point' if self.decimal == '.' else 'comma'}"
        )

    @property
    def most_digits(self) -> int:
        """In all, where `scale` is declared."""
        return self.precision or MOST_PRECISION

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.decimal not in (".", ",") or self.decimal == self.thousands:
            raise PenstockError(
                f"{self.name}: decimal={self.decimal!r}, thousands={self.thousands!r}: expected"
                " `.` or `,`, and two that differ"
            )
        if self.precision is not None and self.scale is None:
            raise PenstockError(f"{self.name}: precision={self.precision}: expected a scale, too")
        if not 0 <= (self.scale or 0) <= self.most_digits <= MOST_PRECISION:
            raise PenstockError(
                f"{self.name}: precision={self.precision}, scale={self.scale}: expected"
                f" 0 <= scale <= precision <= {MOST_PRECISION}"
            )


@dataclass(frozen=True)
class Boolean(Column):
    """True or false, in any of the usual spellings whatever the case."""

    sql_type: ClassVar[str] = "boolean"
    noun: ClassVar[str] = "true/false, t/f, yes/no, y/n, on/off or 1/0"


@dataclass(frozen=True)
class Uuid(Column):
    """A UUID: 32 hexadecimal digits, with or without the usual hyphens, braces and capitals."""

    sql_type: ClassVar[str] = "uuid"
    noun: ClassVar[str] = "a UUID"


@dataclass(frozen=True)
class Json(Column):
    """A JSON value of any kind, kept as jsonb."""

    sql_type: ClassVar[str] = "jsonb"
    noun: ClassVar[str] = "a JSON value"


@dataclass(frozen=True)
class Array(Column):
    """Single values in order, as a JSON array, `["a", "b"]`, or as Postgres writes it, `{a,b}`."""

    of: Element = "text"

    @property
    def sql_type(self) -> str:
        """The type of the column in the warehouse."""
        return f"{self.of}[]"

    @property
    def noun(self) -> str:
        """An array of such elements, in both ways to write one."""
        examples = {"text": ("a", "b"), "boolean": ("true", "false")}
        one, two = examples.get(self.of, ("1", "2"))
        quoted = f'["{one}", "{two}"]' if self.of == "text" else f"[{one}, {two}]"
        return f"an array such as {quoted} or {{{one},{two}}}"

    def __post_init__(self) -> None:
        if self.of not in get_args(Element):
            expected = ", ".join(get_args(Element))
            raise PenstockError(f"{self.name}: of={self.of!r}: expected one of {expected}")


AS_TEXT: tuple[type[Column], ...] = (Uuid, Json, Array)
"""The columns whose values the server reads from text."""
