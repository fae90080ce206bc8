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
from penstock.formats.parsed import Parsed, RawText, Refused, readable
from penstock.formats.sieve import sieve, why_not_text
from penstock.frames import Values


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
    raw = RawText(block, found)
    refused += [
        Refused(line, raw(line), [_wrong_count(len(header), fields)])
        for line, fields in zip(found.lines[list(wrong)].tolist(), wrong.values(), strict=True)
    ]
    lines = np.delete(found.lines, list(wrong))
    return Parsed(_declared(table, form, columns), lines, raw, count, refused)


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
    raws: dict[int, str] = {}
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
            raws[line] = raw
    values = [pa.array([row[i] for row in rows], pa.string()) for i in range(len(header))]
    declared = _declared(pa.table(values, list(header)), form, columns)
    lines = np.array([*raws], np.int64)
    return Parsed(declared, lines, raws.__getitem__, len(rows) + len(refused), refused)


def _wrong_count(expected: int, found: int) -> str:
    return f"expected {expected} fields, found {found}"


def _declared(table: pa.Table, form: Csv, columns: Sequence[Column]) -> dict[str, Values]:
    """The declared columns in their order; one the file does not have is empty throughout."""
    empty = pa.repeat("", len(table))
    names = [column.name for column in columns]
    values = [table[name] if name in table.column_names else empty for name in names]
    if form.strip:
        values = [pc.utf8_trim_whitespace(value) for value in values]
    return dict(zip(names, values, strict=True))
