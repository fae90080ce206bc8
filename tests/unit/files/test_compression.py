"""Compressed files: several members, padding, damage, bombs, and names that do not fit."""

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from penstock.datasets import get
from penstock.errors import RejectFile
from penstock.files import content
from penstock.files.compression import FileTooLarge
from penstock.formats.scan import scan
from penstock.formats.scanned import Scan
from tests.unit.formats.test_scan import limit

PRODUCTS = get("products")
pytestmark = pytest.mark.usefixtures("bare_home")
Pack = Callable[[bytes], bytes]
PACKS: dict[str, tuple[str, Pack]] = {
    ".gz": ("gzip", gzip.compress),
    ".zst": ("zstd", zstd.compress),
    ".bz2": ("bzip2", bz2.compress),
    ".xz": ("xz", lzma.compress),
}
FIRST = b"name,sku,description\na,b,c\n"
SECOND = b"".join(b"%d,%d,%s\n" % (n, n, os.urandom(20).hex().encode()) for n in range(3000))
every_kind = pytest.mark.parametrize("suffix", PACKS)


def scanned(folder: Path, data: bytes, name: str) -> Scan:
    path = folder / name
    path.write_bytes(data)
    return scan(PRODUCTS, name, path, 1)


@every_kind
@pytest.mark.parametrize("padding", [b"", b"\0", b"\0" * 100_000])
def test_all_members_are_read_and_zeros_behind_them_are_padding(
    tmp_path: Path, suffix: str, padding: bytes
) -> None:
    plain = scanned(tmp_path, FIRST + SECOND, "a.csv")
    _, pack = PACKS[suffix]
    data = pack(FIRST) + padding + pack(b"") + pack(SECOND) + padding
    assert scanned(tmp_path, data, f"A.CSV{suffix.upper()}") == plain
    assert content.digest_content(tmp_path / f"A.CSV{suffix.upper()}") == plain.content_hash


@every_kind
def test_a_damaged_file_says_so(tmp_path: Path, suffix: str) -> None:
    kind, pack = PACKS[suffix]
    packed = pack(FIRST + SECOND)
    middle = len(packed) // 2
    for damaged in (
        packed[:-3],
        packed[:middle] + bytes(b ^ 255 for b in packed[middle : middle + 50]) + packed[-3:],
        packed + packed[:-3],
        packed + b"?" * 5000,
    ):
        with pytest.raises(RejectFile, match=f"the {kind} is damaged: "):
            scanned(tmp_path, damaged, f"a.csv{suffix}")


@every_kind
def test_a_few_bytes_behind_the_end_are_told(tmp_path: Path, suffix: str) -> None:
    kind, pack = PACKS[suffix]
    found = scanned(tmp_path, pack(FIRST) + b"\nsigned", f"a.csv{suffix}")
    assert f"7 bytes behind the end of the {kind}, not read" in found.notes
    assert len(found.blocks) == 1


@every_kind
def test_bytes_count_for_more_than_the_name(tmp_path: Path, suffix: str) -> None:
    kind, pack = PACKS[suffix]
    plain = scanned(tmp_path, FIRST, "a.csv")
    found = scanned(tmp_path, pack(FIRST), "b.csv")
    assert found.blocks == plain.blocks
    assert f"compressed with {kind}, which its name does not say" in found.notes
    found = scanned(tmp_path, FIRST, f"c.csv{suffix}")
    assert found.blocks == plain.blocks
    assert f"named as {kind}, but not compressed: read as it is" in found.notes
    with pytest.raises(RejectFile, match=f"the file is {kind} once more inside"):
        scanned(tmp_path, pack(pack(FIRST)), f"d.csv{suffix}")


@every_kind
def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    _, pack = PACKS[suffix]
    bomb = pack(FIRST + b"a,b,c\n" * 14_000_000)
    with pytest.raises(FileTooLarge, match="the file unpacks to more than 250 times its size"):
        scanned(tmp_path, bomb, f"a.csv{suffix}")
    limit(monkeypatch, max_file_bytes=1 << 20)
    with pytest.raises(FileTooLarge, match="unpacked, the file is larger than 1,048,576 bytes"):
        scanned(tmp_path, bomb, f"a.csv{suffix}")
    assert not any((content.spool(1).parent).glob("*"))


def test_text_that_begins_as_bzip2_does_is_text(tmp_path: Path) -> None:
    data = b"BZh9,sku,name,description\na,b,c,d\n"
    assert scanned(tmp_path, data, "a.csv").columns == ["BZh9", "sku", "name", "description"]
