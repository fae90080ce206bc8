"""Claims: move files out of the landing zone, so that nobody changes them while they are read.

A file is renamed to `claimed/` and checked again. It waits there while somebody may still write to
it. If somebody can still write to it through a hard link or as its owner, a copy is read instead.
The file itself is kept, so that later writes are detected.
"""

import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterable
from pathlib import Path

from psycopg import Connection

from penstock import ledger
from penstock.declare.dataset import Dataset
from penstock.files import content, landing, markers, settling
from penstock.files.atomic import atomic_write
from penstock.files.writers import Look, Writers
from penstock.settings import settings

_FICLONE = 0x40049409  # ioctl: share the blocks of another file, where the file system can


def claim(connection: Connection, dataset: Dataset) -> None:
    """Move registered files out of the landing zone; forget those that changed meanwhile."""
    gone: list[int] = []
    taken: list[ledger.File] = []
    troubles: dict[int, ledger.Trouble] = {}
    for file in _registered(connection, dataset):
        with ledger.collecting(troubles, file.file_id, file.path):
            if _take(dataset, file):
                taken.append(file)
            else:
                gone.append(file.file_id)
    ledger.hold_files(connection, dataset.name, troubles)
    _mark_moved(connection, dataset, taken)
    ledger.forget(connection, gone)
    for folder in {(landing.root() / dataset.folder / file.path).parent for file in taken}:
        markers.tidy(dataset, folder)


def complete(connection: Connection, dataset: Dataset) -> None:
    """Recover after a crash: mark files that were moved as claimed, start over lost copies."""
    found = [f for f in _registered(connection, dataset) if os.path.lexists(_claimed_place(f))]
    _mark_moved(connection, dataset, found)
    for file in ledger.files_in(
        connection, dataset.name, ledger.State.CLAIMED, ledger.State.LOADING
    ):
        if file.copied and not file.source.exists():
            start_over(connection, file)


def start_over(connection: Connection, file: ledger.File) -> None:
    """Register a file that changed before its seal as a new version; discard the rows read so far.

    The file of the new version stays where it is. A replayed file stays in the archive;
    `archive.check_archive` reports that it changed.
    """
    ledger.start_over(connection, file, anew=is_claimed(file))
    content.spool(file.file_id).unlink(missing_ok=True)
    if file.copied:
        file.source.unlink(missing_ok=True)


def load_again(connection: Connection, file_id: int, why: str = ledger.UNCOVERED) -> int:
    """Load an unchanged file again from its start; `why` is the reason.

    Returns the file_id of the new version. A file in `claimed/` is checked again first.
    """
    (file,) = ledger.files_by_id(connection, [file_id])
    new_id = ledger.register_again(connection, file, is_claimed=is_claimed(file), why=why)
    content.spool(file_id).unlink(missing_ok=True)
    if file.copied:
        file.source.unlink(missing_ok=True)
    return new_id


def is_claimed(file: ledger.File) -> bool:
    """Whether the file is in `claimed/`; a replay reads it in the archive instead."""
    return file.place.is_relative_to(landing.area_folder("claimed"))


def _registered(connection: Connection, dataset: Dataset) -> list[ledger.File]:
    """The registered files that are due."""
    files = ledger.files_in(connection, dataset.name, ledger.State.REGISTERED)
    return [file for file in files if file.is_due]


def _claimed_place(file: ledger.File) -> Path:
    if file.location:
        return file.place
    return landing.place("claimed", file.dataset, file.file_id, file.path)


def _take(dataset: Dataset, file: ledger.File) -> bool:
    """Move a file to `claimed/` if it is not there yet; False if it is gone or has changed."""
    target = _claimed_place(file)
    if os.path.lexists(target):
        return True
    return not file.location and landing.claim(dataset, file.path, file.etag, target)


def _mark_moved(connection: Connection, dataset: Dataset, files: Iterable[ledger.File]) -> None:
    """Mark each file that was moved as claimed, or as still being written."""
    look = Look()
    ready: list[ledger.Claim] = []
    written: list[ledger.Claim] = []
    troubles: dict[int, ledger.Trouble] = {}
    for file in files:
        with ledger.collecting(troubles, file.file_id, _claimed_place(file)):
            if found := _claim(dataset, file, look):
                ready.append(found)
            else:
                written.append(ledger.Claim(file.file_id, _claimed_place(file)))
    ledger.mark_claimed(connection, ready)
    ledger.mark_unsettled(connection, written, settings().settle_seconds)
    ledger.hold_files(connection, dataset.name, troubles)


def _claim(dataset: Dataset, file: ledger.File, look: Look) -> ledger.Claim | None:
    """The claim of a moved file, or of our copy of it; None while somebody writes to it."""
    place = _claimed_place(file)
    before = landing.stat_file(file.path, place)
    age = abs(time.time() - before.modified_ns / 1e9)  # seconds since its last change
    if settling.why_written(dataset, age, place, look):
        return None
    is_ours = _is_ours_alone(place, look)
    if not is_ours:
        copy(place, landing.place("copies", dataset.name, file.file_id, file.path))
    # After the search for writers: any earlier write has changed size or mtime by now.
    if landing.has_changed(place, before.etag):
        return None
    return ledger.Claim(file.file_id, place, before.etag, before.size_bytes, not is_ours)


def _is_ours_alone(place: Path, look: Look) -> bool:
    """Whether nobody else can write to it through a hard link, as its owner, or an open file."""
    info = place.lstat()
    if not stat.S_ISREG(info.st_mode):
        return True  # it is rejected without being read
    is_mine = info.st_uid == os.geteuid() and info.st_nlink == 1
    return is_mine and look.at(place) is Writers.NOBODY


def copy(source: Path, target: Path, size: int | None = None) -> None:
    """Copy a file, or its first `size` bytes, to `target` atomically; keep its times."""
    with atomic_write(target, sync=True) as draft:
        with source.open("rb") as old, draft.open("wb") as new:
            try:
                fcntl.ioctl(new, _FICLONE, old.fileno())
            except OSError:
                shutil.copyfileobj(old, new, 1 << 20)
            if size is not None:
                new.truncate(size)
        info = source.stat()
        os.utime(draft, ns=(info.st_atime_ns, info.st_mtime_ns))
