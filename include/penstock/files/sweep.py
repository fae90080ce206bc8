"""Delete the drafts that killed processes left behind."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from penstock.files import landing
from penstock.settings import settings

_DAY = 86_400.0  # seconds
# Only our own names: those of `atomic.draft_of` anywhere, and in `.uploads` those of uploads.
_DRAFT = re.compile(r"\..+\.\d+\.part")
_UPLOAD = re.compile(r"[0-9a-f]{32}\.part")


def sweep_daily() -> None:
    """Delete drafts that nobody has touched for a day; does nothing if it ran within a day."""
    stamp = settings().home / "run" / "swept"
    with suppress(OSError):  # whoever needs the disk reports that it is full or away
        if stamp.exists() and _age(stamp) < _DAY:
            return
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        for path in _drafts():
            with suppress(OSError):
                if _age(path) > _DAY:
                    path.unlink()


def _drafts() -> Iterator[Path]:
    home, areas = settings().home, (landing.area_folder("claimed"), landing.area_folder("copies"))
    for top in (landing.root(), *areas, home / "exports", home / "docs", home / "spool"):
        for folder, _, files in os.walk(top):
            is_uploads = Path(folder).name == ".uploads"
            for file in files:
                if _DRAFT.fullmatch(file) or (is_uploads and _UPLOAD.fullmatch(file)):
                    yield Path(folder, file)


def _age(path: Path) -> float:
    """Seconds since the file was written or touched in any way: nobody can set that time back."""
    return time.time() - path.lstat().st_ctime
