"""Move finished files to archive/ or rejected/, and check there that they do not change.

Bytes that were appended to a file after its seal become a new version, which replaces the old one.
Any other change is reported as an incident, `archive_differs`.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from psycopg import Connection

from penstock import datasets, ledger
from penstock.arrivals import claim, unpack
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError
from penstock.files import atomic, content, landing

log = logging.getLogger(__name__)
KIND = "archive_differs"
_AT_ONCE = 1000  # files of the ledger in memory


@dataclass(frozen=True)
class Finding:
    """A kept file that differs from the ledger.

    `kind` is "missing" (nothing is at `place`), "grown" (bytes were appended: a new version has
    them now, and `place` has the old bytes again), "differs" (other bytes), or "unreadable".
    `message` says what is wrong and how to mend it. All but "grown" are open incidents.
    """

    dataset: str
    file_id: int
    path: str
    place: Path
    kind: Literal["missing", "grown", "differs", "unreadable"]
    message: str


def check_archive(connection: Connection, dataset: str | None = None) -> list[Finding]:
    """Compare every file in archive/ and rejected/ with its hash in the ledger.

    `connection` has the role `loader` and is in autocommit mode. Reads all bytes of all kept files
    of one dataset, or of every dataset; files of mirrors are not kept. Resolves the incidents of
    files that are correct again.
    """
    names = [dataset] if dataset else list(datasets.all_datasets())
    kept = [name for name in names if not datasets.get(name).mirror]
    findings = (_check(connection, file) for file in _each_kept(connection, kept))
    return [finding for finding in findings if finding]


def move_on(connection: Connection, dataset: Dataset) -> None:
    """Move finished files from `claimed/` to `archive/` or `rejected/`; files of a mirror stay.

    `connection` is in autocommit mode. Detects bytes that were written since the seal.
    """
    moved: list[tuple[ledger.File, Path]] = []
    troubles: dict[int, ledger.Trouble] = {}
    for file in ledger.files_to_archive(connection, dataset.name):
        with ledger.collecting(troubles, file.file_id, file.place):
            content.spool(file.file_id).unlink(missing_ok=True)
            if dataset.unpacks(file.path) and file.state in (
                ledger.State.DUPLICATE,
                ledger.State.REJECTED,
            ):
                unpack.discard(file)
            if place := _move(dataset, file):
                moved.append((file, place))
    with connection.transaction():
        ledger.mark_archived(connection, moved)
    ledger.hold_files(connection, dataset.name, troubles)
    ledger.release_files(connection, dataset.name)
    if not dataset.mirror:
        _notice_late_bytes(connection, moved)
    landing.remove_empty_folders(dataset.name)


def _move(dataset: Dataset, file: ledger.File) -> Path | None:
    """Where the file is now; None if it is gone."""
    if dataset.mirror:
        return file.place
    was_rejected = file.place.is_relative_to(landing.area_folder("rejected"))
    is_let_in = was_rejected and file.state == ledger.State.SEALED
    if file.replay_of and not claim.is_claimed(file) and not is_let_in:
        return file.place  # a replay reads the file where the archive has it
    area: landing.Area = "rejected" if file.state == ledger.State.REJECTED else "archive"
    target = landing.place(area, dataset.name, file.file_id, file.path)
    if not landing.archive(dataset, file.place, target):
        return None
    if file.copied:
        file.source.unlink(missing_ok=True)
    return target


def _notice_late_bytes(connection: Connection, moved: Sequence[tuple[ledger.File, Path]]) -> None:
    late = [file.file_id for file, place in moved if landing.has_changed(place, file.etag)]
    for file in ledger.files_by_id(connection, late):
        _check(connection, file)


def changed_since_read(file: ledger.File) -> bool:
    """Whether a file changed between being read and being sealed.

    Compares size and mtime of a file that only we can write, and the hash of all others.
    """
    is_kept = not claim.is_claimed(file)  # for a replay; a restored backup may have another mtime
    if not is_kept and landing.has_changed(file.place, file.etag):
        return True
    if file.content_hash is None or not (is_kept or file.copied):
        return False
    try:
        return content.digest_content(file.place) != file.content_hash
    except PenstockError:  # a compressed file that is damaged now
        return True


def why_not_as_kept(file: ledger.File) -> str | None:
    """How the bytes of a kept file differ from the ledger; None if they are equal.

    Raises:
        OSError: the file cannot be read.
    """
    size = file.place.lstat().st_size
    if file.content_hash is None:  # it was rejected before it was read
        same = size == file.size_bytes
        return None if same else f"{size:,} bytes, but {file.size_bytes:,} in the ledger"
    try:
        found = content.digest_content(file.place)
    except PenstockError as error:
        return str(error)
    if found == file.content_hash:
        return None
    return f"its SHA-256 is {found}, but {file.content_hash} in the ledger"


def check_before_replay(connection: Connection, file: ledger.File) -> None:
    """Compare a kept file with the ledger; `connection` is in autocommit mode.

    Raises:
        PenstockError: they differ, or the file cannot be read; it also opens an incident.
    """
    if datasets.get(file.dataset).mirror:
        difference = why_not_as_kept(file)
        finding = difference and _report(connection, file, "differs", difference)
    else:
        finding = _check(connection, file)
    if finding:
        raise PenstockError(finding.message)


def _each_kept(connection: Connection, names: Sequence[str]) -> Iterator[ledger.File]:
    after = 0
    while files := ledger.archived_files(connection, names, after, _AT_ONCE):
        yield from files
        after = files[-1].file_id


def _check(connection: Connection, file: ledger.File) -> Finding | None:
    """Compare one kept file; register appended bytes as a new version, report other changes."""
    _finish_restore(file.place)
    try:
        difference = why_not_as_kept(file)
        if difference is None:
            ledger.resolve_incident(connection, file.dataset, KIND, file.file_id)
            return None
        if _has_grown(file):
            return _grown(connection, file)
    except FileNotFoundError:
        if [f.place for f in ledger.files_by_id(connection, [file.file_id])] != [file.place]:
            return None  # it was moved meanwhile
        return _report(connection, file, "missing", "nothing is there")
    except OSError as error:
        return _report(connection, file, "unreadable", f"it cannot be read: {error.strerror}")
    return _report(connection, file, "differs", difference)


def _has_grown(file: ledger.File) -> bool:
    """Whether bytes were appended to the file that the ledger has."""
    if file.place.lstat().st_size <= file.size_bytes:
        return False
    if file.content_hash is None:
        return True
    try:
        return content.digest_content(file.place, file.size_bytes) == file.content_hash
    except PenstockError:
        return False


def _grown(connection: Connection, file: ledger.File) -> Finding:
    """Register the file with the appended bytes as a new version, and restore the old bytes."""
    more = file.place.lstat().st_size - file.size_bytes
    change = f"{more:,} bytes were appended to it after it was {file.state}"
    old = _old_bytes(file.place)
    claim.copy(file.place, old, file.size_bytes)
    taken_to = landing.place("claimed", file.dataset, file.file_id, file.path)
    versions = datasets.get(file.dataset).versions
    if why := ledger.late_version(connection, file, taken_to, versions):
        old.unlink()
        return _report(connection, file, "differs", f"{change}, and {why}")
    landing.move(file.place, taken_to)
    old.rename(file.place)
    ledger.resolve_incident(connection, file.dataset, KIND, file.file_id)
    message = f"file {file.file_id} {file.path}: {change}; it loads anew, as a new version"
    log.warning("%s: %s", file.dataset, message)
    return Finding(file.dataset, file.file_id, file.path, file.place, "grown", message)


def _old_bytes(place: Path) -> Path:
    return atomic.beside(place, "kept")


def _finish_restore(place: Path) -> None:
    """Restore the old bytes if a crash came between the two renames of `_grown`."""
    if not os.path.lexists(place) and (old := _old_bytes(place)).exists():
        old.rename(place)


def _report(
    connection: Connection,
    file: ledger.File,
    kind: Literal["missing", "differs", "unreadable"],
    difference: str,
) -> Finding:
    """Open an incident about a file, and log it."""
    message = (
        f"file {file.file_id} {file.path} at {file.place}: {difference}. Put its bytes back from a "
        "backup and run `penstock verify`; rows that should count but are not in it: land them anew"
    )
    ledger.report_incident(connection, file.dataset, KIND, message, file.file_id)
    log.error("%s: %s", file.dataset, message)
    return Finding(file.dataset, file.file_id, file.path, file.place, kind, message)
