"""What a dataset's columns can be. Light: declarations only; the casts are in `validate.cast`."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import ClassVar, Literal, get_args

from penstock.errors import PenstockError

InstantForm = Literal["iso", "clf", "epoch_ms", "epoch_s"]
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
    sql_type: ClassVar[str]
    noun: ClassVar[str]
    """How a failed cast is told: "<column>: <found>, expected <noun>"."""

    @property
    def may_lack(self) -> bool:
        """Whether a row that lacks the column says nothing of it: not that it is empty."""
        return not self.required and not self.rare

    @property
    def key(self) -> str:
        """What a name in a file must be, once normalised, to mean this column."""
        return normalised(self.name if self.header is None else self.header)


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
    `01/Aug/1995:00:00:01 -0400`, "epoch_ms" whole milliseconds since 1970 in UTC,
    "epoch_s" seconds with or without a fraction, of which six digits count. With
    `zone="UTC"` an ISO time may lack its zone and is UTC then, a blank may stand for the T, and a
    bare date is its midnight.
    """

    form: InstantForm = "iso"
    zone: Literal["UTC"] | None = None
    sql_type: ClassVar[str] = "timestamptz"
    noun: ClassVar[str] = "a timestamp"

    def __post_init__(self) -> None:
        if self.form not in get_args(InstantForm):
            expected = ", ".join(get_args(InstantForm))
            raise PenstockError(f"{self.name}: form={self.form!r}: expected one of {expected}")
        if self.zone not in (None, "UTC"):
            raise PenstockError(f"{self.name}: zone={self.zone!r}: expected None or 'UTC'")
        if self.zone and self.form != "iso":
            raise PenstockError(f"{self.name}: a {self.form} timestamp has a zone of its own")


@dataclass(frozen=True)
class Date(Column):
    """A day of the calendar as `YYYY-MM-DD`."""

    sql_type: ClassVar[str] = "date"
    noun: ClassVar[str] = "a date"


@dataclass(frozen=True)
class Integer(Column):
    """A whole number of 64 bits, with optional inclusive bounds."""

    minimum: int | None = None
    maximum: int | None = None
    sql_type: ClassVar[str] = "bigint"
    noun: ClassVar[str] = "a whole number"


@dataclass(frozen=True)
class BigInteger(Column):
    """A whole number of any size, exact (NUMERIC in the warehouse)."""

    minimum: int | None = None
    sql_type: ClassVar[str] = "numeric"
    noun: ClassVar[str] = "a whole number"
