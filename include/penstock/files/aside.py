"""Files that are written aside and renamed once whole; what killed processes left is swept."""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from penstock.errors import faults
from penstock.files import landing
from penstock.settings import settings

_DAY = 86_400.0
_MOST_BYTES = 200  # of a name that gets something added: no file system takes more than 255
# Nobody else's: `.<name>.<process id>.part` anywhere, and of uploads what the API names them.
_OURS = re.compile(r"\..+\.\d+\.part")
_OF_UPLOADS = re.compile(r"[0-9a-f]{32}\.part")


@contextmanager
def draft(target: Path) -> Iterator[Path]:
    """A file to write, which becomes `target` at once, or leaves nothing behind."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = name(target)
    try:
        with faults.at(beside):
            yield beside
        beside.replace(target)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def name(target: Path) -> Path:
    """Where this process writes `target` until it is whole."""
    return beside(target, f"{os.getpid()}.part")


def beside(target: Path, suffix: str) -> Path:
    """A hidden name beside `target`, always the same; long names become short ones."""
    stem = target.name
    if len(os.fsencode(stem)) > _MOST_BYTES:
        stem = hashlib.sha256(os.fsencode(stem)).hexdigest()
    return target.with_name(f".{stem}.{suffix}")


def sweep_daily() -> None:
    """Delete what killed processes left aside more than a day ago; at most once a day."""
    stamp = settings().home / "run" / "swept"
    with suppress(OSError):  # a disk that is full or away is told by whoever needs it
        if stamp.exists() and _age(stamp) < _DAY:
            return
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        for path in _left_aside():
            with suppress(OSError):
                if _age(path) > _DAY:
                    path.unlink()


def _left_aside() -> Iterator[Path]:
    home, areas = settings().home, (landing.area_folder("claimed"), landing.area_folder("copies"))
    for top in (landing.root(), *areas, home / "exports", home / "docs", home / "spool"):
        for folder, _, files in os.walk(top):
            pattern = _OF_UPLOADS if Path(folder).name == ".uploads" else _OURS
            yield from (Path(folder, file) for file in files if pattern.fullmatch(file))


def _age(path: Path) -> float:
    """Seconds since it was last written, or touched in any way: nobody can set that back."""
    return time.time() - path.lstat().st_ctime
