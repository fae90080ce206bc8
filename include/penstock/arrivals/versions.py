"""Compare a new version of a file with the version before it.

If a new version does not begin with the bytes of the old one, a note says so: the producer may be
appending to a file that was already claimed. With `versions="append"`, only the appended bytes are
loaded, if the file begins with the bytes of the version before.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from penstock import ledger
from penstock.declare.dataset import Dataset
from penstock.errors import RejectFile
from penstock.files import blocks, content, records
from penstock.files.blocks import Block
from penstock.files.exact import Grammar
from penstock.formats.dialect import grammar_of
from penstock.formats.registry import reader_of
from penstock.formats.scanned import Scan

_PIECE = 1 << 20  # bytes compared at a time
Read = Callable[[int, int], bytes]
"""Reads the bytes of a content from one offset to another."""


def follow(dataset: Dataset, file: ledger.File, found: Scan, before: ledger.File) -> Scan:
    """Adjust the scan of a new version to the version `before` it, if that is still in force.

    Raises:
        RejectFile: with `versions="append"`, the file is only the beginning of that version.
        OSError: the file cannot be read.
    """
    if found.content_hash == before.content_hash and not _appends(dataset):
        return found
    if dataset.format_of(file.path).is_table:
        return found  # equal bytes at the beginning do not mean equal rows
    read = _reader(dataset, file)
    same = _same_bytes(dataset, read, found, before)
    if same == before.content_bytes:
        return _continued(found, before, read) if _appends(dataset) else found
    if _appends(dataset) and same == found.content_bytes:
        raise RejectFile(f"holds only the beginning of version {before.version}: nothing new")
    outcome = ": all of it is added" if _appends(dataset) else ", and takes its place"
    return replace(found, notes=[*found.notes, _difference(read, found, before, same) + outcome])


def _appends(dataset: Dataset) -> bool:
    return dataset.versions == "append"


def _continued(found: Scan, before: ledger.File, read: Read) -> Scan:
    """The scan of the appended bytes; of all bytes if the old version ends inside a record."""
    found = replace(found, continues=before.file_id)
    start = before.content_bytes or 0
    grammar = grammar_of(found.dialect, len(found.columns or ())) if found.dialect else None
    first = next((b for b in found.blocks if b.last_byte > start), None)
    if first is None:  # nothing was appended
        return replace(found, blocks=[], first_data_byte=start)
    since = read(first.first_byte, start)
    after = read(start, min(start + 2, found.content_bytes))
    if since and not _ends_a_record(since, after, grammar):
        note = f"version {before.version} ends inside a record: all is loaded again in its place"
        return replace(found, notes=[*found.notes, note])
    lines = records.count_lines(since, len(since), bare_returns=grammar is not None)
    rest = [b for b in found.blocks if b.first_byte > first.first_byte]
    cut = Block(start, first.last_byte, first.first_line + lines)
    return replace(found, blocks=[cut, *rest], first_data_byte=start)


def _ends_a_record(before: bytes, after: bytes, grammar: Grammar | None) -> bool:
    """Whether a record ends between `before`, which begins with a record, and `after`."""
    if not before.endswith(b"\n") and after.startswith((b"\n", b"\r\n")):
        before += b"\n"
    return blocks.ends_a_record(before, grammar)


def _difference(read: Read, found: Scan, before: ledger.File, same: int | None) -> str:
    """Describe how content differs from the version before; `same` is the equal first bytes."""
    if same is None:
        return f"does not begin with what version {before.version} held"
    if b"\n" not in read(found.first_data_byte, max(same, found.first_data_byte)):
        return f"shares nothing with version {before.version}"
    return f"differs from version {before.version} from byte {same + 1:,} on"


def _same_bytes(dataset: Dataset, read: Read, found: Scan, before: ledger.File) -> int | None:
    """Count the equal bytes at the start of both versions; None if the old one is unreadable."""
    held = before.content_bytes or 0
    if found.content_bytes >= held and _digest(read, held) == before.content_hash:
        return held
    old, size = _reader(dataset, before), min(found.content_bytes, held)
    try:
        for start, end in _pieces(size):
            ours, theirs = read(start, end), old(start, end)
            if ours != theirs:
                pairs = zip(ours, theirs, strict=True)
                return start + next(i for i, (a, b) in enumerate(pairs) if a != b)
    except (OSError, RejectFile):  # the old file is gone, or has changed
        return None
    finally:
        content.spool(before.file_id).unlink(missing_ok=True)
    return size


def _digest(read: Read, size: int) -> str:
    sha = hashlib.sha256()
    for start, end in _pieces(size):
        sha.update(read(start, end))
    return sha.hexdigest()


def _pieces(size: int) -> Iterator[tuple[int, int]]:
    return ((start, min(start + _PIECE, size)) for start in range(0, size, _PIECE))


def _reader(dataset: Dataset, file: ledger.File) -> Read:
    source = reader_of(dataset, file.path).open(file.source, file.file_id)
    return lambda start, end: content.read_range(source, start, end)
