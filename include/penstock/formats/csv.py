"""CSV after RFC 4180: Arrow's parser where it can be trusted, Python's where it cannot."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from penstock import records
from penstock.columns import Column
from penstock.content import BOM
from penstock.formats.declared import Csv
from penstock.formats.parsed import GivenText, Parsed, RawText, Refused, readable
from penstock.formats.sieve import sieve, why_not_text


def parse(
    block: bytes, first_line: int, form: Csv, columns: Sequence[Column], header: Sequence[str]
) -> Parsed:
    """The rows of `block` below a `header` that is known; a wrong number of fields is refused."""
    found = records.find(block, first_line, form.quote, form.separator.encode())
    if found.stray:
        return _parse_exactly(block, first_line, form, columns, header)
    count = len(found)
    text, found, refused = sieve(block, found)
    table, wrong = _read(text, len(found), form, header)
    raw = RawText(block, found.starts, found.ends)
    refused += [
        Refused(int(found.lines[row]), raw(row), [_wrong_count(len(header), fields)])
        for row, fields in wrong.items()
    ]
    good = np.ones(len(found), bool)
    good[list(wrong)] = False
    kept = found.take(good)
    raws = RawText(block, kept.starts, kept.ends)
    return Parsed(_declared(table, form, columns), kept.lines, raws, count, refused)


def _read(
    text: bytes, count: int, form: Csv, header: Sequence[str]
) -> tuple[pa.Table, dict[int, int]]:
    """Rows of the `count` records of `text`, and how many fields the wrong records have."""
    wrong: dict[int, int] = {}

    def refuse(row: arrow_csv.InvalidRow) -> str:
        wrong[row.number - 1] = row.actual_columns
        return "skip"

    if not count:
        return pa.table({name: pa.array([], pa.string()) for name in header}), wrong
    if text.startswith(BOM):
        text = BOM + text  # Arrow takes one off every block, and only a file's first is no data
    table = arrow_csv.read_csv(
        pa.BufferReader(text),
        arrow_csv.ReadOptions(
            use_threads=False, column_names=list(header), block_size=len(text) + 1
        ),
        arrow_csv.ParseOptions(
            delimiter=form.separator, newlines_in_values=True, invalid_row_handler=refuse
        ),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            strings_can_be_null=False,
            check_utf8=False,  # the sieve has done so
        ),
    )
    return table, wrong


def _parse_exactly(
    block: bytes, first_line: int, form: Csv, columns: Sequence[Column], header: Sequence[str]
) -> Parsed:
    """Record by record with `csv.reader`: for a block whose quotes do not pair up."""
    rows: list[list[str]] = []
    lines: list[int] = []
    raws: list[str] = []
    refused: list[Refused] = []
    text = block.decode("utf-8", "surrogateescape")
    for line, raw, fields in records.read_exactly(text, first_line, form.separator, form.strip):
        original = raw.encode("utf-8", "surrogateescape")
        reason = why_not_text(original)
        if reason is None and len(fields) != len(header):
            reason = _wrong_count(len(header), len(fields))
        if reason:
            refused.append(Refused(line, readable(original), [reason]))
        else:
            rows.append(fields)
            lines.append(line)
            raws.append(raw)
    values = [pa.array([row[i] for row in rows], pa.string()) for i in range(len(header))]
    table = _declared(pa.table(values, list(header)), form, columns)
    count = len(rows) + len(refused)
    return Parsed(table, np.array(lines, np.int64), GivenText(raws), count, refused)


def _wrong_count(expected: int, found: int) -> str:
    return f"expected {expected} fields, found {found}"


def _declared(table: pa.Table, form: Csv, columns: Sequence[Column]) -> pa.Table:
    """The declared columns in their order; one the file does not have is empty throughout."""
    empty = pa.repeat("", len(table))
    values = [
        table[column.name] if column.name in table.column_names else pa.chunked_array([empty])
        for column in columns
    ]
    if form.strip:
        values = [pc.utf8_trim_whitespace(value) for value in values]
    return pa.table(values, [column.name for column in columns])
