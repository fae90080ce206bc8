"""Keeps the home private: each process calls `enter` first. PENSTOCK_GROUP can get access."""

import grp
import os
import stat
from pathlib import Path

from penstock.errors import PenstockError
from penstock.settings import settings

_SHARED = ("landing", "exports")  # folders that PENSTOCK_GROUP may enter


def enter() -> None:
    """Set the umask of this process, and close an existing home to other users.

    Raises:
        PenstockError: the home belongs to another user, or others can write to it, or this user is
            not in PENSTOCK_GROUP.
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
    """Let PENSTOCK_GROUP, if set, read and write a file or folder of this user."""
    if settings().group is None or not path.exists():
        return
    home = settings().home
    if path.is_relative_to(home):
        _set_group(home, 0o710)  # traverse only
    _set_group(path, 0o2770 if path.is_dir() else 0o660)


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
    """Close the home's folders to other users, whatever the modes of their files."""
    # PENSTOCK_GROUP and the embedded server's user may traverse the home itself.
    _remove_bits(home, 0o067)
    for entry in os.scandir(home):
        if not entry.is_symlink() and not (entry.name in _SHARED and settings().group):
            _remove_bits(Path(entry.path), 0o077)


def _remove_bits(path: Path, bits: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & bits:
        path.chmod(mode & ~bits)


def _subfolders(folder: Path) -> list[Path]:
    """Return the folders with a dataset's files. Hidden folders contain incomplete files."""
    if not os.access(folder, os.R_OK):  # missing, or not readable by this service
        return []
    return [each for each in folder.iterdir() if each.is_dir() and each.name[0] != "."]


def _set_group(path: Path, mode: int) -> None:
    """Set the group and the mode of a file or folder of this user."""
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
