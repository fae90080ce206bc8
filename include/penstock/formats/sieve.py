"""Removes the records that are not UTF-8: one of them would make a parser refuse the block."""

import numpy as np
from numpy.typing import NDArray

from penstock.files.records import Records
from penstock.formats.parsed import Refused, shown

NOT_UTF8 = "not UTF-8: expected text in UTF-8"
HAS_NUL = "holds a NUL byte: expected text in UTF-8"


def sieve(
    block: bytes, found: Records, blank: NDArray[np.bool_] | None = None
) -> tuple[bytes, Records, list[Refused]]:
    """The block without records that hold NUL or invalid UTF-8, and these as refused records.

    Records that are `blank` are removed, too. The positions of kept records are in the original
    `block`; the bytes that are returned are for parsing.
    """
    keep = np.ones(len(found), bool) if blank is None else ~blank
    bad = {i: why for i, why in _find_bad(block, found).items() if keep[i]}
    if not bad and keep.all():
        return block, found, []
    refused = [
        Refused(
            int(found.lines[i]),
            shown(block[found.starts[i] : found.ends[i]]),
            [bad[i]],
        )
        for i in bad
    ]
    keep[list(bad)] = False
    kept = found.take(keep)
    text = b"\n".join(block[s:e] for s, e in _runs(kept, keep))
    return text, kept, refused


def why_not_text(raw: bytes) -> str | None:
    """The reason why a record is not text; None if it is."""
    if b"\0" in raw:
        return HAS_NUL
    if raw.isascii():  # decoding would make a copy
        return None
    try:
        raw.decode()
    except UnicodeDecodeError:
        return NOT_UTF8
    return None


def _find_bad(block: bytes, found: Records) -> dict[int, str]:
    """Which records are not text, and why. A block that is all text is checked at once."""
    if why_not_text(block) is None:
        return {}
    spans = zip(found.starts.tolist(), found.ends.tolist(), strict=True)
    reasons = ((i, why_not_text(block[start:end])) for i, (start, end) in enumerate(spans))
    return {i: why for i, why in reasons if why}


def _runs(kept: Records, keep: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The start and end of each run of adjacent kept records."""
    if not len(kept):
        return []
    gaps = np.diff(np.flatnonzero(keep)) > 1
    first = np.concatenate(([True], gaps))
    last = np.concatenate((gaps, [True]))
    return list(zip(kept.starts[first].tolist(), kept.ends[last].tolist(), strict=True))
