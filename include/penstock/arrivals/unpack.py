"""Zip archives: each member becomes a file of its own, `a.zip/b.csv` of `a.zip`.

The plan writes the members beside the archive, and registers them in the transaction that marks the
archive as unpacked. After that they are files like any other. If the plan crashes before, the next
one writes them again. The archive itself has no rows.

If any member is not safe, the whole archive is rejected.
"""

import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from penstock import ledger
from penstock.declare.dataset import Dataset
from penstock.errors import RejectFile, faults
from penstock.errors.display import excerpt
from penstock.files import content, landing
from penstock.files.compression import FileTooLarge
from penstock.formats.scanned import Scan
from penstock.settings import settings

_CHUNK = 1 << 20
_ALWAYS_ALLOWED = 64 << 20  # bytes that any archive may unpack to, at any ratio
_MOST_MEMBERS = 10_000
_LONGEST_NAME = 255  # bytes in one part of a path
_ENCRYPTED, _IS_UTF8 = 1, 0x800  # flags of a member
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError)


@dataclass(frozen=True)
class Unpacked:
    """The members of an archive that the dataset takes, and the scan for its row in the ledger."""

    scan: Scan
    members: list[ledger.Member]


def unpack(dataset: Dataset, file: ledger.File) -> Unpacked:
    """Write the members that `dataset` takes beside the archive, each whole or not at all.

    Raises:
        RejectFile: the archive is not safe, or has no file that the dataset takes.
        OSError: it cannot be read or written.
    """
    discard(file)
    return unpack_into(_folder(file), dataset, file.path, file.source)


def unpack_into(folder: Path, dataset: Dataset, path: str, place: Path) -> Unpacked:
    """Write the members that `dataset` takes of the archive `path`, now at `place`, to `folder`.

    Raises:
        RejectFile: the archive is not safe, or has no file that the dataset takes.
        OSError: it cannot be read or written.
    """
    try:
        with place.open("rb") as packed, zipfile.ZipFile(packed) as archive:
            names = [name for name, _ in _files(archive)]
            taken = [name for name in names if dataset.accepts(f"{path}/{name}")]
            if not taken:
                held = excerpt(", ".join(names)) or "nothing"
                raise RejectFile(f"the zip holds no file that {dataset.name} takes: found {held}")
            written = list(_written(archive, folder, taken, place.stat().st_size))
    except NotImplementedError as error:
        raise RejectFile(f"the zip is packed in a way that cannot be read: {error}") from error
    except _DAMAGED as error:
        raise RejectFile(f"the zip is damaged: {error}") from error
    notes = [f"unpacked into {len(taken):,} file{'s' * (len(taken) != 1)}"]
    if left := [name for name in names if name not in set(taken)]:
        notes.append(f"not taken: {excerpt(', '.join(left))}")
    members = [replace(member, path=f"{path}/{member.path}") for member in written]
    return Unpacked(Scan(content.digest(place), [], 0, 0, notes=notes), members)


def discard(file: ledger.File) -> None:
    """Delete the unpacked members of an archive that are not registered."""
    shutil.rmtree(_folder(file), ignore_errors=True)


def _folder(file: ledger.File) -> Path:
    return landing.area_folder("claimed") / file.dataset / str(file.file_id) / "unpacked"


def _files(archive: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Yield name and entry of each member that is a file; raise `RejectFile` if one is not safe."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > _MOST_MEMBERS:
        raise RejectFile(f"the zip holds more than {_MOST_MEMBERS:,} files")
    _check_names([member.filename for member in members])
    for member in members:
        if why := _why_not(member):
            raise RejectFile(f"the zip holds {excerpt(member.filename)!r}, which {why}")
        yield member.filename, member


def _check_names(names: Sequence[str]) -> None:
    """Check that no two members have the same name, and that no file is also a folder."""
    known = set(names)
    twice = {name for name in names if names.count(name) > 1} if len(known) < len(names) else set()
    inside = {f"{above}" for name in names for above in PurePosixPath(name).parents}
    if clash := sorted(twice | (inside & known)):
        raise RejectFile(f"the zip holds {excerpt(clash[0])!r} more than once")


def _why_not(member: zipfile.ZipInfo) -> str | None:
    name = member.orig_filename
    parts = name.replace("\\", "/").split("/")
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted: unpack it first"
    if not name.isascii() and not member.flag_bits & _IS_UTF8:
        return "has a name that is not in UTF-8: pack it with another program"
    if "\0" in name or not all(parts) or {".", ".."} & set(parts) or name[1:2] == ":":
        return "is a path that leads elsewhere"
    if any(len(part.encode()) > _LONGEST_NAME for part in parts):
        return f"has a name longer than {_LONGEST_NAME} bytes"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a symbolic link"
    if name.lower().endswith((".zip", ".7z", ".rar", ".tar")):
        return "is an archive in an archive: unpack it first"
    return None


def _written(
    archive: zipfile.ZipFile, folder: Path, names: Sequence[str], packed_bytes: int
) -> Iterator[ledger.Member]:
    """Write the members with these names below `folder`, at their paths in the archive."""
    most = max(_ALWAYS_ALLOWED, settings().max_unpack_ratio * packed_bytes)
    most = min(most, settings().max_file_bytes)
    size = 0
    for name in names:
        target = folder / name
        with faults.at(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as member, target.open("wb") as out:
                while chunk := member.read(_CHUNK):
                    size += len(chunk)
                    if size > most:
                        raise FileTooLarge(f"the zip unpacks to more than {most:,} bytes: a bomb?")
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
        there = landing.stat_file(name, target)
        yield ledger.Member(name, target, there.size_bytes, there.etag)
