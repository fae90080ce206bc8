"""Parquet: its rows as exact text."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from penstock.declare.columns import Column, paths
from penstock.errors import RejectFile
from penstock.formats.tables import Batch, Table, TableReader

_ROWS = 8192  # in a batch
_BUFFER = 1 << 20


@dataclass(frozen=True)
class ParquetReader(TableReader):
    """Reads a Parquet file."""

    def table(self, place: Path) -> Table:
        names, batches = read(place, self.dataset.file_columns)
        return Table(names, _numbered(batches), [])


def _numbered(batches: Iterator[list[pa.Array]]) -> Iterator[Batch]:
    first = 1
    for columns in batches:
        rows = len(columns[0]) if columns else 0
        yield range(first, first + rows), columns
        first += rows


def read(place: Path, columns: Sequence[Column]) -> tuple[list[str], Iterator[list[pa.Array]]]:
    """The names of the columns, and the rows as batches of text, an array a column.

    A struct is several columns if a column's header leads into it, as `user.id` does.

    Raises:
        RejectFile: the file is damaged or not Parquet; also while the batches are read.
    """
    try:
        file = pq.ParquetFile(place, buffer_size=_BUFFER, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(error) from error
    heads = set(paths(columns))
    empty = _flat(file.schema_arrow.empty_table(), heads)
    return empty.column_names, _batches(file, heads)


def _batches(file: pq.ParquetFile, heads: set[str]) -> Iterator[list[pa.Array]]:
    try:
        for batch in file.iter_batches(_ROWS, use_threads=False):
            table = _flat(pa.Table.from_batches([batch]), heads)
            yield [text_of(column.combine_chunks()) for column in table.columns]
    except (pa.ArrowException, OSError) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> Exception:
    if isinstance(error, MemoryError | PermissionError | FileNotFoundError):
        return error
    return RejectFile(f"the Parquet file is damaged: {str(error).splitlines()[0]}")


def _flat(table: pa.Table, heads: set[str]) -> pa.Table:
    """The table with each struct in `heads` flattened: `user.id` is a column."""
    while True:
        parts = [pa.types.is_struct(f.type) and f.name in heads for f in table.schema]
        if not any(parts):
            return table
        columns: list[tuple[str, Any]] = []
        for field, column, is_taken_apart in zip(table.schema, table.columns, parts, strict=True):
            taken = column.flatten() if is_taken_apart else [column]
            names = (
                [f"{field.name}.{f.name}" for f in field.type] if is_taken_apart else [field.name]
            )
            columns += zip(names, taken, strict=True)
        table = pa.table([c for _, c in columns], [name for name, _ in columns])


def text_of(values: pa.Array) -> pa.Array:
    """`values` as text; null is empty."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return text_of(values.cast(kind.value_type))
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        text = pa.array(map(_text, values.to_pylist()), pa.string())
    elif pa.types.is_timestamp(kind):
        text = _instants(values)
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        text = _numbers(values)
    elif pa.types.is_duration(kind) or pa.types.is_fixed_size_binary(kind):
        text = pa.array(map(_text, values.to_pylist()), pa.string())
    else:
        text = values.cast(pa.string())
    return pc.fill_null(text, "")


def _instants(values: pa.Array) -> pa.Array:
    """Timestamps as ISO 8601, in UTC if they have a zone, in microseconds if that is exact."""
    zone = "UTC" if values.type.tz else None
    if values.type.unit == "ns":
        with suppress(pa.ArrowInvalid):
            values = values.cast(pa.timestamp("us", values.type.tz))
    text = values.cast(pa.timestamp(values.type.unit, zone)).cast(pa.string())
    return pc.replace_substring(text, " ", "T", max_replacements=1)


def _numbers(values: pa.Array) -> pa.Array:
    """Numbers without exponents."""
    text = values.cast(pa.string())
    if not pc.any(pc.match_substring(text, "e", ignore_case=True)).as_py():
        return text
    return pa.array(map(positional, text.to_pylist()), pa.string())


def positional(number: str | None) -> str | None:
    """A number without an exponent: `0.0000001` of `1e-7`."""
    return number and (format(Decimal(number), "f") if "e" in number.lower() else number)


def _text(value: Any) -> str | None:
    """Bytes as UTF-8 or as `\\x` and hex digits; lists and structs as JSON."""
    match value:
        case None:
            return None
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                return f"\\x{value.hex()}"
        case list() | dict():
            return json.dumps(value, ensure_ascii=False, default=_json)
    return str(value)


def _json(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else _text(value) or ""
