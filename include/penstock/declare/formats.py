"""The formats that a dataset can declare. Light to import: `penstock.formats` has the readers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from penstock.errors import PenstockError

EXTRA = "_extra"
"""The column of staging that keeps the fields no column is declared for."""

ABSENT = "_absent"
"""The column of staging that names what columns a row lacks, with commas between; else null."""


class Format:
    """How the bytes of a file become rows."""

    is_table: ClassVar[bool] = False
    """Whether a file is no text: nothing can be appended to it, nor its beginning compared."""

    has_content: ClassVar[bool] = True
    """Whether the content of a file is read, so that it may be compressed."""

    @property
    def gives(self) -> tuple[str, ...] | None:
        """The columns that it gives by itself; None where it gives those that are declared."""
        return None


@dataclass(frozen=True)
class Csv(Format):
    """RFC 4180, with a header that names the columns in any order; and its dialects.

    What is None here is found out for each file: the `separator`, one of comma, semicolon, tab and
    pipe; and how many lines to `skip` above the header. Without a `header` the fields are the
    declared columns in their order. With `quote=None` a quote is text like any other. After the
    `escape`, a quote, a separator, a line end and the escape itself stand for themselves. Lines
    that begin with `comment` are left out. Unquoted fields that are one of `nulls` are empty.
    Quoted fields may hold newlines; `strip` takes the blanks around fields off.
    """

    separator: str | None = None
    strip: bool = False
    header: bool = field(default=True, kw_only=True)
    quote: str | None = field(default='"', kw_only=True)
    escape: str | None = field(default=None, kw_only=True)
    skip: int | None = field(default=None, kw_only=True)
    comment: str | None = field(default=None, kw_only=True)
    nulls: tuple[str, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        marks = [m for m in (self.separator, self.quote, self.escape) if m is not None]
        for name in ("separator", "quote", "escape", "comment"):
            mark = getattr(self, name)
            if mark is not None and (len(mark.encode()) != 1 or mark in "\r\n\0"):
                raise PenstockError(f"Csv: {name} {mark!r}: expected one ASCII character")
        if len(set(marks)) < len(marks) or self.comment in marks:
            raise PenstockError("Csv: separator, quote, escape and comment must differ")
        if self.skip is not None and self.skip < 0:
            raise PenstockError(f"Csv: skip {self.skip}: expected a number of lines")


class Part(NamedTuple):
    """A stretch of a line: what is `expected` there, as a reason says it, and its `regex`."""

    expected: str
    regex: str


ESCAPED_BYTES = "escaped_bytes"
"""The column that tells how many bytes of a line are escaped."""


@dataclass(frozen=True)
class Lines(Format):
    """A record a line: fields between `separator`s, or the named groups of the regex `pattern`.

    The whole line must match the pattern; one of its groups that takes no part gives ''. A group
    `name__2` gives `name` where the group of that name is empty. `parts` are what the pattern
    consists of, one after the other: they tell which part of a refused line does not fit.

    With `escape_bytes` a line may hold any bytes, and the pattern is matched byte by byte, so it
    must not count characters. A line that is UTF-8 is kept as it stands. In any other one, the
    bytes that are not UTF-8, and NUL, become `\\xHH`, and so does the backslash of a `\\xHH` that
    stands in the file (`\\x5c`). A column `escaped_bytes`, if the dataset has one, counts these
    bytes: where it is not 0, each `\\xHH` is one byte.
    """

    separator: str | None = None
    pattern: str | None = None
    strip: bool = False
    escape_bytes: bool = False
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.separator) == bool(self.pattern):
            raise PenstockError("Lines: give either a separator or a pattern")
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise PenstockError(f"Lines: pattern {self.pattern!r}: {error}") from error

    @property
    def gives(self) -> tuple[str, ...] | None:
        """The groups of the pattern, and the count of what is escaped."""
        if not self.pattern:
            return None
        groups = [name for name in re.compile(self.pattern).groupindex if "__" not in name]
        return (*groups, *[ESCAPED_BYTES] * self.escape_bytes)


@dataclass(frozen=True)
class Listing(Format):
    """No content is read: a row a file, of its `path`, `size_bytes` and `modified_at` (in UTC)."""

    has_content: ClassVar[bool] = False

    @property
    def gives(self) -> tuple[str, ...]:
        """What the ledger knows of a file."""
        return "path", "size_bytes", "modified_at"


@dataclass(frozen=True)
class JsonLines(Format):
    """A JSON object a line. Its keys mean columns as the names of a header do.

    A number is taken as it is written, at any size; whole-number columns take digits only, and
    neither 1.0 nor 1e3. A key that is missing, and null, is an empty field; see `Column.may_lack`.
    """


@dataclass(frozen=True)
class Json(Format):
    """JSON documents: an array of records, or records one behind the other, on any lines.

    `records` leads to the array where it is inside of an object: "data.items". Records are read as
    those of `JsonLines` are; their lines are their numbers, from 1.
    """

    records: str | None = None

    def __post_init__(self) -> None:
        if self.records is not None and not all(self.records.split(".")):
            raise PenstockError(f'Json: records={self.records!r}: expected keys as in "data.items"')


@dataclass(frozen=True)
class FixedWidth(Format):
    """Fields at the same characters of every line, blanks around them taken off.

    `fields` says of each column its first and its last character, from 1: `{"id": (1, 5)}`.
    """

    fields: Mapping[str, tuple[int, int]] = field(hash=False)

    def __post_init__(self) -> None:
        for name, (first, last) in self.fields.items():
            if not 1 <= first <= last:
                raise PenstockError(
                    f"FixedWidth: {name!r}: ({first}, {last}): expected its first and last "
                    "character, counted from 1"
                )
        if not self.fields:
            raise PenstockError('FixedWidth: expected fields, such as {"id": (1, 5)}')

    @property
    def gives(self) -> tuple[str, ...]:
        """The fields."""
        return tuple(self.fields)


@dataclass(frozen=True)
class Parquet(Format):
    """A Parquet file. Null is an empty field, an instant ISO 8601, a nested value JSON text.

    Lines are the numbers of rows, from 1.
    """

    is_table: ClassVar[bool] = True


@dataclass(frozen=True)
class Excel(Format):
    """The `sheet` of that name of an Excel workbook (`.xlsx`), else its first.

    The first row that is not blank names the columns. A time has no zone, so its column is declared
    with `zone="UTC"`. Lines are the numbers of rows, as Excel shows them.
    """

    is_table: ClassVar[bool] = True
    sheet: str | None = None
