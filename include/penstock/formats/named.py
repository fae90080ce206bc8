"""Rows of a file that names its columns: which are declared, which are extra, which are absent."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pyarrow as pa

from penstock.declare.columns import Column, Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import EXTRA
from penstock.formats import header
from penstock.formats.parsed import Parsed


def parse_named(
    dataset: Dataset, names: Sequence[str], parse: Callable[[Sequence[Column]], Parsed]
) -> Parsed:
    """What `parse` gives for the columns of a file that calls them `names`.

    It is asked for the declared columns, and for the extra ones where the dataset keeps these: they
    become one column of JSON objects.
    """
    columns = dataset.file_columns
    extra = header.undeclared(names, columns) if dataset.unknown_columns == "keep" else []
    parsed = parse([*columns, *map(Text, extra)])
    return _with_extra(_with_absent(dataset, names, parsed), extra)


def _with_absent(dataset: Dataset, names: Sequence[str], parsed: Parsed) -> Parsed:
    """With the columns that all rows lack, because the header does not name them."""
    absent = ",".join(name for name in dataset.may_lack if name not in names)
    if not absent:
        return parsed
    return replace(parsed, absent=pa.repeat(absent, len(parsed.lines)))


def _with_extra(parsed: Parsed, extra: Sequence[str]) -> Parsed:
    """With the columns `extra` as one of JSON objects."""
    if not extra:
        return parsed
    rows = zip(*(parsed.columns[name].to_pylist() for name in extra), strict=True)
    objects = [json.dumps(dict(zip(extra, row, strict=True)), ensure_ascii=False) for row in rows]
    declared = {name: text for name, text in parsed.columns.items() if name not in extra}
    return replace(parsed, columns={**declared, EXTRA: pa.array(objects, pa.string())})
