"""Scan: what a file is made of, or the one clear reason why it is no file of its dataset."""

import gzip
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.datasets import get
from penstock.declare.dataset import Dataset
from penstock.errors import RejectFile
from penstock.files import content
from penstock.files.compression import FileTooLarge
from penstock.formats import header as header_module
from penstock.formats.registry import reader_of
from penstock.formats.scan import scan
from penstock.formats.scanned import Scan
from penstock.settings import settings

PRODUCTS, EVENTS = get("products"), get("events")
HEADER = b"name,sku,description\n"
MIB = 1 << 20
pytestmark = pytest.mark.usefixtures("bare_home")


def scanned(folder: Path, data: bytes, name: str = "a.csv", dataset: Dataset = PRODUCTS) -> Scan:
    path = folder / name
    path.write_bytes(data)
    return scan(dataset, name, path, 1)


def scanned_elsewhere(path: Path) -> tuple[str, int]:
    """What a process of its own says of `path`, and by how many bytes the scan made it grow."""
    probe = """
import resource, sys
from pathlib import Path
from penstock.datasets import get
from penstock.errors import RejectFile
from penstock.formats.scan import scan
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(len(scan(get("products"), "a.csv", Path(sys.argv[1]), 1).blocks), "blocks")
except RejectFile as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    command = [sys.executable, "-c", probe, path]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    told, kilobytes = ran.stdout.splitlines()
    return told, int(kilobytes) * 1024


def limit(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    for name, value in limits.items():
        monkeypatch.setenv(f"PENSTOCK_{name.upper()}", str(value))
    settings.cache_clear()


def test_blocks_cover_the_file_after_bom_and_header(tmp_path: Path) -> None:
    head = content.BOM + b'\r\nsku,"name",description\r\n'
    data = head + b"1,2,3\r\n"
    found = scanned(tmp_path, data)
    assert found.columns == ["sku", "name", "description"]
    assert found.content_hash == hashlib.sha256(data).hexdigest()
    [block] = found.blocks
    assert (block.first_byte, block.last_byte, block.first_line) == (len(head), len(data), 3)


@pytest.mark.parametrize("data", [HEADER, HEADER.rstrip(), content.BOM + HEADER])
def test_a_header_alone_has_no_blocks(tmp_path: Path, data: bytes) -> None:
    assert scanned(tmp_path, data).blocks == []


def test_events_have_no_header(tmp_path: Path) -> None:
    data = content.BOM + b"a b c\nd e f"
    found = scanned(tmp_path, data, "a.txt", EVENTS)
    assert found.columns is None
    [block] = found.blocks
    assert (block.first_byte, block.last_byte, block.first_line) == (3, len(data), 1)


@pytest.mark.parametrize("data", [b"", content.BOM, b" \r\n\n"])
def test_an_empty_file(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(RejectFile, match="the file is empty: expected at least one record"):
        scanned(tmp_path, data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04rest", "a zip archive"),
        (b"PAR1rest", "Parquet"),
        (b"%PDF-1.7", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Office file, such as .xls"),
        (HEADER.ljust(257, b"\0") + b"ustar\x0000", "a tar archive"),
        (bytes(range(32)) * 100, "binary"),
        (b"\0" * 1000, "binary"),
    ],
)
def test_a_file_that_is_not_text(tmp_path: Path, data: bytes, kind: str) -> None:
    with pytest.raises(RejectFile, match=f"the file is {kind}, expected text in UTF-8"):
        scanned(tmp_path, data)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (b"name,description\n", "line 1: missing column sku: expected name, sku, description, "),
        (b"NAMES,s.k.u.s\n", "line 1: missing columns name, sku: .* found NAMES, s.k.u.s"),
        (b"name,sku,name,sku\n", "line 1: column 'name' appears more than once: name, name"),
        (b"name,sku,Sku \n", "line 1: column 'sku' appears more than once: sku, Sku "),
        (b"name,sku,x,x\n", "line 1: column 'x' appears more than once: x, x"),
        (b"name,sku,\xff\n", "the header is not UTF-8"),
        (b"name,sku,x\0\n", "line 1: the header holds a NUL byte"),
        (b"name,sku" + b",c" * 3000 + b"\n", "line 1: the header has more than 2,000 columns"),
        (b"name,sku" + b",c" * 1_000_000, "line 1: the header has more than 2,000 columns"),
        (b'name,sku,"' + b"x" * 70_000 + b'"\n', "line 1: no header .* in the first 65,536 bytes"),
        (b"name,sku," + b"x" * 70_000 + b"\n", "line 1: the header is longer than 65,5.. bytes"),
        (b'name,sku,"description\na,b,c\n', "line 1: no header .* a quote is opened and never"),
        (b'name,sku,"description\na,b,"c"\n', "line 1: no header .* text behind a closing quote"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "header",
)
@pytest.mark.parametrize("bom", [b"", content.BOM], ids=["plain", "bom"])
def test_a_header_that_will_not_do(tmp_path: Path, bom: bytes, header: bytes, told: str) -> None:
    with pytest.raises(RejectFile, match=told):
        scanned(tmp_path, bom + header)


@pytest.mark.parametrize(
    ("header", "matched"),
    [
        (b"NAME,S-k_u\n", ["name", "sku"]),
        (b"Sku,'Name',De scription\n", ["sku", "name", "description"]),
        (b"sku,name,Beschreibung\n", ["sku", "name", "Beschreibung"]),
    ],
)
def test_names_match_whatever_their_case_and_punctuation(
    tmp_path: Path, header: bytes, matched: list[str]
) -> None:
    assert header_module.matched(scanned(tmp_path, header).columns, PRODUCTS.columns) == matched


def test_unknown_columns_are_noted_and_optional_ones_may_be_missing(tmp_path: Path) -> None:
    found = scanned(tmp_path, b"sku,colour,name,descripton\n")
    assert found.notes == [
        "`colour`: not a column, not loaded",
        "`descripton`: not a column; did you mean `description`?",
        "`description`: the file has no such column",
    ]
    assert found.columns == ["sku", "colour", "name", "descripton"]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_record_that_is_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    limit(monkeypatch, block_bytes=1000, max_record_bytes=5000)
    data = HEADER + b'a,b,c\nd,e,"' + b"x\n" * 50_000
    data = gzip.compress(data) if name.endswith(".gz") else data
    with pytest.raises(RejectFile, match="line 3: the record is longer than 5,000 bytes"):
        scanned(tmp_path, data, name)
    assert not any((settings().home / "spool").glob("*"))


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_file_that_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    limit(monkeypatch, max_file_bytes=10_000)
    data = HEADER + b"a,b,c\n" * 10_000
    data = gzip.compress(data) if name.endswith(".gz") else data
    with pytest.raises(FileTooLarge, match="the file is larger than 10,000 bytes"):
        scanned(tmp_path, data, name)


@pytest.mark.parametrize("rows", [0, 1, 5_000, 20_000])
@pytest.mark.parametrize("size", [60_000, 1 << 20])
def test_a_gzip_gives_the_blocks_of_the_plain_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, size: int
) -> None:
    limit(monkeypatch, block_bytes=size)
    data = HEADER + b'a,b,"c\nd"\n' * rows
    plain = scanned(tmp_path, data)
    assert scanned(tmp_path, gzip.compress(data), "a.csv.gz") == plain
    assert content.spool(1).read_bytes() == data
    content.spool(1).unlink()
    source = reader_of(PRODUCTS, "a.csv.gz").open(tmp_path / "a.csv.gz", 1)
    read = [content.read_range(source, b.first_byte, b.last_byte) for b in plain.blocks]
    assert HEADER + b"".join(read) == data


@pytest.mark.parametrize(
    "damage",
    [
        lambda z: z[:-10],
        lambda z: z[:200] + b"?" * 99 + z[299:],
        lambda z: z + b"?" * 5000,
        lambda z: z + z[:-1],
    ],
)
def test_a_damaged_gzip(tmp_path: Path, damage: object) -> None:
    zipped = gzip.compress(HEADER + os.urandom(100_000).hex().encode())
    with pytest.raises(RejectFile, match="the gzip is damaged"):
        scanned(tmp_path, damage(zipped), "a.csv.gz")  # type: ignore[operator]
    assert not any((settings().home / "spool").glob("*"))


@pytest.mark.parametrize("start", [b"", HEADER, HEADER + b"a,b,c\n"])
def test_a_gzip_of_zeros_is_refused_early(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "zeros.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(start)
        for _ in range(400):
            out.write(bytes(1 << 20))
    told, grown = scanned_elsewhere(path)
    assert "binary" in told or "longer than 16,777,216 bytes" in told
    assert grown < 150 * MIB
    assert not any((settings().home / "spool").glob("*"))


def test_a_file_that_became_shorter_than_its_blocks(tmp_path: Path) -> None:
    [block] = scanned(tmp_path, HEADER + b"a,b,c\n").blocks
    path = tmp_path / "a.csv"
    os.truncate(path, block.last_byte - 1)
    source = reader_of(PRODUCTS, "a.csv").open(path, 1)
    with pytest.raises(RejectFile, match="the file became shorter while it was read"):
        content.read_range(source, block.first_byte, block.last_byte)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as out:
        out.write(HEADER)
        for _ in range(200):
            out.write(b"a,b,c\n" * (MIB // 6))
    told, grown = scanned_elsewhere(path)
    assert told == "13 blocks"
    assert grown < 150 * MIB
