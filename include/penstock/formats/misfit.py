"""Finds the part of a line that does not match its pattern."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.declare.formats import Part
from penstock.errors.display import excerpt

_MOST_QUOTED = 400  # bytes, of which a reason shows fewer characters


def misfits(lines: pa.Array, parts: Sequence[Part]) -> list[str]:
    """For each line, where its longest match of `parts` ends, and what was expected there."""
    reasons = [""] * len(lines)
    left, ends = np.arange(len(lines)), np.zeros(len(lines), np.int64)
    pattern = ""
    for part in parts:
        pattern += part.regex
        fits = pc.extract_regex(lines.take(pa.array(left)), f"^(?P<whole>{pattern})")
        good = fits.is_valid().to_numpy(zero_copy_only=False)
        for i in left[~good].tolist():
            reasons[i] = _reason(lines[i].as_py(), int(ends[i]), part.expected)
        left = left[good]
        lengths = pc.binary_length(pc.struct_field(fits.filter(pa.array(good)), "whole"))
        ends[left] = lengths.to_numpy(zero_copy_only=False)
    for i in left.tolist():
        reasons[i] = _reason(lines[i].as_py(), int(ends[i]), "the end of the line")
    return reasons


def _reason(line: bytes | str, end: int, expected: str) -> str:
    raw = line if isinstance(line, bytes) else line.encode()
    place = len(raw[:end].decode("utf-8", "replace")) + 1
    rest = raw[end : end + _MOST_QUOTED].decode("utf-8", "replace")
    found = excerpt(rest) if rest else "the end of the line"
    return f"character {place}: expected {expected}, found {found}"
