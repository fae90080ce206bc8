"""Notes in the archive on files whose rows a person took back.

The ledger knows it, too; the notes are for a warehouse that is built anew from the archive alone.
"""

from pathlib import Path

from penstock.files import landing

_NAME = ".retracted"


def note(dataset: str, place: Path) -> None:
    """Note that the file of `dataset` at `place` gives no rows, if that is in the archive."""
    if folder := _folder(dataset, place):
        (folder / _NAME).touch()


def forget(dataset: str, place: Path) -> None:
    """Remove the note on the file of `dataset` at `place`, which gives rows again."""
    if folder := _folder(dataset, place):
        (folder / _NAME).unlink(missing_ok=True)


def is_noted(folder: Path) -> bool:
    """Whether the file in this folder of an archive, named by its file_id, gives no rows."""
    return (folder / _NAME).exists()


def _folder(dataset: str, place: Path) -> Path | None:
    """The folder that is named by the file_id of the file at `place`."""
    kept = landing.area_folder("archive") / dataset
    if not place.is_relative_to(kept) or not place.exists():
        return None
    return kept / place.relative_to(kept).parts[0]
