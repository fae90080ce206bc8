"""Provides a system user for the embedded server, because Postgres refuses to run as root."""

import errno
import os
import pwd
import struct
import subprocess
from pathlib import Path

from penstock.errors import PenstockError

_NAME = "penstock-postgres"

# A POSIX access list as Linux stores it: a version, then entries of tag, permissions and id.
_ACL = "system.posix_acl_access"
_VERSION, _ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
_OWNER, _USER, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NOBODY = 0xFFFFFFFF
_TRAVERSE = 0o1


def server_user() -> pwd.struct_passwd | None:
    """Return the server's own user, created on first use; None if this process is not root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_NAME)
    except KeyError:
        subprocess.run(["useradd", "--system", "--shell=/bin/false", _NAME], check=True)
        return pwd.getpwnam(_NAME)


def grant_access(user: pwd.struct_passwd, *places: Path) -> None:
    """Let `user`, and no other, traverse these folders and their parents.

    Raises:
        PenstockError: a folder is closed and its file system does not support access lists.
    """
    for place in places:
        for folder in (place, *place.parents):
            if not folder.stat().st_mode & 0o001:
                _grant_traversal(user, folder)


def _grant_traversal(user: pwd.struct_passwd, folder: Path) -> None:
    entries = _read(folder)
    entries[_USER, user.pw_uid] = entries.get((_USER, user.pw_uid), 0) | _TRAVERSE
    entries[_MASK, _NOBODY] = entries.get((_MASK, _NOBODY), entries[_GROUP, _NOBODY]) | _TRAVERSE
    packed = (_ENTRY.pack(tag, allowed, who) for (tag, who), allowed in sorted(entries.items()))
    try:
        os.setxattr(folder, _ACL, _VERSION.pack(2) + b"".join(packed))
    except OSError as error:
        raise PenstockError(
            f"{folder} is closed to {user.pw_name}, as whom Postgres runs, and cannot be opened "
            f"to it alone ({error.strerror}): move below a folder that everybody may enter, or "
            "run Penstock as another user than root"
        ) from None


def _read(folder: Path) -> dict[tuple[int, int], int]:
    """Return permissions by tag and id; without an access list, those of the folder's mode."""
    try:
        packed = os.getxattr(folder, _ACL)[_VERSION.size :]
    except OSError as error:
        if error.errno not in (errno.ENODATA, errno.ENOTSUP):
            raise
        mode = folder.stat().st_mode
        classes = {_OWNER: mode >> 6, _GROUP: mode >> 3, _OTHER: mode}
        return {(tag, _NOBODY): bits & 0o7 for tag, bits in classes.items()}
    return {(tag, who): allowed for tag, allowed, who in _ENTRY.iter_unpack(packed)}
