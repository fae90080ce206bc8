"""Write files so that a reader finds the old file or the whole new one, never a part.

A draft is written under a hidden name beside its target, `.<name>.<number>.part`, and renamed once
it is whole. `landing` says why nothing with such a name counts; `sweep` deletes what killed
processes leave.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from penstock.errors import faults

_MOST_BYTES = 200  # of a name that gets something added: no file system takes more than 255


@contextmanager
def atomic_write(target: Path, *, sync: bool = False) -> Iterator[Path]:
    """Yield a draft to write, which replaces `target` in the end; on an error it is deleted.

    `sync`: wait until the bytes are on disk. For the name see `sync_folder`.

    Raises:
        OSError: it cannot be written; the error names the draft.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = draft_of(target)
    try:
        with faults.at(draft):
            yield draft
            if sync:
                sync_file(draft)
        draft.replace(target)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def draft_of(target: Path) -> Path:
    """A hidden name beside `target` that nobody else uses."""
    return beside(target, f"{secrets.randbelow(10**12)}.part")


def beside(target: Path, suffix: str) -> Path:
    """A hidden name beside `target`, always the same; a hash stands for a long name."""
    stem = target.name
    if len(os.fsencode(stem)) > _MOST_BYTES:
        stem = hashlib.sha256(os.fsencode(stem)).hexdigest()
    return target.with_name(f".{stem}.{suffix}")


def sync_file(path: Path) -> None:
    """Wait until the bytes of the file at `path` are on disk."""
    _sync(path, os.O_RDWR)


def sync_folder(folder: Path) -> None:
    """Wait until the names in `folder` are on disk."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
