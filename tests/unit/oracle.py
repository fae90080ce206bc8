"""What the documented rules of CSV say of a text, character by character: judges our reading.

Written from `docs/files.md`, not from the code: slow and plain.
"""

import csv
import io
from dataclasses import dataclass

from hypothesis import strategies as st

ENDS = "\r\n"


@dataclass(frozen=True)
class Record:
    """A record that is not blank: its line and place, its text, its fields, what is wrong."""

    line: int
    start: int
    raw: str
    fields: list[str]
    why: str | None = None


@dataclass(frozen=True)
class _Read:
    """A record read from `start` on; `closed` is where its quotes stop being open, if they do."""

    end: int
    fields: list[str]
    why: str | None
    is_strict: bool
    first_open_end: int | None


def read(text: str, separator: str = ",", width: int = 0) -> list[Record]:
    """The records of `text`, of which proper ones have `width` fields."""
    found, start = [], 0
    while start < len(text):
        line_end = _end_of_line(text, start)
        if not text[start:line_end].strip(separator + ENDS):
            start = line_end
            continue
        record = _record(text, start, separator)
        edge, known = record.first_open_end, text if record.why else text[: record.end]
        if edge and edge < record.end and _whole(known, edge, record.end, separator, width):
            record = _record(text[:edge], start, separator)
        raw = text[start : record.end].rstrip(ENDS)
        line = 1 + _lines(text[:start])
        found.append(Record(line, start, raw, record.fields, record.why))
        start = record.end
    return found


def is_rejected(text: str, separator: str = ",", width: int = 0) -> bool:
    """Whether a file of `text` is: its last quote is never closed, and it goes on behind its line.

    And what is behind that line is not records.
    """
    records = read(text, separator, width)
    if not records or records[-1].why != "open":
        return False
    rest = text[_end_of_line(text, records[-1].start) :]
    return bool(rest.strip(ENDS))


def _record(text: str, start: int, separator: str) -> _Read:
    """Read on from a record's start to where it ends or breaks."""
    fields, strict, opened = [], True, None
    at = start
    while True:
        if text[at : at + 1] == '"':
            at += 1
            value = ""
            while True:
                if at == len(text):
                    edge = opened if opened is not None else at
                    return _Read(at, fields, "open", strict, edge)
                if text[at] == '"':
                    if text[at + 1 : at + 2] != '"':
                        at += 1
                        break
                    at += 1
                elif opened is None and _end_of_line(text, at) == at + 1:
                    opened = at + 1
                value += text[at]
                at += 1
            fields.append(value)
            if at < len(text) and text[at] not in separator + ENDS:
                return _Read(_end_of_line(text, at), fields, "behind", strict, opened)
        else:
            value = ""
            while at < len(text) and text[at] not in separator + ENDS:
                strict = strict and text[at] != '"'
                value += text[at]
                at += 1
            fields.append(value)
        if at == len(text) or text[at] in ENDS:
            return _Read(_end_of_line(text, at), fields, None, strict, opened)
        at += 1


def _whole(text: str, start: int, end: int, separator: str, width: int) -> bool:
    """Whether proper records, at least one, stand from `start` to `end`, or beyond it."""
    count = 0
    while start < end:
        line_end = _end_of_line(text, start)
        if not text[start:line_end].strip(separator + ENDS):
            start = line_end
            continue
        record = _record(text, start, separator)
        if record.why or not record.is_strict or len(record.fields) != width:
            return False
        count += 1
        start = record.end
    return count > 0


def _end_of_line(text: str, at: int) -> int:
    while at < len(text) and text[at] not in ENDS:
        at += 1
    return at + 2 if text[at : at + 2] == "\r\n" else min(at + 1, len(text))


def _lines(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def written(rows: list[list[str]], newline: str) -> str:
    """`rows` as `csv.writer` writes them."""
    out = io.StringIO()
    csv.writer(out, lineterminator=newline).writerows(rows)
    return out.getvalue()


_fields = st.text(st.sampled_from('a" ,\r\né😀7\ufeff'), max_size=6)
ugly_texts = st.text(st.sampled_from('ab",\r\n'), max_size=60)
clean_texts = st.builds(
    written,
    st.lists(st.lists(_fields, min_size=1, max_size=4), max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
_broken_lines = st.sampled_from(
    ['a,"b', 'a,"b"c', '"a', 'c"', '5" x,y', '",",', 'a,","', '"', ',"', '""",b"', '"a""b,c']
)
_whole_lines = st.sampled_from(["a,b", 'c,"d"', '"e","f, g"', 'h,""', "i,", '"j\nk",l', "", ","])
broken_texts = st.lists(st.one_of(_broken_lines, _whole_lines, _whole_lines), max_size=9).map(
    "\n".join
)
"""Files of mostly whole records of two fields, among them ones with broken quotes."""
texts = st.one_of(
    clean_texts,
    ugly_texts,
    broken_texts,
    st.builds("".join, st.lists(st.one_of(clean_texts, ugly_texts, broken_texts))),
)
