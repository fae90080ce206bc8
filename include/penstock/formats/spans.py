"""Where a field is in the text of a record, to mark what a reason is about."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from penstock.declare.columns import Derived, normalised
from penstock.declare.dataset import Dataset
from penstock.declare.formats import ESCAPED_BYTES, Csv, FixedWidth, Format, Json, JsonLines, Lines
from penstock.formats import header

Span = tuple[int, int]
"""The first character of a field, and the one behind its last."""

_AT = re.compile(r"(?:\bat character|: character) ([0-9]+)")
_NUMBERED = re.compile(r"column ([0-9]+): ")
_NAMED = re.compile(r"([a-z0-9_.]+): ")
_SPACE = re.compile(r"[\s,:]*")


def faulty(
    dataset: Dataset,
    path: str,
    columns: Sequence[str] | None,
    dialect: Csv | None,
    raw: str,
    reasons: Sequence[str],
) -> list[Span]:
    """The faulty parts of the record `raw`, by place, without overlaps; none if none is found.

    The part of an empty field has no characters.

    `path`, `columns` and `dialect` are those of its file, as the ledger has them.
    """
    form = dialect or dataset.format_of(path)
    found: set[Span] = set()
    for reason in reasons:
        if span := _of_reason(dataset, form, columns or [], raw, reason):
            found.add(span)
    spans: list[Span] = []
    for start, end in sorted(found):
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans


def _of_reason(
    dataset: Dataset, form: Format, columns: Sequence[str], raw: str, reason: str
) -> Span | None:
    if at := _AT.search(reason):
        place = min(int(at[1]) - 1, len(raw))
        return place, len(raw) if isinstance(form, Lines) else min(place + 1, len(raw))
    if numbered := _NUMBERED.match(reason):
        return _at(_fields(form, raw), int(numbered[1]) - 1)
    if named := _NAMED.match(reason):
        return _of_column(dataset, form, columns, raw, named[1])
    return None


def _of_column(
    dataset: Dataset, form: Format, columns: Sequence[str], raw: str, name: str
) -> Span | None:
    for column in dataset.columns:
        if column.name == name and isinstance(column, Derived):
            name = column.source
    held = [column.name for column in dataset.file_columns if column.name != ESCAPED_BYTES]
    match form:
        case Csv():
            names = header.matched(columns, dataset.file_columns) if form.header else held
            return _at(_fields(form, raw), names.index(name)) if name in names else None
        case Lines(separator=str()):
            return _at(_fields(form, raw), held.index(name)) if name in held else None
        case Lines(pattern=str() as pattern):
            return _of_group(pattern, raw, name)
        case FixedWidth(fields=fields) if name in fields:
            first, last = fields[name]
            return first - 1, min(last, len(raw))
        case JsonLines() | Json():
            keys = {normalised(key): span for key, span in _members(raw)}
            return keys.get(normalised(name))
    return None


def _at(spans: Sequence[Span], place: int) -> Span | None:
    return spans[place] if place < len(spans) else None


def _fields(form: Format, raw: str) -> list[Span]:
    """The fields of a record between separators; of CSV, a quoted field with its quotes."""
    match form:
        case Lines(separator=str() as separator):
            pattern = _field(separator, None, None)
        case Csv():
            pattern = _field(form.separator or ",", form.quote, form.escape)
        case _:
            return []
    spans, at = [], 0
    while at <= len(raw):
        found = pattern.match(raw, at)
        if found is None:
            break
        spans.append(found.span(1))
        if not found[2]:
            break
        at = found.end()
    return spans


@cache
def _field(separator: str, quote: str | None, escape: str | None) -> re.Pattern[str]:
    """A field, and the separator or the end behind it."""
    ends = rf"({re.escape(separator)}|$)"
    bare = rf"(?:(?!{re.escape(separator)}).)*"
    if not quote:
        return re.compile(f"({bare}){ends}", re.DOTALL)
    mark, inside = re.escape(quote), rf"(?:(?!{re.escape(quote)}).)"
    if escape:
        inside = rf"(?:{re.escape(escape)}.|{inside})"
    quoted = rf"[ \t]*{mark}{inside}*(?:{mark}{mark}{inside}*)*{mark}[ \t]*(?={ends[1:-1]})"
    return re.compile(rf"({quoted}|{bare}){ends}", re.DOTALL)


def _of_group(pattern: str, raw: str, name: str) -> Span | None:
    """The span of a group of the pattern, or of its alternative `name__2`."""
    # By the engine that parsed the record: Python's could take for ever on a hostile one.
    (found,) = pc.extract_regex_span(pa.array([raw.encode()]), f"^(?:{pattern})$").to_pylist()
    spans = [found[group] for group in (name, f"{name}__2") if found and group in found]
    return next((_characters(raw, *span) for span in spans if span[1]), None)


def _characters(raw: str, start: int, length: int) -> Span:
    """The span in characters of one in bytes."""
    data = raw.encode()
    first = len(data[:start].decode("utf-8", "replace"))
    return first, first + len(data[start : start + length].decode("utf-8", "replace"))


def _members(raw: str) -> Iterator[tuple[str, Span]]:
    """The keys of a JSON object, with those of objects in it as `user.id`; and their values."""
    try:
        yield from _object(raw, raw.index("{"), "", json.JSONDecoder().raw_decode)
    except (ValueError, RecursionError):
        return


def _object(
    raw: str, start: int, within: str, decode: Callable[[str, int], tuple[object, int]]
) -> Iterator[tuple[str, Span]]:
    at = _skip(raw, start + 1)
    while raw[at : at + 1] == '"':
        key, at = decode(raw, at)
        at = _skip(raw, at)
        value, end = decode(raw, at)
        yield f"{within}{key}", (at, end)
        if isinstance(value, dict):
            yield from _object(raw, at, f"{within}{key}.", decode)
        at = _skip(raw, end)


def _skip(raw: str, at: int) -> int:
    found = _SPACE.match(raw, at)
    return found.end() if found else at
