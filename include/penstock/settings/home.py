"""Keeps the home private: each process calls `enter` first; PENSTOCK_GROUP may be let in."""

import grp
import os
import stat
from pathlib import Path

from penstock.errors import PenstockError
from penstock.settings import settings

_SHARED = ("landing", "exports")  # what PENSTOCK_GROUP may enter


def enter() -> None:
    """Close what this process will make to other users, and the home, if it is there.

    Raises:
        PenstockError: the home belongs to another user or others can write to it, or there is no
            group PENSTOCK_GROUP that this user is in.
    """
    os.umask(0o077)
    home = settings().home
    if not home.exists():
        return
    _check(home)
    _close(home)
    for name in _SHARED:
        for folder in (home / name, *_subfolders(home / name)):
            share(folder)


def share(path: Path) -> None:
    """Let PENSTOCK_GROUP, if there is one, read and write a file or folder that is ours."""
    if settings().group is None or not path.exists():
        return
    home = settings().home
    if path.is_relative_to(home):
        _give(home, 0o710)  # to pass through
    _give(path, 0o2770 if path.is_dir() else 0o660)


def _check(home: Path) -> None:
    info = home.stat()
    if info.st_uid != os.geteuid():
        raise PenstockError(
            f"the home {home} belongs to another user: set PENSTOCK_HOME to a folder of your own"
        )
    if info.st_mode & 0o022:
        raise PenstockError(
            f"others can write to the home {home}: look through it, then `chmod go-w {home}`"
        )


def _close(home: Path) -> None:
    """Nobody else gets past these, whatever the modes of what lies in them."""
    # The home may be passed through: by PENSTOCK_GROUP, and by the user of the embedded server.
    _take_away(home, 0o067)
    for entry in os.scandir(home):
        if not entry.is_symlink() and not (entry.name in _SHARED and settings().group):
            _take_away(Path(entry.path), 0o077)


def _take_away(path: Path, bits: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & bits:
        path.chmod(mode & ~bits)


def _subfolders(folder: Path) -> list[Path]:
    """Those with a dataset's files; what is being received lies in hidden ones."""
    if not os.access(folder, os.R_OK):  # not there, or hidden from this service
        return []
    return [each for each in folder.iterdir() if each.is_dir() and each.name[0] != "."]


def _give(path: Path, mode: int) -> None:
    """Give what is ours to the group, with this mode."""
    info = path.stat()
    if info.st_uid != os.geteuid():
        return
    try:
        gid = grp.getgrnam(settings().group or "").gr_gid
        if info.st_gid != gid:
            os.chown(path, -1, gid)
    except (KeyError, PermissionError):
        raise PenstockError(
            f"PENSTOCK_GROUP={settings().group}: expected a group that you are in"
        ) from None
    if stat.S_IMODE(info.st_mode) != mode or info.st_gid != gid:
        path.chmod(mode)
