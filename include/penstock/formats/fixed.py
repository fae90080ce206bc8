"""Fixed width: fields at the same characters of every line."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from penstock.declare.columns import Column
from penstock.declare.formats import FixedWidth
from penstock.files import records
from penstock.formats.lines import as_strings
from penstock.formats.parsed import Parsed, RawText, Refused
from penstock.formats.reader import BlockContent
from penstock.formats.sieve import sieve
from penstock.formats.text import TextReader


@dataclass(frozen=True)
class FixedWidthReader(TextReader):
    """Reads a record a line, by the places of its characters."""

    form: FixedWidth

    def parse(self, block: BlockContent) -> Parsed:
        return parse(block.data, block.first_line, self.form, self.dataset.file_columns)


def parse(block: bytes, first_line: int, form: FixedWidth, columns: Sequence[Column]) -> Parsed:
    """The rows of `block`; a line that holds text behind its last field is refused.

    Fields that a short line does not reach are empty: many writers cut blanks at its end off.
    """
    found = records.find(block, first_line)
    count = len(found)
    _, found, refused = sieve(block, found)
    lines = as_strings(block, found)
    width = max(last for _, last in form.fields.values())
    long = pc.greater(pc.utf8_length(pc.utf8_rtrim_whitespace(lines)), width)
    good = ~long.to_numpy(zero_copy_only=False).astype(bool)
    raw = RawText(block, found)
    for line in found.lines[~good].tolist():
        refused.append(Refused(line, raw(line), [f"expected at most {width} characters"]))
    kept = lines.filter(good)
    values = {}
    for column in columns:
        first, last = form.fields[column.name]
        values[column.name] = pc.utf8_trim_whitespace(
            pc.utf8_slice_codeunits(kept, first - 1, last)
        )
    return Parsed(values, np.compress(good, found.lines), raw, count, refused)
