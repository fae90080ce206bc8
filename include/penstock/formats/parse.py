"""Bytes of a block to rows, for any format."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from penstock.declare.columns import Text
from penstock.declare.dataset import Dataset, Format
from penstock.declare.formats import (
    EXTRA,
    Csv,
    Excel,
    FixedWidth,
    Json,
    JsonLines,
    Lines,
    Listing,
    Parquet,
)
from penstock.declare.logs.w3c import W3C
from penstock.errors import PenstockError
from penstock.formats import csv, fixed, header, jsonlines, lines, listing, tables, w3c
from penstock.formats.frames import Values
from penstock.formats.parsed import Parsed


def parse(
    dataset: Dataset,
    path: str,
    block: bytes,
    first_line: int,
    found: Sequence[str] | None,
    etag: str = "",
    dialect: Csv | None = None,
) -> Parsed:
    """The rows of one block of the file at `path`, whose columns the scan has `found`, if any.

    A CSV is read in its `dialect`, if the scan has found one, else as it is declared.

    Of a listing there is no block, but the `etag` by which the landing zone knows the file.
    """
    if isinstance(dataset.format_of(path), Listing):
        parsed = listing.parse(path, etag, dataset.file_columns)
    else:
        form = dialect or dataset.format_of(path)
        parsed = _parse(dataset, form, block, first_line, found)
    absent = parsed.absent if dataset.may_lack else None
    return replace(parsed, columns=_complete(dataset, path, parsed), absent=absent)


def _parse(
    dataset: Dataset, form: Format, block: bytes, first_line: int, found: Sequence[str] | None
) -> Parsed:
    columns, keep = dataset.file_columns, dataset.unknown_columns == "keep"
    match form:
        case Csv() | Parquet() | Excel():
            means = header.matched(found or [], columns)
            named = header.named(found or [], columns) if isinstance(form, Csv) else len(means)
            names = means[:named]
            extra = header.undeclared(names, columns) if keep else []
            wanted = [*columns, *map(Text, extra)]
            if isinstance(form, Csv):
                layout = csv.Layout(means, means[named:], found if form.header else None)
                rows = csv.parse(block, first_line, form, wanted, layout)
            else:
                rows = tables.parse(block, names, wanted)
            return _folded(_lacking(dataset, names, rows), extra)
        case JsonLines() | Json():
            return jsonlines.parse(block, first_line, columns, keep)
        case FixedWidth():
            return fixed.parse(block, first_line, form, columns)
        case Lines():
            return lines.parse(block, first_line, form, columns)
        case W3C():
            names = header.matched(w3c.names_of(found or []), columns)
            extra = header.undeclared(names, columns) if keep else []
            wanted = [*columns, *map(Text, extra)]
            rows = w3c.parse(block, first_line, columns, wanted, found or [])
            return _folded(_lacking(dataset, names, rows), extra)
    raise PenstockError(f"dataset {dataset.name}: no parser for {type(form).__name__}")


def _lacking(dataset: Dataset, names: Sequence[str], parsed: Parsed) -> Parsed:
    """With the columns that all rows lack, as the header does not have them."""
    absent = ",".join(name for name in dataset.may_lack if name not in names)
    if not absent:
        return parsed
    return replace(parsed, absent=pa.repeat(absent, len(parsed.lines)))


def _folded(parsed: Parsed, extra: Sequence[str]) -> Parsed:
    """The columns `extra` made one, of JSON objects."""
    if not extra:
        return parsed
    rows = zip(*(parsed.columns[name].to_pylist() for name in extra), strict=True)
    objects = [json.dumps(dict(zip(extra, row, strict=True)), ensure_ascii=False) for row in rows]
    declared = {name: text for name, text in parsed.columns.items() if name not in extra}
    return replace(parsed, columns={**declared, EXTRA: pa.array(objects, pa.string())})


def _complete(dataset: Dataset, path: str, parsed: Parsed) -> dict[str, Values]:
    """The columns with those that come from the path, and in the order all formats share."""
    constants = dataset.path_values(path) or {}
    if dataset.unknown_columns == "keep" and EXTRA not in parsed.columns:
        constants[EXTRA] = "{}"
    rows = len(parsed.lines)
    given = parsed.columns | {name: pa.repeat(text, rows) for name, text in constants.items()}
    names = [*(column.name for column in dataset.file_columns), *dataset.path_columns]
    return {name: given[name] for name in [*names, *[EXTRA] * (dataset.unknown_columns == "keep")]}
