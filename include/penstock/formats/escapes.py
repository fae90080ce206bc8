"""Escapes of bytes that are not UTF-8: see `Lines`."""

import re

import numpy as np

from penstock.files import records
from penstock.formats.parsed import readable
from penstock.formats.sieve import why_not_text

_LITERAL_ESCAPE = re.compile(rb"\\(?=x[0-9a-fA-F]{2})")
_ESCAPE = re.compile(rb"\\x[0-9a-fA-F]{2}")


def escaped(block: bytes, first_line: int) -> tuple[bytes, dict[int, int]]:
    """`block` as UTF-8, and for each line with escapes the number of escaped bytes."""
    if why_not_text(block) is None:
        return block, {}
    found = records.find(block, first_line)
    data = np.frombuffer(block, np.uint8)
    odd = np.flatnonzero((data >= 0x80) | (data == 0))
    at = np.unique(np.searchsorted(found.starts, odd, side="right") - 1)
    pieces, counts, copied = [], {}, 0
    for i in at[at >= 0].tolist():
        start, end = int(found.starts[i]), int(found.ends[i])
        if why_not_text(block[start:end]):
            text = escaped_line(block[start:end])
            pieces += [block[copied:start], text]
            counts[int(found.lines[i])] = len(_ESCAPE.findall(text))
            copied = end
    return b"".join([*pieces, block[copied:]]), counts


def escaped_line(line: bytes) -> bytes:
    r"""A line that is not UTF-8, as text in which each `\xHH` is one byte."""
    return readable(_LITERAL_ESCAPE.sub(rb"\\x5c", line)).encode()
