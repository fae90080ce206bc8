"""The formats that a dataset can declare; `penstock.formats` has their readers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from penstock.errors import PenstockError

EXTRA = "_extra"
"""The column of staging with the fields that have no declared column."""

ABSENT = "_absent"
"""The column of staging with the comma-separated names of columns that a row lacks, or null."""


class Format:
    """How the bytes of a file become rows."""

    is_table: ClassVar[bool] = False
    """Whether a file is binary: nothing can be appended, and versions cannot share a prefix."""

    has_content: ClassVar[bool] = True
    """Whether the content of a file is read; if so, it may be compressed."""

    @property
    def gives(self) -> tuple[str, ...] | None:
        """The columns that the format defines; None if it reads the declared columns."""
        return None


@dataclass(frozen=True)
class Csv(Format):
    """RFC 4180 with a header that names the columns in any order, and common dialects of it.

    If they are None, two options are detected for each file: the `separator` (comma, semicolon,
    tab or pipe), and the number of lines to `skip` before the header. Without a `header`, the
    fields are the declared columns in their order. With `quote=None`, a quote is plain text. The
    `escape` makes the next quote, separator, line end or escape plain text. Lines that begin with
    `comment` are ignored. Unquoted fields that are one of `nulls` are empty. Quoted fields may
    contain newlines; `strip` removes the blanks around fields.

    Raises:
        PenstockError: a mark is not one ASCII character, two marks are equal, or `skip` is
            negative.
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
    """A part of a line: what is `expected` there, for reasons, and its `regex`."""

    expected: str
    regex: str


ESCAPED_BYTES = "escaped_bytes"
"""The column that counts the escaped bytes of a line."""


@dataclass(frozen=True)
class Lines(Format):
    """One record per line: fields between `separator`s, or named groups of the regex `pattern`.

    The whole line must match the pattern; a group without a match gives ''. A group `name__2` gives
    `name` if the group `name` is empty. `parts` are the consecutive parts of the pattern: the
    reason of a refused line names the part that does not match.

    With `escape_bytes` a line may contain any bytes. The pattern is matched byte by byte, so it
    must not count characters. A line in UTF-8 is kept as it is. In other lines, bytes that are not
    UTF-8, and NUL, become `\\xHH`, and the backslash of a `\\xHH` in the file becomes `\\x5c`. If
    the dataset has a column `escaped_bytes`, it counts these bytes: where it is not 0, each
    `\\xHH` is one byte.

    Raises:
        PenstockError: there is not exactly one of separator and pattern, or no valid regex.
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
        """The groups of the pattern, and the count of escaped bytes."""
        if not self.pattern:
            return None
        groups = [name for name in re.compile(self.pattern).groupindex if "__" not in name]
        return (*groups, *[ESCAPED_BYTES] * self.escape_bytes)


@dataclass(frozen=True)
class Listing(Format):
    """One row per file: `path`, `size_bytes` and `modified_at` (UTC); no content is read."""

    has_content: ClassVar[bool] = False

    @property
    def gives(self) -> tuple[str, ...]:
        """Columns from the ledger."""
        return "path", "size_bytes", "modified_at"


@dataclass(frozen=True)
class JsonLines(Format):
    """One JSON object per line. Keys match columns as the names of a header do.

    Numbers of any size are exact. Whole-number columns take only digits, not 1.0 or 1e3. A null is
    an empty field, and so is a missing key; see `Column.may_lack`.
    """


@dataclass(frozen=True)
class Json(Format):
    """JSON documents: an array of records, or a sequence of records, on any number of lines.

    If the array is inside an object, `records` is the path to it: "data.items". Records are read
    as in `JsonLines`. The line of a record is its number, from 1.

    Raises:
        PenstockError: `records` is not a path of keys.
    """

    records: str | None = None

    def __post_init__(self) -> None:
        if self.records is not None and not all(self.records.split(".")):
            raise PenstockError(f'Json: records={self.records!r}: expected keys as in "data.items"')


@dataclass(frozen=True)
class FixedWidth(Format):
    """Fields at fixed positions of each line, without the blanks around them.

    `fields` gives the first and last character of each column, from 1: `{"id": (1, 5)}`.

    Raises:
        PenstockError: there are no fields, or a position is invalid.
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
    """A Parquet file. A null becomes an empty field, an instant ISO 8601, a nested value JSON.

    The line of a record is the number of its row, from 1.
    """

    is_table: ClassVar[bool] = True


@dataclass(frozen=True)
class Excel(Format):
    """The sheet called `sheet` of an Excel workbook (`.xlsx`), or its first sheet.

    The first row that is not blank names the columns. Times have no zone, so declare their columns
    with `zone="UTC"`. The line of a record is the number of its row in Excel.
    """

    is_table: ClassVar[bool] = True
    sheet: str | None = None
