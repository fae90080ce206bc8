"""The dialect of one CSV file, detected in its first bytes where the declaration leaves it open.

A dialect is a complete `Csv`; the ledger keeps it for each file.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import islice
from typing import Any

from penstock.declare.columns import Column, normalised
from penstock.declare.formats import Csv
from penstock.files.exact import Grammar, Record, read

SEPARATORS = (",", ";", "\t", "|")
REPEATED_HEADERS = "repeated headers, left out"
"""The start of the note on them; their number follows."""
_MOST_ABOVE = 20  # lines above a header
_MOST_RECORDS = 100  # whose fields are counted
_MARKS = (b"'", b' "', b'\t"')
_EXCEL = re.compile(rb'"?sep=(.)"?\r?$')


def detect(form: Csv, head: bytes, columns: Sequence[Column] = ()) -> Csv:
    """`form` completed by what is detected in `head`, the first bytes of a file after a BOM.

    The separator is the one with which the header names most of `columns`. The header is the first
    row that names all required columns. Without a header, or without `columns`, the separator is
    the one with which the records have the same number of fields.
    """
    if form.header and columns:
        found = _by_names(form, head, columns)
    else:
        found = _by_widths(form, head, 0 if form.header else len(columns))
    return _with_marks_of_header(found, head) if found.header else found


def grammar_of(form: Csv, width: int = 0) -> Grammar:
    """The grammar of records in the dialect `form`, of `width` fields each."""
    return Grammar(
        separator=(form.separator or SEPARATORS[0]).encode(),
        quote=(form.quote or "").encode(),
        escape=(form.escape or "").encode(),
        comment=(form.comment or "").encode(),
        strip=form.strip,
        nulls=tuple(text.encode() for text in form.nulls),
        width=width,
    )


def skipped(head: bytes, lines: int) -> int:
    """The size in bytes of the first `lines` lines."""
    return sum(map(len, head.splitlines(keepends=True)[:lines])) if lines else 0


def fitted(form: Csv, names: Sequence[str], rest: bytes) -> list[str]:
    """The `names` of a header, with as many nameless columns at the end as the records have.

    `rest` is what is known of the file after the header. A separator after the last field gives
    each record an empty field more: a nameless column is added for it. If the records have fewer
    fields than the header, its nameless columns at the end are removed.
    """
    first = next(read(rest, 1, grammar_of(form)), None)
    if first is None or (names[-1].strip() and len(first.fields) == len(names)):
        return list(names)
    named = len(names) - trailing_blanks(names)
    records = _records(replace(form, skip=0), rest)
    widths = {len(record.fields) for record in records}
    if len(widths) != 1:
        return list(names)
    width = widths.pop()
    if width < named or any(any(record.fields[len(names) :]) for record in records):
        return list(names)
    return [*names[:width], *[""] * (width - len(names))]


def describe(form: Csv, declared: Csv) -> str | None:
    """The note on what is neither declared nor usual in a dialect; None if nothing is."""
    found = []
    if declared.separator is None and form.separator != SEPARATORS[0]:
        found.append(
            f"fields separated by {'a tab' if form.separator == chr(9) else form.separator}"
        )
    if form.quote != declared.quote:
        found.append(f"quoted by {form.quote}")
    if form.strip != declared.strip:
        found.append("blanks around fields dropped")
    if declared.skip is None and form.skip:
        found.append(f"{form.skip} line{'s' * (form.skip > 1)} above the header skipped")
    return f"dialect: {', '.join(found)}" if found else None


def as_json(form: Csv) -> dict[str, Any]:
    """A dialect as the ledger keeps it."""
    return {name: value for name, value in asdict(form).items() if name != "gives"}


def from_json(kept: Mapping[str, Any]) -> Csv:
    """A dialect that the ledger has kept."""
    return Csv(**{**kept, "nulls": tuple(kept["nulls"])})


def trailing_blanks(names: Sequence[str]) -> int:
    """How many of the last names are blank."""
    return next((n for n, name in enumerate(reversed(names)) if name.strip()), len(names))


def _by_names(form: Csv, head: bytes, columns: Sequence[Column]) -> Csv:
    known = {column.key for column in columns}
    required = {column.key for column in columns if column.required} or known

    def named(tried: Csv) -> set[str]:
        return known.intersection(map(normalised, first_fields(tried, head)))

    def best(skip: int) -> Csv:
        return max(_tries(form, head, skip), key=lambda tried: len(named(tried)))

    usual = _tries(form, head, form.skip or 0)[0]
    if required <= named(usual):  # nearly always: names rarely hold a comma
        return usual
    usual = best(form.skip or 0)
    if form.skip is not None or required <= named(usual):
        return usual
    below = map(best, range(usual.skip or 0, min(_MOST_ABOVE, len(head.splitlines()))))
    return next((tried for tried in below if required <= named(tried)), usual)


def _by_widths(form: Csv, head: bytes, width: int) -> Csv:
    """Detect by the number of fields in a record: `width`, or any number that all share."""

    def worth(tried: Csv) -> tuple[float, int]:
        widths = Counter(len(record.fields) for record in _records(tried, head))
        if not widths:
            return 0, 0
        usual, times = (width, widths[width]) if width else widths.most_common(1)[0]
        return (times / widths.total() if usual > 1 else 0), usual

    found = max(_tries(form, head, form.skip or 0), key=worth)
    if form.skip is not None or width:
        return found
    usual = worth(found)[1]
    return replace(found, skip=_lines_above(_records(found, head), usual) if usual > 1 else 0)


def _lines_above(records: Sequence[Record], width: int) -> int:
    """The lines above the first record of `width` fields, if all after it have as many."""
    first = next((n for n, r in enumerate(records) if len(r.fields) == width), 0)
    same = all(len(record.fields) == width for record in records[first:])
    return records[first].line - 1 if same and first and first <= _MOST_ABOVE else 0


def _tries(form: Csv, head: bytes, skip: int) -> list[Csv]:
    """`form` with each possible separator; or only the one that a line `sep=;` of Excel names."""
    if form.separator:
        return [replace(form, skip=skip)]
    excel = _EXCEL.match(head.split(b"\n", 1)[0]) if form.skip is None else None
    if excel and (named := excel[1].decode("latin-1")) in SEPARATORS:
        return [replace(form, separator=named, skip=max(skip, 1))]
    marks = (form.quote, form.escape, form.comment)
    return [replace(form, separator=s, skip=skip) for s in SEPARATORS if s not in marks]


def _records(form: Csv, head: bytes) -> list[Record]:
    """The first records of `head`, without the last one if it may be cut off."""
    rest = head[skipped(head, form.skip or 0) :]
    found = list(islice(read(rest, 1, grammar_of(form)), _MOST_RECORDS))
    is_cut_off = found and (found[-1].why or not rest.endswith((b"\n", b"\r")))
    return (found[:-1] or found) if is_cut_off else found


def first_fields(form: Csv, head: bytes) -> list[str]:
    """The fields of the first record after the skipped lines."""
    rest = head[skipped(head, form.skip or 0) :]
    record = next(read(rest, 1, grammar_of(form)), None)
    return [field.decode("utf-8", "replace") for field in record.fields] if record else []


def _with_marks_of_header(form: Csv, head: bytes) -> Csv:
    """`form` with the quotes, or the blanks before quotes, that the header shows."""
    if not any(mark in head for mark in _MARKS):
        return form
    names = first_fields(form, head)
    if names and form.quote == '"' and all(re.fullmatch(r"'[^']*'", name) for name in names):
        return replace(form, quote="'")
    if form.quote and any(
        name != (bare := name.lstrip()) and bare.startswith(form.quote) for name in names
    ):
        return replace(form, strip=True)
    return form
