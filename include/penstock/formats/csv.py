"""CSV after RFC 4180: Arrow's parser where it can be trusted, Python's where it cannot."""

import io
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from penstock import records
from penstock.columns import Column
from penstock.formats.declared import Csv
from penstock.formats.parsed import GivenText, Parsed, RawText, Refused
from penstock.formats.sieve import sieve


def parse(
    block: bytes, first_line: int, form: Csv, columns: Sequence[Column], header: Sequence[str]
) -> Parsed:
    """The rows of `block` below a `header` that is known; a wrong number of fields is refused."""
    quote, separator = b'"', form.separator.encode()
    found = records.find(block, first_line, quote if form.multiline else b"", separator)
    if found.stray or (not form.multiline and quote in block):
        return _parse_exactly(block, first_line, form, columns, header)
    count = len(found)
    text, found, refused = sieve(block, found)
    table, short = _read(text, form, header)
    refused += [
        Refused(int(found.lines[i]), raw, [_wrong_count(len(header), fields)])
        for i, fields, raw in ((i, n, RawText(block, found.starts, found.ends)(i)) for i, n in short)
    ]
    good = np.ones(len(found), bool)
    good[[i for i, _ in short]] = False
    kept = found.take(good)
    raws = RawText(block, kept.starts, kept.ends)
    return Parsed(_declared(table, form, columns), kept.lines, raws, count, refused)


def _read(text: bytes, form: Csv, header: Sequence[str]) -> tuple[pa.Table, list[tuple[int, int]]]:
    """Rows, and (record number, fields found) of those with a wrong number of fields."""
    short: list[tuple[int, int]] = []

    def refuse(row: arrow_csv.InvalidRow) -> str:
        short.append((row.number - 1, row.actual_columns))
        return "skip"

    if not text:
        return pa.table({name: pa.array([], pa.string()) for name in header}), short
    table = arrow_csv.read_csv(
        io.BytesIO(text),
        arrow_csv.ReadOptions(
            use_threads=False, column_names=list(header), block_size=len(text) + 1
        ),
        arrow_csv.ParseOptions(
            delimiter=form.separator, newlines_in_values=True, invalid_row_handler=refuse
        ),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
        ),
    )
    return table, short


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
        reason = _refusal(raw, fields, header)
        if reason:
            shown = raw.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            refused.append(Refused(line, shown.replace("\0", "\\x00"), [reason]))
        else:
            rows.append(fields)
            lines.append(line)
            raws.append(raw)
    values = zip(*rows, strict=True) if rows else [[] for _ in header]
    table = pa.table(
        {name: pa.array(list(v), pa.string()) for name, v in zip(header, values, strict=True)}
    )
    count = len(rows) + len(refused)
    return Parsed(
        _declared(table, form, columns), np.array(lines, np.int64), GivenText(raws), count, refused
    )


def _refusal(raw: str, fields: list[str], header: Sequence[str]) -> str | None:
    if "\0" in raw:
        return "holds a NUL byte: expected text in UTF-8"
    try:
        raw.encode()
    except UnicodeEncodeError:
        return "not UTF-8: expected text in UTF-8"
    return None if len(fields) == len(header) else _wrong_count(len(header), len(fields))


def _wrong_count(expected: int, found: int) -> str:
    return f"expected {expected} fields, found {found}"


def _declared(table: pa.Table, form: Csv, columns: Sequence[Column]) -> pa.Table:
    """The declared columns in their order; one the file does not have is empty throughout."""
    empty = pa.array([""], pa.string()).take(pa.array(np.zeros(len(table), np.int64)))
    values = [
        table[column.name] if column.name in table.column_names else pa.chunked_array([empty])
        for column in columns
    ]
    if form.strip:
        values = [pc.utf8_trim_whitespace(value) for value in values]
    return pa.table(values, [column.name for column in columns])
