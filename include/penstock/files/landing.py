"""The landing zone: where files arrive, and where they go from there.

Everything that happens to landed files goes through a few operations, so that another store than a
folder can take its place: `list_files`, `stat_file`, `claim`, `put`, `archive`; `files.content`
opens ranges of what is claimed. Only these need a folder: mirrors, which stay where they are
(`arrivals.mirror_folder`), done-markers (`files.markers`), what is not taken (`arrivals.untaken`),
the spools of uploads and votes, and leases (`files.writers`).

Beside `landing/<dataset>/` are `claimed/`, `copies/`, `archive/` and `rejected/`. There each file
has a folder named by its `file_id`, so that versions of a path never collide.

When a landed file counts:

- A name that starts with `.` or ends in `.part` or `.tmp` never counts (`Dataset.accepts`). Drafts
  have such names, and are renamed once they are whole.
- A file counts once it has settled: its done-marker is there, if the dataset has markers; its mtime
  is `settle_seconds` old; and nobody has it open for writing. Where nobody can tell who has it
  open, its mtime must be `settle_unknown_seconds` old, unless a marker says that it is complete
  (`settling.why_it_waits`).
- A file that Penstock itself lands is whole from its first moment. `settle` gives it an mtime so
  old that it counts at once.
"""

import contextlib
import dataclasses
import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from penstock.declare.dataset import Dataset
from penstock.errors import HostFault, PenstockError, faults
from penstock.files import markers, names
from penstock.files.atomic import atomic_write, sync_folder
from penstock.settings import home, settings

MIRROR_MARKER = ".penstock-mirror"
"""The hidden file by which the folder of a mirror is known."""

Area = Literal["claimed", "copies", "archive", "rejected"]
OnError = Callable[[OSError], None]
"""Called with the error of a part of the landing zone that cannot be read; the rest is listed."""


class MirrorLost(HostFault):
    """The folder of a mirror is missing, or another is in its place: nothing may land."""


@dataclass(frozen=True)
class LandedFile:
    """A file in the landing zone: its path below the dataset's folder and what it looks like.

    `modified_ns` is its mtime, which anybody can set; `changed_ns` its ctime, which nobody can.
    """

    path: str
    size_bytes: int
    etag: str
    modified_ns: int
    changed_ns: int

    @property
    def age(self) -> float:
        """Seconds since it was modified; if its mtime is in the future, since its ctime."""
        now = time.time()
        age = now - self.modified_ns / 1e9
        return age if age >= 0 else abs(now - self.changed_ns / 1e9)

    @property
    def is_ahead(self) -> bool:
        """Whether both times are in the future: a clock was set back, or a server's differs."""
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
    """Where files of `dataset` land; created if it is missing, except for a mirror.

    Raises:
        MirrorLost: a mirror's folder, which only `mirror_folder.set_up` creates, is missing.
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
    """Create a landing folder, if it is missing."""
    if not place.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        home.share(root())
        home.share(place)


def _raise(error: OSError) -> None:
    raise error


def list_files(dataset: Dataset, on_error: OnError = _raise) -> Iterator[LandedFile]:
    """Every file in the landing folder of `dataset`, complete or not, sorted by path.

    Raises:
        OSError: a folder or file cannot be read, unless `on_error` takes the error.
    """

    def failed(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # a file that is removed meanwhile is gone
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


def stat_file(path: str, place: Path) -> LandedFile:
    """The file of that path, which is now at `place`.

    Raises:
        OSError: it is missing or cannot be read.
    """
    return _landed(path, place.lstat())


def claim(dataset: Dataset, path: str, known_etag: str | None, target: Path) -> bool:
    """Move a file, its own marker first, out of the landing zone; False if it is gone or changed.

    Raises:
        HostFault: it cannot be moved.
    """
    source = _source(dataset, path)
    if has_changed(source, known_etag):
        return False
    markers.move(dataset, source, target)
    return move(source, target)


def put(
    dataset: Dataset, path: str, draft: Path, *, replace: bool = True, sync: bool = False
) -> Path:
    """Make `draft`, a whole file on the landing zone's file system, the landed file `path`.

    It becomes visible at once, and returns where. `sync` waits until its name is on disk. Without
    `replace` a file in its place stays, and the draft is left to the caller, as a second name.

    Raises:
        MirrorLost: the folder of a mirror is missing.
        FileExistsError, IsADirectoryError, NotADirectoryError: the path is taken.
    """
    target = folder(dataset) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        target.rmdir()  # a folder whose files are all claimed
    if replace:
        draft.rename(target)
    else:
        target.hardlink_to(draft)
    if sync:
        sync_folder(target.parent)
    return target


@contextlib.contextmanager
def draft(dataset: Dataset, path: str, *, settled: bool = False) -> Iterator[Path]:
    """Yield a draft to write, which becomes the landed file `path` in the end.

    `settled`: it counts from then on. Otherwise it has to settle, as files of others have.
    """
    with atomic_write(folder(dataset) / path) as beside:
        yield beside
        if settled:
            settle(dataset, beside)


def settle(dataset: Dataset, file: Path | int) -> None:
    """Give a whole file, or its descriptor, an mtime so old that it counts once it is put."""
    since = time.time() - max(settle_seconds(dataset), settings().settle_unknown_seconds)
    os.utime(file, (since, since))


def settle_seconds(dataset: Dataset) -> float:
    """For how long a file of `dataset` must be unchanged before it counts."""
    own = dataset.settle_seconds
    return settings().settle_seconds if own is None else own


def archive(dataset: Dataset, source: Path, target: Path) -> bool:
    """Move a file, its own marker first, to where it is kept; False if it is at neither place.

    Raises:
        HostFault: it cannot be moved.
    """
    markers.move(dataset, source, target)
    return move(source, target) or target.exists()


def _landed(path: str, info: os.stat_result) -> LandedFile:
    return LandedFile(path, info.st_size, etag(info), info.st_mtime_ns, info.st_ctime_ns)


def _source(dataset: Dataset, path: str) -> Path:
    """Where the file with that `readable` path is in the landing zone."""
    top = root() / dataset.folder
    return top / path if os.path.lexists(top / path) else top / names.as_written(path)


def with_readable_name(dataset: Dataset, file: LandedFile) -> LandedFile:
    """Rename a file whose name is not UTF-8; if that fails, the claim reports it."""
    name = names.readable_name(file.path)
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
        return dataclasses.replace(file, path=names.readable(file.path))
    return dataclasses.replace(file, path=name)


def place(area: Area, dataset: str, file_id: int, path: str) -> Path:
    """Where the file `file_id` is while it is in `area`."""
    return area_folder(area) / dataset / str(file_id) / path


def area_folder(area: Area) -> Path:
    """The folder of all files that are in `area`."""
    return root().parent / area


def move(source: Path, target: Path) -> bool:
    """Rename atomically; False if `source` is gone.

    Raises:
        HostFault: it cannot be renamed: it is on another file system, for example.
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
    """Delete the folders that moved files leave empty in `claimed/` and `copies/`."""
    areas: tuple[Area, ...] = ("claimed", "copies")
    for area in areas:
        _remove_empty(area_folder(area) / dataset)


def _remove_empty(top: Path) -> None:
    for current, _, _ in os.walk(top, topdown=False):
        if Path(current) != top:
            with contextlib.suppress(OSError):
                Path(current).rmdir()


def etag(info: os.stat_result) -> str:
    """Identifies a version of a file: its size and its mtime in nanoseconds."""
    return f"{info.st_size}-{info.st_mtime_ns}"


def has_changed(path: Path, known_etag: str | None) -> bool:
    """Whether the file at `path` is gone, or its etag differs from `known_etag`."""
    try:
        return etag(path.lstat()) != known_etag
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENAMETOOLONG):
            return True
        raise


def why_not_a_file(path: Path) -> str | None:
    """Why `path` is not a file that can be loaded; None if it is one."""
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        return "a folder, expected a file"
    if stat.S_ISLNK(mode):
        return "a symbolic link, expected a file: links could lead out of the landing zone"
    if not stat.S_ISREG(mode):
        return "a device, pipe or socket, expected a file"
    return None


def _is_misplaced(dataset: Dataset, path: str, place: Path) -> bool:
    """Whether a folder has the name of a file and is empty: a mistake, to be reported."""
    with contextlib.suppress(OSError):  # the walk reports that it cannot be read
        return dataset.accepts(path) and (place.is_symlink() or not any(place.iterdir()))
    return False
