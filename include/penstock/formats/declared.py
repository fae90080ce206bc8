"""The formats a dataset can declare. No parser is imported here: DAG files read these."""

import re
from dataclasses import dataclass, field

from penstock.errors import PenstockError


@dataclass(frozen=True)
class Csv:
    """RFC 4180 with a header that names the columns, in any order.

    Quoted fields may hold newlines; `strip` takes the blanks around fields off.
    """

    separator: str = ","
    strip: bool = False
    has_header: bool = True
    quote: bytes = field(default=b'"', init=False)

    def __post_init__(self) -> None:
        if len(self.separator.encode()) != 1 or self.separator in '"\r\n\0':
            raise PenstockError(f"Csv: separator {self.separator!r}: expected one ASCII character")


@dataclass(frozen=True)
class Lines:
    """A record a line: fields between `separator`s, or the named groups of the regex `pattern`.

    The whole line must match the pattern; one of its groups that takes no part gives ''.
    """

    separator: str | None = None
    pattern: str | None = None
    strip: bool = False
    has_header: bool = field(default=False, init=False)
    quote: bytes = field(default=b"", init=False)

    def __post_init__(self) -> None:
        if bool(self.separator) == bool(self.pattern):
            raise PenstockError("Lines: give either a separator or a pattern")
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise PenstockError(f"Lines: pattern {self.pattern!r}: {error}") from error
