"""Done-markers: small files by which a producer marks a file, or a folder, as complete.

A dataset declares the name of its marker: `_SUCCESS` marks all files of a folder, `{name}.done` one
file. `{name}.sha256` also has the checksum of the file, as `sha256sum` writes it. The marker of a
file moves with it; the marker of a folder is deleted with its last file.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from penstock.declare.dataset import NAME, Dataset
from penstock.errors import RejectFile
from penstock.files import content

_STATED = re.compile(rb"\\?([0-9a-fA-F]{64})\s")
_MOST_BYTES = 10_000  # of a marker that are read


def why_it_waits(dataset: Dataset, place: Path) -> str | None:
    """What the file at `place` waits for, if its dataset has markers; None if it is complete."""
    marker = _beside(dataset, place)
    if marker is None:
        return None
    try:
        if not marker.is_file():
            return f"for its marker {marker.name}"
        if _states_checksum(dataset) and _stated(marker) is None:
            return f"for a SHA-256 in {marker.name}"
    except OSError as error:
        return f"for its marker {marker.name}: {error.strerror}"
    return None


def why_alone(dataset: Dataset, place: Path) -> str | None:
    """Why the marker at `place` is useless: its file is missing; None if it is not."""
    before, found, after = (dataset.done_marker or "").partition(NAME)
    if found:
        file = place.with_name(place.name[len(before) : len(place.name) - len(after)])
        return None if os.path.lexists(file) else f"a marker, but its file {file.name} is not there"
    if any(dataset.accepts(path.name) for path in place.parent.iterdir()):
        return None
    return f"a marker, but no file of {dataset.name} lies beside it"


def check(dataset: Dataset, place: Path, source: Path) -> None:
    """Compare the bytes at `source` with the checksum in the marker beside `place`.

    Raises:
        RejectFile: they differ.
    """
    marker = _beside(dataset, place)
    if marker is None or not _states_checksum(dataset) or not marker.is_file():
        return
    stated, found = _stated(marker), content.digest(source)
    if stated != found:
        raise RejectFile(
            f"its SHA-256 is {found}, but {marker.name} states {stated}: land both again"
        )


def move(dataset: Dataset, source: Path, target: Path) -> None:
    """Move the own marker of a file that is about to move from `source` to `target`."""
    if NAME not in (dataset.done_marker or ""):
        return
    old, new = _beside(dataset, source), _beside(dataset, target)
    if old and new:
        new.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            old.rename(new)


def tidy(dataset: Dataset, folder: Path) -> None:
    """Delete the marker of `folder` if no file of `dataset` is left there."""
    if dataset.done_marker is None or NAME in dataset.done_marker:
        return
    with suppress(OSError):  # a folder that cannot be written; `untaken` reports it
        if not any(dataset.accepts(path.name) for path in folder.iterdir()):
            (folder / dataset.done_marker).unlink()


def _beside(dataset: Dataset, place: Path) -> Path | None:
    if dataset.done_marker is None:
        return None
    return place.with_name(dataset.done_marker.replace(NAME, place.name))


def _states_checksum(dataset: Dataset) -> bool:
    return (dataset.done_marker or "").endswith(".sha256")


def _stated(marker: Path) -> str | None:
    with marker.open("rb") as file:
        found = _STATED.match(file.read(_MOST_BYTES) + b"\n")
    return found and found[1].decode().lower()
