"""What a dataset's columns can be. Light: declarations only; the casts are in `validate.cast`."""

import re
from dataclasses import dataclass
from typing import ClassVar

_NO_LETTER_OR_DIGIT = re.compile(r"[\W_]")


def normalised(name: str) -> str:
    """`name` without case, blanks and punctuation: `User ID`, `userId` and `user_id` are one."""
    return _NO_LETTER_OR_DIGIT.sub("", name.casefold())


@dataclass(frozen=True)
class Column:
    """One column of a file. `required` refuses rows in which the field is empty."""

    name: str
    required: bool = True
    sql_type: ClassVar[str]
    noun: ClassVar[str]
    """How a failed cast is told: "<column>: not <noun>"."""


@dataclass(frozen=True)
class Text(Column):
    """Text as the file holds it; an empty field is ''. `max_length` counts characters."""

    max_length: int | None = None
    sql_type: ClassVar[str] = "text"
    noun: ClassVar[str] = "text"


@dataclass(frozen=True)
class Timestamp(Column):
    """An instant in ISO 8601 with a time zone, kept to the microsecond in UTC."""

    sql_type: ClassVar[str] = "timestamptz"
    noun: ClassVar[str] = "a timestamp"


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
