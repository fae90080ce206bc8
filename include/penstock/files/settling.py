"""Which landed files are complete. `landing` has the rules."""

import time
from collections.abc import Callable, Collection
from itertools import chain
from pathlib import Path

from penstock.declare.dataset import Dataset
from penstock.files import landing, markers
from penstock.files.landing import LandedFile, OnError
from penstock.files.names import readable
from penstock.files.writers import Look, Writers
from penstock.settings import settings


def _raise(error: OSError) -> None:
    raise error


def settled(dataset: Dataset, on_error: OnError = _raise) -> list[LandedFile]:
    """The landed files that are complete.

    Raises: as `landing.list_files`.
    """
    landing.folder(dataset)
    look = Look()
    found = [
        file for file in landing.list_files(dataset, on_error) if is_settled(dataset, file, look)
    ]
    return _still(dataset, found) if any(file.is_ahead for file in found) else found


def anything_settled(dataset: Dataset, held: Callable[[], Collection[str]] = tuple) -> bool:
    """Whether a file is complete whose path is not in `held`; stops at the first.

    Raises:
        OSError: it found none, but a part of the landing zone cannot be read.
    """
    landing.folder(dataset)
    look = Look()
    errors: list[OSError] = []
    there = (
        file
        for file in landing.list_files(dataset, errors.append)
        if is_settled(dataset, file, look)
    )
    if first := next(there, None):
        not_now = held()
        if any(readable(file.path) not in not_now for file in chain([first], there)):
            return True
    if errors:
        raise errors[0]
    return False


def is_settled(dataset: Dataset, file: LandedFile, look: Look) -> bool:
    """Whether a file in the landing zone is complete."""
    return why_it_waits(dataset, file, look) is None


def why_it_waits(dataset: Dataset, file: LandedFile, look: Look) -> str | None:
    """What a landed file waits for: its marker, or its writer; None if it is complete."""
    place = landing.root() / dataset.folder / file.path
    return markers.why_it_waits(dataset, place) or why_written(dataset, file.age, place, look)


def why_written(dataset: Dataset, age: float, place: Path, look: Look) -> str | None:
    """Why somebody may still write to a file at `place`; None if it is complete.

    `age` is for how many seconds it has not changed.
    """
    if age < (shortest := landing.settle_seconds(dataset)):
        return f"until it stood still for {shortest:g} s"
    answer = look.at(place)
    if answer is Writers.SOMEBODY:
        return "for its writer: somebody has it open"
    longest = max(shortest, settings().settle_unknown_seconds)
    if answer is Writers.UNKNOWN and dataset.done_marker is None and age < longest:
        return f"until it stood still for {longest:g} s: no way to tell who writes to it"
    return None


def _still(dataset: Dataset, files: list[LandedFile]) -> list[LandedFile]:
    """`files` without those that change now, of those whose times are in the future."""
    time.sleep(landing.settle_seconds(dataset))
    there = landing.root() / dataset.folder
    return [f for f in files if not (f.is_ahead and landing.has_changed(there / f.path, f.etag))]
