"""List the files in the landing zone that are not taken, or not yet, each with reason and remedy.

This is for people and looks at every name. The trigger polls with `landing` instead.
"""

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path

from psycopg import Connection

from penstock import datasets, ledger
from penstock.declare.dataset import UNFINISHED, Dataset
from penstock.errors import faults
from penstock.errors.display import visible
from penstock.files import landing, markers, settling
from penstock.files.landing import LandedFile
from penstock.files.names import readable
from penstock.files.writers import Look

_HOUR = 3600.0
_OURS = (landing.MIRROR_MARKER, ".spool", ".uploads")  # hidden names that Penstock itself makes
_MOST_LINES = 20


class Kind(StrEnum):
    """Why a file or folder is not taken."""

    READY = "ready"
    WRITTEN = "written"
    MARKER = "marker"
    HELD = "held"
    UNFINISHED = "unfinished"
    HIDDEN = "hidden"
    NAME = "name"
    LINK = "link"
    UNREADABLE = "unreadable"
    FOLDER = "folder"


@dataclass(frozen=True)
class Untaken:
    """A file or folder that is not taken; `reason` says why, and what to do.

    `path` is relative to the landing zone, with unsafe characters escaped. `dataset` is None
    outside the folders of datasets. `needs_person` is false if it will be taken without help, or is
    hidden on purpose.
    """

    dataset: str | None
    path: str
    kind: Kind
    reason: str
    modified_at: datetime | None
    needs_person: bool

    def line(self) -> str:
        """One line for a log or a terminal."""
        return f"{self.path}: {self.reason}"


def find(dataset: Dataset | None = None, connection: Connection | None = None) -> list[Untaken]:
    """All that is not taken, sorted by path: in the folders of one or all datasets, and outside.

    Without a connection, the result lacks files that wait after a fault, and new files of mirrors:
    only the ledger knows them.
    """
    found = list(_outside())
    look = Look()
    of = [dataset] if dataset else datasets.all_datasets().values()
    for each in {d.folder: d for d in of}.values():
        together = datasets.landing_with(each)
        held = {u.path: u for d in together for u in _held(connection, d)}
        there = {u.path: u for u in _Folder(together, connection, look).find()}
        found += (there | held).values()
    return sorted(found, key=lambda one: one.path)


def counts(found: Iterable[Untaken]) -> dict[tuple[str, str], int]:
    """The number of findings by dataset ("" outside all folders) and kind."""
    return Counter((one.dataset or "", one.kind.value) for one in found)


def lines(found: Sequence[Untaken]) -> list[str]:
    """One line for each of the first findings, and one with the number of the others."""
    more = len(found) - _MOST_LINES
    first = [one.line() for one in found[:_MOST_LINES]]
    return [*first, f"and {more:,} more: `penstock files --waiting`"] if more > 0 else first


def _held(connection: Connection | None, dataset: Dataset) -> Iterator[Untaken]:
    """Files in the ledger that wait."""
    if connection is None:
        return
    for one in ledger.waiting_files(connection, dataset.name):
        path = visible(f"{dataset.folder}/{one.path}")
        yield Untaken(dataset.name, path, Kind.HELD, one.waits_for, None, True)
    for file in ledger.files_in(connection, dataset.name, ledger.State.REGISTERED):
        if file.location and file.is_due is False:
            path = visible(f"{dataset.folder}/{file.path}")
            why = "waits until nobody writes to it any more; it was taken already"
            yield Untaken(dataset.name, path, Kind.WRITTEN, why, None, False)


def _outside() -> Iterator[Untaken]:
    """Files and folders outside the folders of datasets."""
    folders = {d.folder for d in datasets.all_datasets().values()}
    try:
        entries = sorted(os.scandir(landing.root()), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        yield Untaken(None, "", Kind.UNREADABLE, faults.line(error), None, True)
        return
    for entry in entries:
        is_folder = entry.is_dir()
        if entry.name in _OURS or (is_folder and entry.name in folders):
            continue
        if not (is_folder and _is_empty(Path(entry.path))):
            path, reason = visible(entry.name) + "/" * is_folder, _misplaced(entry.name, is_folder)
            hidden = entry.name.startswith(".")
            kind = Kind.HIDDEN if hidden else Kind.FOLDER
            info = entry.stat(follow_symlinks=False)
            yield Untaken(None, path, kind, reason, _time(info), not hidden)


def _misplaced(name: str, is_folder: bool) -> str:
    known = datasets.all_datasets()
    if is_folder:
        near = get_close_matches(name.lower(), sorted({d.folder for d in known.values()}), 1)
        hint = f"did you mean {near[0]}/?" if near else "`penstock datasets` lists the folders"
        return f"no dataset lands in this folder; {hint}"
    takers = [f"{d.folder}/" for d in known.values() if d.accepts(name)]
    where = " or ".join(takers) or "the folder of its dataset"
    return f"lies in no dataset's folder; move it to {where}"


def _is_empty(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except OSError:
        return False


def _time(info: os.stat_result) -> datetime:
    return datetime.fromtimestamp(info.st_mtime, UTC)


class _Folder:
    """A landing folder, with the datasets that share it."""

    def __init__(
        self, together: Sequence[Dataset], connection: Connection | None, look: Look
    ) -> None:
        self._together = together
        self._top = landing.root() / together[0].folder
        self._look = look
        self._known: Mapping[str, Mapping[str, str]] | None = None
        if connection:
            mirrors = [d.name for d in together if d.mirror]
            self._known = {name: ledger.known_etags(connection, name) for name in mirrors}

    def find(self) -> Iterator[Untaken]:
        """Yield everything that is not taken."""
        unseen: dict[str, OSError] = {}
        for path, place in self._entries(unseen):
            try:
                info = place.lstat()
            except FileNotFoundError:
                continue
            except OSError as error:
                unseen.setdefault(str(place.parent), error)
                continue
            if one := self._one(path, place, info):
                yield one
        for folder, fault in unseen.items():
            below = os.path.relpath(folder, landing.root())
            why = f"cannot be read: {faults.line(fault)}"
            yield self._untaken(below, Kind.UNREADABLE, why)

    def _entries(self, unseen: dict[str, OSError]) -> Iterator[tuple[str, Path]]:
        """Yield each file, link or hidden folder: relative path and full path."""

        def failed(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):
                unseen[str(error.filename)] = error

        for current, folders, files in os.walk(self._top, onerror=failed):
            here = Path(current)
            odd = [f for f in folders if f.startswith(".") or (here / f).is_symlink()]
            folders[:] = [f for f in folders if f not in odd]
            for name in files + odd:
                if name not in _OURS:
                    yield (here / name).relative_to(self._top).as_posix(), here / name

    def _one(self, path: str, place: Path, info: os.stat_result) -> Untaken | None:
        name = place.name
        for dataset in self._together:
            if dataset.accepts(path):
                return self._accepted(dataset, landing.stat_file(path, place), place)
            if dataset.is_marker(name):
                why = markers.why_alone(dataset, place)
                return self._old(path, info, Kind.MARKER, why) if why else None
        if name.lower().endswith(UNFINISHED):
            why = "has the name of an incomplete file; rename it once it is complete, or delete it"
            return self._old(path, info, Kind.UNFINISHED, why)
        if name.startswith("."):
            why = "hidden, for its name starts with a dot; rename it if it is to load"
            if any(d.accepts(name.lstrip(".")) for d in self._together):
                return self._old(path, info, Kind.HIDDEN, why)
            return self._untaken(f"{self._top.name}/{path}", Kind.HIDDEN, why, info, False)
        if place.is_symlink() and place.is_dir():
            why = "a symbolic link to a folder, which is not entered: move the folder itself there"
            return self._untaken(f"{self._top.name}/{path}", Kind.LINK, why, info)
        takes = "; ".join(d.takes for d in self._together)
        why = f"{takes}; rename it, or move it away"
        return self._untaken(f"{self._top.name}/{path}", Kind.NAME, why, info)

    def _accepted(self, dataset: Dataset, file: LandedFile, place: Path) -> Untaken | None:
        if dataset.mirror and self._is_known(dataset, file):
            return None
        path, info = f"{dataset.folder}/{file.path}", place.lstat()
        if why := markers.why_it_waits(dataset, place):
            return self._untaken(path, Kind.MARKER, f"waits {why}", info, file.age > _HOUR)
        if why := settling.why_written(dataset, file.age, place, self._look):
            who = self._look.writer(place)
            reason = f"waits {why}" + f": {who}" * bool(who)
            return self._untaken(path, Kind.WRITTEN, reason, info, file.age > _HOUR)
        why = f"complete; the next run takes it, or `penstock load {dataset.name}`"
        return self._untaken(path, Kind.READY, why, info, False)

    def _is_known(self, dataset: Dataset, file: LandedFile) -> bool:
        if self._known is None:
            return True
        return self._known[dataset.name].get(readable(file.path)) == file.etag

    def _old(self, path: str, info: os.stat_result, kind: Kind, why: str) -> Untaken:
        """A finding that is normal at first; after an hour a person must act."""
        is_old = abs(time.time() - info.st_mtime) > _HOUR
        return self._untaken(f"{self._top.name}/{path}", kind, why, info, is_old)

    def _untaken(
        self,
        path: str,
        kind: Kind,
        why: str,
        info: os.stat_result | None = None,
        needs_person: bool = True,
    ) -> Untaken:
        modified_at = _time(info) if info else None
        owner = self._together[0].name
        return Untaken(owner, visible(path), kind, visible(why), modified_at, needs_person)
