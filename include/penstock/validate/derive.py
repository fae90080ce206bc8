"""Columns that no file holds, computed from those that it does."""

from collections.abc import Iterable

import pyarrow as pa

from penstock.columns import Column, Derived


def with_derived(columns: Iterable[Column], table: pa.Table) -> pa.Table:
    """The text columns of `table` and, of `columns`, each derived one."""
    derived = {c.name: _derive(c, table[c.source]) for c in columns if isinstance(c, Derived)}
    return pa.table(dict(zip(table.column_names, table.columns, strict=True)) | derived)


def _derive(column: Derived, source: pa.ChunkedArray) -> pa.Array:
    encoded = source.combine_chunks().dictionary_encode()
    distinct = [column.function(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(distinct, pa.string()).take(encoded.indices)
