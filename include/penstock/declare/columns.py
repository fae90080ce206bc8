"""The types of columns that a dataset can declare; the casts are in `validate.cast`."""

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
"""The most digits of a Decimal with a scale."""

_DAY = "a day of the calendar"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TOO_FINE = re.compile(r"[.,][0-9]{6}[0-9]*[1-9]")
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
_DIGITS = re.compile(r"-?[0-9]+")
_NO_LETTER_OR_DIGIT = re.compile(r"[\W_]")


def normalised(name: str) -> str:
    """Remove case, blanks and punctuation: `User ID`, `userId` and `user_id` become equal.

    A name without letters and digits, such as `#`, is only stripped.
    """
    return _NO_LETTER_OR_DIGIT.sub("", name.casefold()) or name.strip()


@dataclass(frozen=True)
class Column:
    """One column of a file. If it is `required`, rows with an empty field are refused.

    `null_values` are texts that count as empty, such as `-`. `header` is the name of the column in
    files, if it differs from `name`: `Text("size", header="Größe")`. If a header repeats the name
    `a`, the second one is `a_2`; a blank name in third place is `column_3`. In JSON and Parquet, a
    dot selects a nested value: `Text("user", header="user.id")`. If a row lacks a column that is
    not required, an upsert keeps the old value, and the file gets a note. A `rare` column is
    different: if a row lacks it, its value is empty, and there is no note.
    """

    name: str
    required: bool = True
    null_values: tuple[str, ...] = ()
    header: str | None = field(default=None, kw_only=True)
    rare: bool = field(default=False, kw_only=True)

    @property
    def may_lack(self) -> bool:
        """Whether a row without the column keeps the old value, instead of making it empty."""
        return not self.required and not self.rare

    @property
    def sql_type(self) -> str:
        """The SQL type of the column in the warehouse."""
        raise NotImplementedError

    @property
    def noun(self) -> str:
        """The expected kind of value and its notation, for reasons."""
        raise NotImplementedError

    def expected(self, found: str) -> str:  # noqa: ARG002 - subclasses use it
        """Describe what was expected instead of `found`, which is not a value of the column."""
        return self.noun

    @property
    def key(self) -> str:
        """The normalised name of the column in files."""
        return normalised(self.name if self.header is None else self.header)


def _is_no_day(text: str) -> bool:
    """Whether a text begins with a date that does not exist, such as 2025-02-29."""
    found = _DATE.match(text)
    try:
        return bool(found and not date.fromisoformat(found[0]))
    except ValueError:
        return True


def paths(columns: Iterable[Column]) -> list[str]:
    """The paths of nested values that `columns` select from: `user` for the header `user.id`."""
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
    """Text that is computed: `function` is applied to the text of the column `source`.

    It is computed while a file loads, once for each distinct text in a batch.
    """

    source: str
    function: Callable[[str], str]


@dataclass(frozen=True)
class Timestamp(Column):
    """An instant, kept to the microsecond in UTC.

    `form` is the notation: "iso" is ISO 8601 with a zone, "clf" the common log format's
    `01/Aug/1995:00:00:01 -0400`, "epoch_ms", "epoch_us" and "epoch_ns" whole numbers since 1970 in
    UTC, "epoch_s" seconds with an optional fraction, of which six digits count. With `zone="UTC"`,
    an ISO time without a zone is in UTC, and a date without a time is its midnight. An ISO time
    may have a blank instead of the T, a comma instead of the point, and a zone such as `Z`, `UTC`,
    `+02`, `+0530` or `+05:30`. 24:00:00 is midnight of the next day, and second 60 is the next
    second. Digits below the microsecond that are not zero are refused, or dropped with
    `nanoseconds="cut"`.

    Raises:
        PenstockError: `form`, `zone` or `nanoseconds` is invalid.
    """

    form: InstantForm = "iso"
    zone: Literal["UTC"] | None = None
    nanoseconds: Literal["refuse", "cut"] = "refuse"
    sql_type: ClassVar[str] = "timestamptz"

    @property
    def noun(self) -> str:
        """The expected notation, with an example."""
        if self.zone:
            return "a time as ISO 8601, such as 2026-11-20T10:00:00Z or 2026-11-20 10:00:00"
        return _NOUNS[self.form]

    def expected(self, found: str) -> str:
        """Describe what was expected instead of `found`; name the exact fault if it is known."""
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
        """Describe what was expected instead of `found`."""
        return _DAY if _is_no_day(found) else self.noun


@dataclass(frozen=True, kw_only=True)
class Number(Column):
    """The base of numbers: inclusive bounds, and the separator of thousands.

    A number has `thousands` between all groups of three digits, or between none. A blank also
    stands for no-break blanks, and `'` for the typographic one. A leading `+` is refused, because
    it mostly means a telephone number.

    Raises:
        PenstockError: `thousands` is not one of the known separators.
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
        """Describe what was expected instead of `found`."""
        return f"{self.noun} of 64 bits" if _DIGITS.fullmatch(found) else self.noun


@dataclass(frozen=True)
class BigInteger(Number):
    """A whole number of any size, exact (NUMERIC in the warehouse)."""

    sql_type: ClassVar[str] = "numeric"
    noun: ClassVar[str] = "a whole number"


@dataclass(frozen=True)
class Decimal(Number):
    """An exact number: `1.50` keeps its zero, `1.5e3` is 1500.

    `scale` is the number of digits after the point, and `precision` the number of all digits, as
    in NUMERIC(precision, scale). A number with more digits is refused, never rounded. `decimal`
    separates the fraction. Give bounds that have a fraction as text: "0.01".

    Raises:
        PenstockError: `decimal`, `precision` or `scale` is invalid.
    """

    precision: int | None = None
    scale: int | None = None
    decimal: Literal[".", ","] = "."
    sql_type: ClassVar[str] = "numeric"

    @property
    def noun(self) -> str:
        """The expected notation, with an example if its separators are unusual."""
        if self.decimal == "." and not self.thousands:
            return "a number"
        return f"a number such as 1{self.thousands}234{self.decimal}56"

    def expected(self, found: str) -> str:
        """Describe what was expected instead of `found`."""
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
        """The most digits in all, if `scale` is declared."""
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
    """True or false, in any usual spelling; case does not matter."""

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
    """An array of single values, written as JSON, `["a", "b"]`, or as in Postgres, `{a,b}`.

    Raises:
        PenstockError: `of` is not a known type of elements.
    """

    of: Element = "text"

    @property
    def sql_type(self) -> str:
        """The type of the column in the warehouse."""
        return f"{self.of}[]"

    @property
    def noun(self) -> str:
        """The expected notation, with an example of both."""
        examples = {"text": ("a", "b"), "boolean": ("true", "false")}
        one, two = examples.get(self.of, ("1", "2"))
        quoted = f'["{one}", "{two}"]' if self.of == "text" else f"[{one}, {two}]"
        return f"an array such as {quoted} or {{{one},{two}}}"

    def __post_init__(self) -> None:
        if self.of not in get_args(Element):
            expected = ", ".join(get_args(Element))
            raise PenstockError(f"{self.name}: of={self.of!r}: expected one of {expected}")


AS_TEXT: tuple[type[Column], ...] = (Uuid, Json, Array)
"""The columns whose text Postgres parses."""
