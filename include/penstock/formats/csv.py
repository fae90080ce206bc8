"""CSV in its dialect: by Arrow's parser, or by `penstock.files.exact` where quotes are broken."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from penstock.declare.columns import Column, normalised
from penstock.declare.formats import Csv
from penstock.errors.display import excerpt
from penstock.files import exact, records
from penstock.files.encodings import BOM
from penstock.files.exact import Grammar
from penstock.formats import dialect, header
from penstock.formats.dialect import grammar_of
from penstock.formats.frames import Values
from penstock.formats.named import parse_named
from penstock.formats.parsed import Parsed, RawText, Refused, readable
from penstock.formats.reader import BlockContent
from penstock.formats.sieve import sieve, why_not_text
from penstock.formats.text import TextReader, Top


@dataclass(frozen=True)
class CsvReader(TextReader):
    """Reads CSV. The scan finds its dialect and its header, in which each block is parsed."""

    form: Csv
    skips_nuls: ClassVar[bool] = False

    def top(self, head: bytes) -> Top:
        dataset = self.dataset
        form = dialect.detect(self.form, head, dataset.file_columns)
        size, lines = dialect.skipped(head, form.skip or 0), form.skip or 0
        names = [column.name for column in dataset.file_columns]
        if form.header:
            names, size, lines = header.read(head, form)
        names = dialect.fitted(form, names, head[size:])
        named = header.named(names, dataset.file_columns)
        notes = header.check(dataset, names[:named], (form.skip or 0) + 1)
        if named < len(names):
            notes.append(header.nameless_note(named + 1, len(names)))
        if told := dialect.describe(form, self.form):
            notes.append(told)
        return Top(size, lines, names, notes, form, grammar_of(form, len(names)))

    def parse(self, block: BlockContent) -> Parsed:
        form, columns = block.dialect or self.form, self.dataset.file_columns
        means = header.matched(block.columns or [], columns)
        named = header.named(block.columns or [], columns)
        layout = Layout(means, means[named:], block.columns if form.header else None)

        def rows(wanted: Sequence[Column]) -> Parsed:
            return parse(block.data, block.first_line, form, wanted, layout)

        return parse_named(self.dataset, means[:named], rows)


@dataclass(frozen=True)
class Layout:
    """The columns of a file: a name for each field of a record.

    The `nameless` are the last of the `names`; their fields must be empty. `header` is the header
    as found, None if the file has none.
    """

    names: Sequence[str]
    nameless: Sequence[str] = ()
    header: Sequence[str] | None = None


def parse(
    block: bytes, first_line: int, form: Csv, columns: Sequence[Column], layout: Layout
) -> Parsed:
    """The rows of `block` in the dialect `form`; a wrong number of fields is refused.

    Repeated headers are left out.
    """
    grammar = grammar_of(form, len(layout.names))
    if _is_misleading(block, grammar):
        return _parse_exactly(block, first_line, form, columns, layout)
    found = records.find(block, first_line, grammar)
    if found.stray:
        return _parse_exactly(block, first_line, form, columns, layout)
    blank = records.blank(block, found, grammar)
    count = len(found) - int(blank.sum())
    text, found, refused = sieve(block, found, blank)
    table, wrong = _read(text, len(found), grammar, layout.names)
    raw = RawText(block, found)
    refused += [
        Refused(line, raw(line), [_wrong_count(len(layout.names), fields)])
        for line, fields in zip(found.lines[list(wrong)].tolist(), wrong.values(), strict=True)
    ]
    lines = np.delete(found.lines, list(wrong))
    return _without_surplus(Parsed({}, lines, raw, count, refused), table, form, columns, layout)


def _is_misleading(block: bytes, grammar: Grammar) -> bool:
    """Whether Arrow would read `block` differently: escapes, or quotes together with comments."""
    if grammar.escape and grammar.escape in block:
        return True
    return bool(grammar.comment and grammar.comment in block and grammar.quote in block)


def _read(
    text: bytes, count: int, grammar: Grammar, names: Sequence[str]
) -> tuple[pa.Table, dict[int, int]]:
    """The rows of the `count` records of `text`, and the field counts of the wrong records."""
    wrong: dict[int, int] = {}

    def refuse(row: arrow_csv.InvalidRow) -> str:
        wrong[row.number - 1] = row.actual_columns
        return "skip"

    if not count:
        return pa.table({name: pa.array([], pa.string()) for name in names}), wrong
    if text.startswith(BOM):
        text = BOM + text  # Arrow strips a BOM from every block, but only the file's first is one
    table = arrow_csv.read_csv(
        pa.BufferReader(text),
        arrow_csv.ReadOptions(
            use_threads=False, column_names=list(names), block_size=len(text) + 1
        ),
        arrow_csv.ParseOptions(
            delimiter=grammar.separator.decode(),
            quote_char=grammar.quote.decode() or False,
            newlines_in_values=bool(grammar.quote),
            invalid_row_handler=refuse,
        ),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[null.decode() for null in grammar.nulls],
            strings_can_be_null=bool(grammar.nulls),
            quoted_strings_can_be_null=False,
            check_utf8=False,  # the sieve has done so
        ),
    )
    if grammar.nulls:
        table = pa.table([pc.fill_null(column, "") for column in table.columns], list(names))
    return table, wrong


def _parse_exactly(
    block: bytes, first_line: int, form: Csv, columns: Sequence[Column], layout: Layout
) -> Parsed:
    """Parse record by record, for a block whose quotes do not pair up."""
    rows: list[list[str]] = []
    raws: dict[int, str] = {}
    refused: list[Refused] = []
    width = len(layout.names)
    for record in exact.read(block, first_line, grammar_of(form, width)):
        raw = block[record.start : record.end].rstrip(b"\r\n")
        reason = why_not_text(raw) or record.why
        if reason is None and len(record.fields) != width:
            reason = _wrong_count(width, len(record.fields))
        if reason:
            refused.append(Refused(record.line, readable(raw), [reason]))
        else:
            rows.append([field.decode() for field in record.fields])
            raws[record.line] = raw.decode()
    values = [pa.array([row[i] for row in rows], pa.string()) for i in range(width)]
    parsed = Parsed(
        {}, np.array([*raws], np.int64), raws.__getitem__, len(rows) + len(refused), refused
    )
    return _without_surplus(parsed, pa.table(values, list(layout.names)), form, columns, layout)


def _wrong_count(expected: int, found: int) -> str:
    return f"expected {expected} fields, found {found}"


def _without_surplus(
    parsed: Parsed, table: pa.Table, form: Csv, columns: Sequence[Column], layout: Layout
) -> Parsed:
    """`parsed` with the columns of `table`, without repeated headers and surplus fields."""
    if form.strip:
        stripped = [pc.utf8_trim_whitespace(column) for column in table.columns]
        table = pa.table(stripped, table.column_names)
    repeated = _is_header(table, layout.header) if layout.header else np.zeros(len(table), bool)
    surplus = _any_filled(table.select(layout.nameless)) & ~repeated
    refused = [
        Refused(
            line := int(parsed.lines[row]), parsed.raw(line), [_why_surplus(table, layout, row)]
        )
        for row in np.flatnonzero(surplus).tolist()
    ]
    keep = ~(repeated | surplus)
    if not keep.all():
        table = table.filter(pa.array(keep))
    return replace(
        parsed,
        columns=_declared(table, columns),
        lines=parsed.lines[keep],
        records=parsed.records - int(repeated.sum()),
        refused=[*parsed.refused, *refused],
        repeated_headers=int(repeated.sum()),
    )


def _is_header(table: pa.Table, header: Sequence[str]) -> NDArray[np.bool_]:
    """Which rows repeat the header, whatever the case, and with or without a BOM before it."""
    first, mark = header[0].strip(), BOM.decode()
    cases = [first, header[0], first.lower(), first.upper(), first.title()]
    known = pa.array([*cases, *(mark + name for name in cases)])
    rows: NDArray[np.bool_] = pc.is_in(table.column(0), value_set=known).to_numpy(
        zero_copy_only=False
    )
    expected = [normalised(name) for name in header]
    for row in np.flatnonzero(rows).tolist():
        texts = (column[row].as_py().removeprefix(mark) for column in table.columns)
        rows[row] = [normalised(text) for text in texts] == expected
    return rows


def _any_filled(table: pa.Table) -> NDArray[np.bool_]:
    """Which rows hold more than empty fields."""
    filled: list[NDArray[np.bool_]] = [pc.not_equal(c, "").to_numpy() for c in table.columns]
    any_filled: NDArray[np.bool_] = np.logical_or.reduce([np.zeros(len(table), bool), *filled])
    return any_filled


def _why_surplus(table: pa.Table, layout: Layout, row: int) -> str:
    """The reason that names the first filled field without a column name."""
    name = next(name for name in layout.nameless if table[name][row].as_py())
    number = list(layout.names).index(name) + 1
    return f"column {number}: found {excerpt(table[name][row].as_py())}, but it has no name"


def _declared(table: pa.Table, columns: Sequence[Column]) -> dict[str, Values]:
    """The declared columns in their order; a column that the file lacks is empty."""
    empty = pa.repeat("", len(table))
    names = [column.name for column in columns]
    return {name: table[name] if name in table.column_names else empty for name in names}
