"""The formats a dataset can declare. No parser is imported here: DAG files read these."""

import re
from dataclasses import dataclass

from penstock.errors import PenstockError


@dataclass(frozen=True)
class Csv:
    """RFC 4180 with a header that names the columns, in any order.

    `multiline` lets a quoted field hold newlines; `strip` takes the blanks around fields off.
    """

    separator: str = ","
    multiline: bool = True
    strip: bool = False
    has_header: bool = True

    @property
    def quote(self) -> bytes:
        return b'"' if self.multiline else b""


@dataclass(frozen=True)
class Lines:
    """A record a line: fields between `separator`s, or the named groups of the regex `pattern`."""

    separator: str | None = None
    pattern: str | None = None
    has_header: bool = False
    strip: bool = False
    quote: bytes = b""

    def __post_init__(self) -> None:
        if (self.separator is None) == (self.pattern is None):
            raise PenstockError("Lines: give either a separator or a pattern")
        if self.pattern is not None:
            re.compile(self.pattern)
