"""The landing zone: what has landed, and where it goes from there.

Beside `landing/<dataset>/` are `claimed/`, `copies/`, `archive/` and `rejected/`; there each file
has a folder of its own, named by its `file_id`, so that versions of a path never meet.
"""

import contextlib
import errno
import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Literal

from penstock.declare.dataset import Dataset
from penstock.errors import HostFault, PenstockError, faults
from penstock.files import markers
from penstock.files.writers import Look, Writers
from penstock.settings import home, settings

ESCAPE = "\\x"
"""What stands for a byte of a name that is not UTF-8, before its two digits."""

_LONGEST_NAME = 255  # bytes: what file systems take

MIRROR_MARKER = ".penstock-mirror"
"""The hidden file by which the folder of a mirror is known."""

Area = Literal["claimed", "copies", "archive", "rejected"]
OnError = Callable[[OSError], None]
"""Told of a part of the landing zone that cannot be seen; the rest is listed all the same."""


class MirrorLost(HostFault):
    """The folder of a mirror is not there, or another is in its place: nothing may land."""


@dataclass(frozen=True)
class Landed:
    """A file in the landing zone: its path below the dataset's folder and what it looks like.

    `modified_ns` is the time that it was given, `changed_ns` when anything of it changed last.
    """

    path: str
    size_bytes: int
    etag: str
    modified_ns: int
    changed_ns: int

    @property
    def age(self) -> float:
        """For how many seconds it has stood still.

        A time that lies in the future says nothing of that, but the kernel notes each change.
        """
        now = time.time()
        age = now - self.modified_ns / 1e9
        return age if age >= 0 else abs(now - self.changed_ns / 1e9)

    @property
    def is_ahead(self) -> bool:
        """Whether all its times lie in the future: the clock was set back, or is a server's."""
        return min(self.modified_ns, self.changed_ns) > time.time_ns()


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
    """Where files of `dataset` land; made when it is not there, but for a mirror's.

    Raises:
        MirrorLost: a mirror's folder, which only `mirror_folder.set_up` makes, is not there.
    """
    place = root() / dataset.folder
    if not dataset.mirror:
        make(place)
    elif not (place / MIRROR_MARKER).is_file():
        raise MirrorLost(
            f"{place} is not the folder that {dataset.name} mirrors, for it lacks {MIRROR_MARKER}: "
            "is it mounted? `penstock migrate` sets a new one up"
        )
    return place


def make(place: Path) -> None:
    """Make a landing folder, if it is not there."""
    if not place.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        home.share(root())
        home.share(place)


def _raise(error: OSError) -> None:
    raise error


def settled(dataset: Dataset, on_error: OnError = _raise) -> list[Landed]:
    """What has landed and is complete: see `why_it_waits`."""
    folder(dataset)
    look = Look()
    found = [file for file in listing(dataset, on_error) if is_settled(dataset, file, look)]
    return _still(dataset, found) if any(file.is_ahead for file in found) else found


def _still(dataset: Dataset, files: list[Landed]) -> list[Landed]:
    """Those that have not changed after a while, of those whose times tell nothing."""
    time.sleep(_settle_seconds(dataset))
    there = root() / dataset.folder
    return [f for f in files if not (f.is_ahead and has_changed(there / f.path, f.etag))]


def anything_settled(dataset: Dataset, held: Callable[[], Collection[str]] = tuple) -> bool:
    """Whether `settled` would find a path that is not among `held`; stops at the first.

    Raises:
        OSError: it found none, but a part of the landing zone cannot be seen.
    """
    folder(dataset)
    look = Look()
    errors: list[OSError] = []
    there = (file for file in listing(dataset, errors.append) if is_settled(dataset, file, look))
    if first := next(there, None):
        not_now = held()
        if any(readable(file.path) not in not_now for file in chain([first], there)):
            return True
    if errors:
        raise errors[0]
    return False


def is_settled(dataset: Dataset, file: Landed, look: Look) -> bool:
    """Whether a file in the landing zone is complete."""
    return why_it_waits(dataset, file, look) is None


def why_it_waits(dataset: Dataset, file: Landed, look: Look) -> str | None:
    """What a file in the landing zone waits for; None when it is complete.

    Its marker must be there, if its dataset has markers, and nobody may write to it.
    """
    place = root() / dataset.folder / file.path
    return markers.why_it_waits(dataset, place) or why_written(dataset, file.age, place, look)


def why_written(dataset: Dataset, age: float, place: Path, look: Look) -> str | None:
    """Why somebody may still write to a file, now at `place`; None when it is complete.

    It must have stood still for a while, for `age` seconds, with nobody writing to it. For longer
    where nobody can tell whether it is written, unless a marker has said that it is complete.
    """
    if age < (shortest := _settle_seconds(dataset)):
        return f"until it stood still for {shortest:g} s"
    answer = look.at(place)
    if answer is Writers.SOMEBODY:
        return "for its writer: somebody has it open"
    longest = max(shortest, settings().settle_unknown_seconds)
    if answer is Writers.UNKNOWN and dataset.done_marker is None and age < longest:
        return f"until it stood still for {longest:g} s: no way to tell who writes to it"
    return None


def whole_since(dataset: Dataset) -> float:
    """The time to give to a file that is whole from its first moment on: it counts at once."""
    return time.time() - max(_settle_seconds(dataset), settings().settle_unknown_seconds)


def _settle_seconds(dataset: Dataset) -> float:
    own = dataset.settle_seconds
    return settings().settle_seconds if own is None else own


def readable(path: str) -> str:
    """`path` as text that a database takes: a byte FF that is no UTF-8 becomes the text `\\xff`."""
    return path if path.isascii() else os.fsencode(path).decode(errors="backslashreplace")


def _as_written(path: str) -> str:
    """The name of which `readable` gives `path`."""
    escaped = re.compile(rb"\\x([0-9a-f]{2})")
    return os.fsdecode(escaped.sub(lambda hit: bytes.fromhex(hit[1].decode()), path.encode()))


def source(dataset: Dataset, path: str) -> Path:
    """Where the file of that `readable` path lies in the landing zone."""
    top = root() / dataset.folder
    return top / path if os.path.lexists(top / path) else top / _as_written(path)


def with_readable_name(dataset: Dataset, file: Landed) -> Landed:
    """Renamed where its name is not UTF-8; where that cannot be done, the claim tells."""
    name = "/".join(_short(part) for part in readable(file.path).split("/"))
    if name == file.path:
        return file
    top = folder(dataset)
    while (target := top / name).exists():
        head, slash, last = name.rpartition("/")
        name = f"{head}{slash}_{last}"
    try:
        markers.move(dataset, top / file.path, target)
        move(top / file.path, target)
    except (OSError, HostFault):
        return replace(file, path=readable(file.path))
    return replace(file, path=name)


def _short(name: str) -> str:
    """As a file may be called: the readable form of a long name can be too long for that."""
    data = os.fsencode(name)
    if len(data) <= _LONGEST_NAME:
        return name
    head, tail = data[:150].decode(errors="ignore"), data[-50:].decode(errors="ignore")
    return f"{head}~{hashlib.sha256(data).hexdigest()[:8]}~{tail}"


def seen(path: str, place: Path) -> Landed:
    """What the file of that path, now at `place`, looks like.

    Raises:
        OSError: it is not there.
    """
    info = place.lstat()
    return _landed(path, info)


def _landed(path: str, info: os.stat_result) -> Landed:
    return Landed(path, info.st_size, etag(info), info.st_mtime_ns, info.st_ctime_ns)


def place(area: Area, dataset: str, file_id: int, path: str) -> Path:
    """Where the file `file_id` is while in `area`."""
    return area_folder(area) / dataset / str(file_id) / path


def area_folder(area: Area) -> Path:
    """The folder of all files that are in `area`."""
    return root().parent / area


def move(source: Path, target: Path) -> bool:
    """Rename atomically; False when `source` is not there (any more).

    Raises:
        HostFault: it cannot be done; on two file systems, say, no rename is atomic.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    except FileNotFoundError:
        return False
    except OSError as error:
        error.filename = f"cannot move {source} to {target}"
        raise HostFault(faults.line(error)) from error
    return True


def remove_empty_folders(dataset: str) -> None:
    """Tidy what moved files leave behind in `claimed/<dataset>` and `copies/<dataset>`."""
    areas: tuple[Area, ...] = ("claimed", "copies")
    for area in areas:
        _remove_empty(area_folder(area) / dataset)


def _remove_empty(top: Path) -> None:
    for current, _, _ in os.walk(top, topdown=False):
        if Path(current) != top:
            with contextlib.suppress(OSError):
                Path(current).rmdir()


def etag(info: os.stat_result) -> str:
    """What changes when a file changes: size and time to the nanosecond."""
    return f"{info.st_size}-{info.st_mtime_ns}"


def has_changed(path: Path, known_etag: str | None) -> bool:
    """Whether the file at `path` is another than the one that had `known_etag`, or is gone."""
    try:
        return etag(path.lstat()) != known_etag
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENAMETOOLONG):
            return True
        raise


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


def listing(dataset: Dataset, on_error: OnError = _raise) -> Iterator[Landed]:
    """Every file of `dataset` that is in its landing folder, complete or not, by path.

    Raises:
        OSError: the folder, or something in it, cannot be seen, unless `on_error` takes the error.
    """

    def failed(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # what is removed meanwhile is gone
            on_error(error)

    top = str(root() / dataset.folder)
    for current, folders, files in os.walk(top, onerror=failed):
        below = os.path.relpath(current, top)
        prefix = "" if below == "." else f"{below}/"
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        misplaced = [f for f in folders if _is_misplaced(dataset, prefix + f, Path(current, f))]
        for name in sorted(files) + misplaced:
            if dataset.accepts(prefix + name):
                try:
                    info = os.lstat(f"{current}/{name}")
                except OSError as error:
                    failed(error)
                else:
                    yield _landed(prefix + name, info)


def _is_misplaced(dataset: Dataset, path: str, place: Path) -> bool:
    """Whether a folder is named as a file and holds nothing: someone's mistake, to be told."""
    with contextlib.suppress(OSError):  # the walk is about to tell that it cannot be read
        return dataset.accepts(path) and (place.is_symlink() or not any(place.iterdir()))
    return False
