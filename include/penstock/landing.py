"""The landing zone: what has landed, and where it goes from there.

Beside `landing/<dataset>/` are `claimed/`, `archive/` and `rejected/`; there each file has a folder
of its own, named by its `file_id`, so that versions of a path never meet.
"""

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from penstock.dataset import Dataset
from penstock.errors import PenstockError
from penstock.settings import settings

Area = Literal["claimed", "archive", "rejected"]


@dataclass(frozen=True)
class Landed:
    """A file in the landing zone: its path below `landing/<dataset>/` and what it looks like."""

    path: str
    size_bytes: int
    etag: str


def root() -> Path:
    """The landing zone's folder.

    Raises:
        PenstockError: `PENSTOCK_LANDING_URL` is not a folder of this machine.
    """
    url = settings().landing_url
    if url is None:
        return settings().home / "landing"
    scheme, _, path = url.rpartition("://")
    if scheme not in ("", "file"):
        raise PenstockError(f"PENSTOCK_LANDING_URL={url}: expected a path or file://<path>")
    return Path(path).absolute()


def folder(dataset: Dataset) -> Path:
    """Where files of `dataset` land; made when it is not there."""
    place = root() / dataset.folder
    place.mkdir(parents=True, exist_ok=True)
    return place


def settled(dataset: Dataset) -> list[Landed]:
    """What has landed and is complete: unchanged for a while, and open to no writer."""
    now = time.time()
    return [
        Landed(str(path), info.st_size, etag(info))
        for path, info in _candidates(dataset)
        if now - info.st_mtime >= settings().settle_seconds
        and not _is_being_written(folder(dataset) / path, info)
    ]


def anything_settled(dataset: Dataset) -> bool:
    """Whether `settled` would find something; stops at the first."""
    now = time.time()
    return any(
        now - info.st_mtime >= settings().settle_seconds
        and not _is_being_written(folder(dataset) / path, info)
        for path, info in _candidates(dataset)
    )


def with_readable_name(dataset: Dataset, file: Landed) -> Landed:
    """Renamed where its name is not UTF-8, which no database takes: FF becomes the text `\\xff`."""
    name = os.fsencode(file.path).decode(errors="backslashreplace")
    if name == file.path:
        return file
    while (target := folder(dataset) / name).exists():
        name = f"_{name}"
    move(folder(dataset) / file.path, target)
    return replace(file, path=name)


def place(area: Area, dataset: str, file_id: int, path: str) -> Path:
    """Where the file `file_id` is while in `area`."""
    return root().parent / area / dataset / str(file_id) / path


def move(source: Path, target: Path) -> bool:
    """Rename atomically; False when `source` is not there (any more).

    Raises:
        PenstockError: the two are on different file systems, where no rename is atomic.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.rename(target)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise PenstockError(f"cannot move {source} to {target}: {error.strerror}") from error
    return True


def remove_empty_folders(dataset: str) -> None:
    """Tidy what moved files leave behind in `claimed/<dataset>`."""
    top = root().parent / "claimed" / dataset
    for current, _, _ in os.walk(top, topdown=False):
        if Path(current) != top:
            with contextlib.suppress(OSError):
                Path(current).rmdir()


def etag(info: os.stat_result) -> str:
    """What changes when a file changes: size and time to the nanosecond."""
    return f"{info.st_size}-{info.st_mtime_ns}"


def why_not_a_file(path: Path) -> str | None:
    """Why `path` cannot be read as a file of ours, if it cannot."""
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        return "a folder, expected a file"
    if stat.S_ISLNK(mode):
        return "a symbolic link, expected a file: links could lead out of the landing zone"
    if not stat.S_ISREG(mode):
        return "a device, pipe or socket, expected a file"
    return None


def _candidates(dataset: Dataset) -> Iterator[tuple[PurePosixPath, os.stat_result]]:
    top = folder(dataset)
    for current, folders, files in os.walk(top):
        here = Path(current)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files) + [f for f in folders if _is_misplaced(dataset, top, here / f)]:
            path = PurePosixPath((here / name).relative_to(top).as_posix())
            if dataset.accepts(str(path)):
                with contextlib.suppress(FileNotFoundError):
                    yield path, (here / name).lstat()


def _is_misplaced(dataset: Dataset, top: Path, place: Path) -> bool:
    """Whether a folder is named as a file and holds nothing: someone's mistake, to be told."""
    named = dataset.accepts(place.relative_to(top).as_posix())
    return named and (place.is_symlink() or not any(place.iterdir()))


def _is_being_written(path: Path, info: os.stat_result) -> bool:
    """Whether some process has the file open for writing (Linux: a read lease is then refused)."""
    if not stat.S_ISREG(info.st_mode):
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False  # not ours to read: claiming it will tell why
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False  # no leases on this file system; standing still has to do
    finally:
        os.close(descriptor)
    return False
