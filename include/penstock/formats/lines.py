"""Lines: fields between separators, or the named groups of a pattern."""

import re
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from penstock import records
from penstock.columns import Column
from penstock.formats.declared import Lines
from penstock.formats.parsed import Parsed, RawText, Refused, readable
from penstock.formats.sieve import sieve
from penstock.records import Records

_LITERAL_ESCAPE = re.compile(rb"\\(?=x[0-9a-fA-F]{2})")

Rows = tuple[NDArray[np.bool_], list[pa.Array], Callable[[int], str]]
"""Which lines are good, their fields as columns, and what to say of a line that is not."""


def parse(block: bytes, first_line: int, form: Lines, columns: Sequence[Column]) -> Parsed:
    """The rows of `block`; a line with another number of fields, or off the pattern, is refused."""
    if form.escape_bytes:
        block = escaped(block)
    found = records.find(block, first_line)
    count = len(found)
    _, found, refused = sieve(block, found)
    lines = _as_strings(block, found)
    names = [column.name for column in columns]
    if form.separator:
        good, values, told = _split(lines, form.separator, len(names))
    else:
        good, values, told = _match(lines, form.pattern or "", names)
    if form.strip:
        values = [pc.utf8_trim_whitespace(value) for value in values]
    raw = RawText(block, found)
    wrong = [(int(found.lines[i]), told(i)) for i in np.flatnonzero(~good).tolist()]
    refused += [Refused(line, raw(line), [why]) for line, why in wrong]
    fields = dict(zip(names, values, strict=True))
    return Parsed(fields, found.lines[good], raw, count, refused)


def escaped(block: bytes) -> bytes:
    """Text in UTF-8 for any bytes, and another text for others: see `Lines`."""
    text = _LITERAL_ESCAPE.sub(rb"\\x5c", block) if b"\\x" in block else block
    return readable(text).encode()


def _as_strings(block: bytes, found: Records) -> pa.Array:
    """The lines as one Arrow array: their bytes back to back, and the offsets between."""
    edges = np.zeros(len(block) + 1, np.int8)
    edges[found.starts] = 1
    edges[found.ends] = -1
    inside = np.cumsum(edges[:-1], dtype=np.int8).view(bool)
    data = np.frombuffer(block, np.uint8)[inside]
    offsets = np.concatenate(([0], np.cumsum(found.ends - found.starts))).astype(np.int32)
    return pa.StringArray.from_buffers(len(found), pa.py_buffer(offsets), pa.py_buffer(data))


def _split(lines: pa.Array, separator: str, width: int) -> Rows:
    fields = pc.split_pattern(lines, separator)
    sizes = pc.list_value_length(fields).to_numpy(zero_copy_only=False)
    good = sizes == width
    flat = pc.list_flatten(fields.filter(pa.array(good)))
    values = [flat.take(pa.array(np.arange(i, len(flat), width))) for i in range(width)]
    expected = f"expected {width} fields separated by {separator!r}"
    return good, values, lambda i: f"{expected}, found {sizes[i]}"


def _match(lines: pa.Array, pattern: str, names: list[str]) -> Rows:
    groups = pc.extract_regex(lines, f"^(?:{pattern})$")
    good = groups.is_valid().to_numpy(zero_copy_only=False)
    kept = groups.filter(pa.array(good))
    values = [pc.struct_field(kept, name) for name in names]
    return good, values, lambda _: "does not have the form of a record"
