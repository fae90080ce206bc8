"""Takes out the records that are not text: a parser would refuse the whole block for one."""

import codecs

import numpy as np
from numpy.typing import NDArray

from penstock.formats.parsed import Refused, readable
from penstock.records import Records

NOT_UTF8 = "not UTF-8: expected text in UTF-8"
HAS_NUL = "holds a NUL byte: expected text in UTF-8"


def sieve(block: bytes, found: Records) -> tuple[bytes, Records, list[Refused]]:
    """The block without its records that hold a NUL or invalid UTF-8, and those, refused.

    The kept records' positions are in the original `block`; the bytes returned are for parsing.
    """
    bad = dict.fromkeys(_with_invalid_text(block, found), NOT_UTF8)
    bad |= dict.fromkeys(_with_nul(block, found), HAS_NUL)
    if not bad:
        return block, found, []
    refused = [
        Refused(
            int(found.lines[i]),
            readable(block[found.starts[i] : found.ends[i]]),
            [bad[i]],
        )
        for i in sorted(bad)
    ]
    keep = np.ones(len(found), bool)
    keep[list(bad)] = False
    kept = found.take(keep)
    text = b"\n".join(block[s:e] for s, e in _runs(kept, keep))
    return text, kept, refused


def why_not_text(raw: bytes) -> str | None:
    """What keeps one record from being text, if anything does."""
    if b"\0" in raw:
        return HAS_NUL
    try:
        raw.decode()
    except UnicodeDecodeError:
        return NOT_UTF8
    return None


def _with_nul(block: bytes, found: Records) -> set[int]:
    places, at = [], block.find(b"\0")
    while at >= 0:
        record = _record_at(found, at)
        places.append(record)
        at = block.find(b"\0", max(int(found.ends[record]), at + 1))
    return set(places)


def _with_invalid_text(block: bytes, found: Records) -> set[int]:
    places: set[int] = set()
    view, start = memoryview(block), 0
    while True:
        try:
            codecs.utf_8_decode(view[start:], "strict", True)
        except UnicodeDecodeError as error:
            at = start + error.start
            record = _record_at(found, at)
            places.add(record)
            start = max(int(found.ends[record]), at + 1)
        else:
            return places


def _record_at(found: Records, at: int) -> int:
    return max(int(np.searchsorted(found.starts, at, side="right")) - 1, 0)


def _runs(kept: Records, keep: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and end of each run of neighbouring kept records."""
    if not len(kept):
        return []
    gaps = np.diff(np.flatnonzero(keep)) > 1
    first = np.concatenate(([True], gaps))
    last = np.concatenate((gaps, [True]))
    return list(zip(kept.starts[first].tolist(), kept.ends[last].tolist(), strict=True))
