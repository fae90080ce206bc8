"""Reads records of CSV one by one: slowly, but never misled by a quote.

RFC 4180, with one exception: a quote inside an unquoted field is text. A record is broken if text
follows a closing quote, or a quote is never closed. A broken record ends with its first line if the
lines after that, up to the one where it breaks, are all proper records. The same holds for a record
whose quote is closed by chance, by a quote of a later record. Otherwise it ends with the line where
it breaks.

The rule never looks beyond the record: a file that is cut off after any record gives the same
records up to there.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

NEVER_CLOSED = "a quote is opened and never closed"
_EXCERPT = 20  # characters


@dataclass(frozen=True)
class Grammar:
    """How records are written: marks of one byte each, b"" for an absent one.

    `width` is the number of fields in a record, 0 if it is not known yet.
    """

    separator: bytes = b","
    quote: bytes = b'"'
    escape: bytes = b""
    comment: bytes = b""
    strip: bool = False
    nulls: tuple[bytes, ...] = ()
    width: int = 0


@dataclass(frozen=True)
class Record:
    """Bytes [start, end) of a text, the line end included, and the line on which they start.

    `why` is set if the record is broken. `is_open` is true if a quote in it is not closed.
    """

    start: int
    end: int
    line: int
    fields: list[bytes]
    why: str | None = None
    is_open: bool = False


@dataclass
class _Found:
    """One record, as read from its first line on, and how many `lines` it has.

    `upto_quote` is the first of these lines at whose end a quote was open, 0 for none.
    `is_strict` is true if no quote was taken as text.
    """

    fields: list[bytes] = field(default_factory=list)
    lines: int = 1
    upto_quote: int = 0
    why: str | None = None
    is_open: bool = False
    is_strict: bool = True


def read(
    text: bytes, first_line: int, grammar: Grammar, *, is_whole: bool = True
) -> Iterator[Record]:
    """The records of `text`, without blank ones (only separators) and comments.

    Unless the text `is_whole`, the last records are left out if more text could change them.
    """
    lines = text.splitlines(keepends=True)
    if not is_whole and lines and not lines[-1].endswith(b"\n"):
        text = text[: len(text) - len(lines.pop())]
    number, start = 0, 0
    while number < len(lines):
        line = lines[number]
        if is_blank(line, grammar):
            number, start = number + 1, start + len(line)
            continue
        found = _read_strictly(text, start, grammar)
        if found is None:
            found = _read_record(lines, number, grammar)
            alone = _is_never_closed(lines, number, found, grammar)
            if not is_whole and (found.is_open or alone is None):
                return
            if alone:
                found = _read_record(lines[number : number + found.upto_quote], 0, grammar)
        size = len(line)
        if found.lines > 1:
            size = sum(map(len, lines[number : number + found.lines]))
        at = first_line + number
        yield Record(start, start + size, at, found.fields, found.why, found.is_open)
        number, start = number + found.lines, start + size


def _read_strictly(text: bytes, start: int, grammar: Grammar) -> _Found | None:
    """The record at `start` if all its quotes open or close fields; None otherwise.

    Such a record is proper: its later lines cannot all be records, as their quotes do not pair.
    """
    if grammar.escape:
        return None
    fields, lines, at = [], 1, start
    pattern = _patterns(grammar).strict
    while field := pattern.match(text, at):
        quoted, bare, end = field.groups()
        if quoted is None:
            fields.append(_or_null(bare, grammar))
        else:
            fields.append(quoted.replace(grammar.quote * 2, grammar.quote))
            lines += _line_ends(quoted)
        at = field.end()
        if end != grammar.separator:
            return _Found(fields, lines)
    return None


def _line_ends(text: bytes) -> int:
    newlines = text.count(b"\n")
    return newlines + text.count(b"\r") - text.count(b"\r\n") if b"\r" in text else newlines


def never_closed_behind(text: bytes, grammar: Grammar) -> int:
    """The end of the first record of `text`, if its quote was never closed; else 0.

    The record is longer than the limit.
    """
    lines = text.splitlines(keepends=True)[:-1]  # the last line may be incomplete
    if not lines:
        return 0
    found = _read_record(lines, 0, grammar)
    alone = _is_never_closed(lines, 0, found, grammar)
    return sum(map(len, lines[: found.upto_quote])) if alone else 0


def is_blank(line: bytes, grammar: Grammar) -> bool:
    """Whether a line is a comment or only separators, and so holds no record."""
    if grammar.comment and line.startswith(grammar.comment):
        return True
    blanks = grammar.separator + b"\r\n" + b" \t" * grammar.strip
    return not line.strip(blanks)


def _is_never_closed(
    lines: Sequence[bytes], number: int, found: _Found, grammar: Grammar
) -> bool | None:
    """Whether the lines after the open quote are records; None if more text is needed."""
    if not found.upto_quote or found.upto_quote == found.lines:
        return False
    first, last = number + found.upto_quote, number + found.lines
    if found.why is None:  # it is closed: the lines behind it do not matter
        return bool(_are_whole(lines[first:last], 0, last - first, grammar))
    return _are_whole(lines, first, last, grammar)


def _are_whole(lines: Sequence[bytes], first: int, last: int, grammar: Grammar) -> bool | None:
    """Whether proper records, at least one, cover these lines; None if more text is needed."""
    number, count = first, 0
    while number < last:
        if is_blank(lines[number], grammar):
            number += 1
            continue
        found = _read_record(lines, number, grammar)
        if found.is_open:
            return None
        if found.why or not found.is_strict or len(found.fields) != grammar.width:
            return False
        number += found.lines
        count += 1
    return count > 0


def _read_record(lines: Sequence[bytes], number: int, grammar: Grammar) -> _Found:
    """The record that begins on a line, up to where it ends or breaks."""
    line = lines[number]
    marks = (grammar.quote, grammar.escape)
    if not any(mark and mark in line for mark in marks):
        fields = line.rstrip(b"\r\n").split(grammar.separator)
        return _Found([_or_null(text, grammar) for text in fields])
    return _Tokens(lines, number, grammar).read()


class _Tokens:
    """Reads one record, field by field."""

    def __init__(self, lines: Sequence[bytes], number: int, grammar: Grammar) -> None:
        self._lines, self._number, self._grammar = lines, number, grammar
        self._patterns = _patterns(grammar)
        self._line, self._at = lines[number], 0
        self._found = _Found()

    def read(self) -> _Found:
        while self._read_field():
            pass
        return self._found

    def _read_field(self) -> bool:
        """Read a field and the separator or line end after it; whether another field follows."""
        opening = self._patterns.opening.match(self._line, self._at)
        if opening:
            self._at = opening.end()
            if not self._read_quoted():
                return False
        else:
            self._read_bare()
        end = self._patterns.end.match(self._line, self._at)
        if end is None:
            self._found.why = self._text_behind_quote()
            return False
        self._at = end.end()
        return bool(end.group(1))

    def _read_quoted(self) -> bool:
        """Read a field through its closing quote; False if that is missing."""
        parts = [self._take(self._patterns.inside)]
        while self._at == len(self._line):
            self._found.upto_quote = self._found.upto_quote or self._found.lines
            if not self._next_line():
                column = len(self._found.fields) + 1
                self._found.why, self._found.is_open = f"column {column}: {NEVER_CLOSED}", True
                return False
            parts.append(self._take(self._patterns.inside))
        self._at += 1
        quote = self._grammar.quote
        self._found.fields.append(self._unescaped(b"".join(parts).replace(quote * 2, quote)))
        return True

    def _read_bare(self) -> None:
        parts = [self._take(self._patterns.bare)]
        while self._at == len(self._line) and parts[-1].endswith((b"\r", b"\n")):
            if not self._next_line():
                self._found.is_open = True
                break
            parts.append(self._take(self._patterns.bare))
        text = b"".join(parts)
        if self._grammar.quote and self._grammar.quote in text:
            self._found.is_strict = False
        self._found.fields.append(self._unescaped(_or_null(text, self._grammar)))

    def _take(self, pattern: re.Pattern[bytes]) -> bytes:
        taken = pattern.match(self._line, self._at)
        assert taken  # noqa: S101 - these patterns match nothing, too
        self._at = taken.end()
        return taken.group()

    def _next_line(self) -> bool:
        if self._number + self._found.lines >= len(self._lines):
            return False
        self._line, self._at = self._lines[self._number + self._found.lines], 0
        self._found.lines += 1
        return True

    def _unescaped(self, text: bytes) -> bytes:
        if not self._grammar.escape or self._grammar.escape not in text:
            return text
        return self._patterns.escaped.sub(rb"\1", text)

    def _text_behind_quote(self) -> str:
        rest = self._line[self._at :].rstrip(b"\r\n")
        shown = rest[:_EXCERPT].decode("utf-8", "backslashreplace")
        why = (
            f"column {len(self._found.fields)}: text behind a closing quote: found {shown!r},"
            " expected a separator or the end of the line"
        )
        if not self._grammar.escape and self._line[self._at - 2 : self._at - 1] == b"\\":
            why += '; if the file writes \\" for a quote, declare Csv(escape="\\\\")'
        return why


def _or_null(text: bytes, grammar: Grammar) -> bytes:
    return b"" if grammar.nulls and text in grammar.nulls else text


@dataclass(frozen=True)
class _Patterns:
    """`opening` of a quoted field, its `inside`, a `bare` field, and the `end` of either.

    `strict` is a field, quoted or without any quote, and what ends it.
    """

    strict: re.Pattern[bytes]
    opening: re.Pattern[bytes]
    inside: re.Pattern[bytes]
    bare: re.Pattern[bytes]
    end: re.Pattern[bytes]
    escaped: re.Pattern[bytes]


@lru_cache(maxsize=64)
def _patterns(grammar: Grammar) -> _Patterns:
    separator, quote = re.escape(grammar.separator), re.escape(grammar.quote)
    escape = re.escape(grammar.escape)
    blanks = (b"[ ]*" if grammar.separator == b"\t" else rb"[ \t]*") if grammar.strip else b""
    escaped = escape + rb"(?:\r\n|[\s\S]|\Z)" if escape else rb"(?!)"
    stands = b"|".join(filter(None, (rb"\r\n", rb"[\r\n]", separator, quote, escape)))
    quoted = rb"%b((?:[^%b]+|%b)*+)%b" % (quote, quote, quote * 2, quote) if quote else rb"(?!)()"
    return _Patterns(
        re.compile(
            rb"(?:%b|([^%b%b\r\n]*))(%b|\r\n?|\n|\Z)" % (quoted, separator, quote, separator)
        ),
        re.compile(blanks + quote if quote else rb"(?!)"),
        re.compile(rb"(?:%b|[^%b%b]|%b)*+" % (escaped, quote, escape, quote * 2) if quote else b""),
        re.compile(rb"(?:%b|[^%b%b\r\n])*+" % (escaped, separator, escape)),
        re.compile(blanks + rb"(?:(%b)|\r?\n|\r|\Z)" % separator),
        re.compile(escape + rb"(%b)" % stands),
    )
