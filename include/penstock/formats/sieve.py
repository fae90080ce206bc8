"""Takes out the records that are not text: a parser would refuse the whole block for one."""

import numpy as np
from numpy.typing import NDArray

from penstock.files.records import Records
from penstock.formats.parsed import Refused, shown

NOT_UTF8 = "not UTF-8: expected text in UTF-8"
HAS_NUL = "holds a NUL byte: expected text in UTF-8"


def sieve(
    block: bytes, found: Records, blank: NDArray[np.bool_] | None = None
) -> tuple[bytes, Records, list[Refused]]:
    """The block without its records that hold a NUL or invalid UTF-8, and those, refused.

    Records that are `blank` are left out, too.

    The kept records' positions are in the original `block`; the bytes returned are for parsing.
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
    """What keeps one record from being text, if anything does."""
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
    """Which records are not text, and why: one look at the block where all are."""
    if why_not_text(block) is None:
        return {}
    spans = zip(found.starts.tolist(), found.ends.tolist(), strict=True)
    told = ((i, why_not_text(block[start:end])) for i, (start, end) in enumerate(spans))
    return {i: why for i, why in told if why}


def _runs(kept: Records, keep: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and end of each run of neighbouring kept records."""
    if not len(kept):
        return []
    gaps = np.diff(np.flatnonzero(keep)) > 1
    first = np.concatenate(([True], gaps))
    last = np.concatenate((gaps, [True]))
    return list(zip(kept.starts[first].tolist(), kept.ends[last].tolist(), strict=True))
