"""Lines: fields between separators, or the named groups of a pattern."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from penstock import records
from penstock.columns import Column
from penstock.formats.declared import Lines
from penstock.formats.parsed import Parsed, RawText, Refused
from penstock.formats.sieve import sieve

Rows = tuple[NDArray[np.bool_], pa.Table, Callable[[int], str]]
"""Which lines are good, their fields as columns, and what to say of a line that is not."""


def parse(block: bytes, first_line: int, form: Lines, columns: Sequence[Column]) -> Parsed:
    """The rows of `block`; a line with another number of fields, or off the pattern, is refused."""
    found = records.find(block, first_line)
    count = len(found)
    _, found, refused = sieve(block, found)
    lines = pa.array([block[s:e] for s, e in zip(found.starts, found.ends, strict=True)], pa.string())
    names = [column.name for column in columns]
    if form.separator is not None:
        good, table, told = _split(lines, form.separator, names)
    else:
        assert form.pattern is not None  # noqa: S101 - Lines holds one of the two
        good, table, told = _match(lines, form.pattern, names)
    raws = RawText(block, found.starts, found.ends)
    refused += [
        Refused(int(found.lines[i]), raws(i), [told(i)]) for i in np.flatnonzero(~good).tolist()
    ]
    kept = found.take(good)
    return Parsed(table, kept.lines, RawText(block, kept.starts, kept.ends), count, refused)


def _split(lines: pa.Array, separator: str, names: list[str]) -> Rows:
    fields = pc.split_pattern(lines, separator)
    sizes = pc.list_value_length(fields).to_numpy(zero_copy_only=False)
    good = sizes == len(names)
    flat = pc.list_flatten(fields.filter(pa.array(good)))
    values = [flat.take(pa.array(np.arange(i, len(flat), len(names)))) for i in range(len(names))]
    expected = f"expected {len(names)} fields separated by {separator!r}"
    return good, pa.table(values, names), lambda i: f"{expected}, found {sizes[i]}"


def _match(lines: pa.Array, pattern: str, names: list[str]) -> Rows:
    groups = pc.extract_regex(lines, pattern)
    good = groups.is_valid().to_numpy(zero_copy_only=False)
    kept = groups.filter(pa.array(good))
    values = [pc.fill_null(pc.struct_field(kept, name), "") for name in names]
    return good, pa.table(values, names), lambda _: "does not have the form of a record"
