"""Lines: fields between separators, or the named groups of a pattern."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from penstock.declare.columns import Column
from penstock.declare.formats import ESCAPED_BYTES, Lines
from penstock.files import content, records
from penstock.files.records import Records
from penstock.formats.escapes import escaped
from penstock.formats.misfit import misfits
from penstock.formats.parsed import Parsed, RawText, Refused
from penstock.formats.reader import BlockContent
from penstock.formats.sieve import sieve
from penstock.formats.text import TextReader

NO_RECORD = "does not have the form of a record"

Rows = tuple[NDArray[np.bool_], list[pa.Array], Callable[[list[int]], list[str]]]
"""Which lines are good, their fields as columns, and the reasons of lines that are not."""


@dataclass(frozen=True)
class LinesReader(TextReader):
    """Reads a record a line, by a separator or a pattern."""

    form: Lines

    def check(self, head: bytes) -> None:
        content.check_is_text(head, any_bytes=self.form.escape_bytes)

    def parse(self, block: BlockContent) -> Parsed:
        return parse(block.data, block.first_line, self.form, self.dataset.file_columns)


def parse(block: bytes, first_line: int, form: Lines, columns: Sequence[Column]) -> Parsed:
    """The rows of `block`; a line with another number of fields, or off the pattern, is refused."""
    escapes: dict[int, int] = {}
    if form.escape_bytes:
        block, escapes = escaped(block, first_line)
    found = records.find(block, first_line)
    count = len(found)
    _, found, refused = sieve(block, found)
    lines = as_strings(block, found)
    names = [column.name for column in columns]
    held = [name for name in names if not (form.escape_bytes and name == ESCAPED_BYTES)]
    if form.separator:
        good, values, why = _split(lines, form.separator, len(held))
    else:
        good, values, why = _match(lines, form, held)
    if form.strip:
        values = [pc.utf8_trim_whitespace(value) for value in values]
    raw = RawText(block, found)
    wrong = np.flatnonzero(~good).tolist()
    refused += [
        Refused(int(found.lines[i]), raw(int(found.lines[i])), [reason])
        for i, reason in zip(wrong, why(wrong), strict=True)
    ]
    fields = dict(zip(held, values, strict=True))
    fields[ESCAPED_BYTES] = _counts(escapes, found.lines[good])
    return Parsed({n: fields[n] for n in names}, found.lines[good], raw, count, refused)


def _counts(escapes: dict[int, int], lines: NDArray[np.int64]) -> pa.Array:
    """The number of escaped bytes in each of the `lines`."""
    if not escapes:
        return pa.repeat("0", len(lines))
    return pa.array([str(escapes.get(line, 0)) for line in lines.tolist()], pa.string())


def as_strings(block: bytes, found: Records) -> pa.Array:
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
    return good, values, lambda wrong: [f"{expected}, found {sizes[i]}" for i in wrong]


def _match(lines: pa.Array, form: Lines, names: list[str]) -> Rows:
    # Matching bytes is ten times as fast, because RE2 needs a far smaller program for it.
    text = lines.cast(pa.binary()) if form.escape_bytes else lines
    groups = pc.extract_regex(text, f"^(?:{form.pattern})$")
    good = groups.is_valid().to_numpy(zero_copy_only=False)
    kept = groups.filter(pa.array(good))
    values = [_field(kept, name) for name in names]

    def why(wrong: list[int]) -> list[str]:
        if not wrong or not form.parts:
            return [NO_RECORD] * len(wrong)
        return [f"{NO_RECORD}: {reason}" for reason in misfits(text.take(wrong), form.parts)]

    return good, values, why


def _field(groups: pa.StructArray, name: str) -> pa.Array:
    """The text of the group `name`, or of `name__2` if that is empty."""
    text = pc.struct_field(groups, name).cast(pa.string())
    other = f"{name}__2"
    if groups.type.get_field_index(other) < 0:
        return text
    return pc.if_else(pc.equal(text, ""), pc.struct_field(groups, other).cast(pa.string()), text)
