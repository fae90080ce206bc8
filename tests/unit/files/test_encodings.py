"""Encodings: marked, declared, undeclared and wrong ones."""

from dataclasses import replace
from pathlib import Path

import pytest

from penstock.datasets import get
from penstock.errors import PenstockError, RejectFile
from penstock.files import content
from penstock.formats.registry import reader_of
from penstock.formats.scan import scan
from penstock.formats.scanned import Scan

PRODUCTS = get("products")
pytestmark = pytest.mark.usefixtures("bare_home")
TEXT = "name,sku,description\nÉmile,é-1,naïve\n" + "".join(f"ß{n},ü,ö\n" for n in range(20_000))


def scanned(folder: Path, data: bytes, encoding: str | None = None) -> Scan:
    path = folder / "a.csv"
    path.write_bytes(data)
    return scan(replace(PRODUCTS, encoding=encoding), "a.csv", path, 1)


def plain(folder: Path, found: Scan, encoding: str | None = None) -> str:
    """The whole content, read again as a load reads it, without the spool that the scan left."""
    content.spool(1).unlink(missing_ok=True)
    source = reader_of(replace(PRODUCTS, encoding=encoding), "a.csv").open(folder / "a.csv", 1)
    return content.read_range(source, 0, found.content_bytes).decode()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_says_the_encoding(tmp_path: Path, encoding: str) -> None:
    for declared in (None, "cp1252"):
        found = scanned(tmp_path, ("\ufeff" + TEXT).encode(encoding), declared)
        assert found.columns == ["name", "sku", "description"]
        assert f"decoded from {encoding}" in found.notes
        assert plain(tmp_path, found, declared) == TEXT


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16-le", "utf-16"])
def test_a_declared_encoding(tmp_path: Path, encoding: str) -> None:
    found = scanned(tmp_path, TEXT.encode(encoding), encoding)
    assert plain(tmp_path, found, encoding) == TEXT


def test_a_mark_of_utf_8_counts_for_more_than_what_is_declared(tmp_path: Path) -> None:
    found = scanned(tmp_path, TEXT.encode("utf-8-sig"), "cp1252")
    assert found.columns == ["name", "sku", "description"]
    assert plain(tmp_path, found, "cp1252").removeprefix("\ufeff") == TEXT


@pytest.mark.parametrize(
    ("data", "encoding", "told"),
    [
        (b"name,sku,description\na,b,\x81\n", "cp1252", "line 2: not cp1252: .* bytes 81"),
        (b"name,sku,description\na,b,c\nd,\x82\n", "shift_jis", "line 3: not shift_jis: "),
        ("\ufeffname,sku\n".encode("utf-16-le") + b"\0", None, "line 2: not utf-16-le: "),
        ("\ufeffname,sku\na".encode("utf-16-le") + b"\0\xd8\0\0", None, "line 2: not utf-16-le"),
    ],
)
def test_bytes_that_cannot_be_decoded(
    tmp_path: Path, data: bytes, encoding: str | None, told: str
) -> None:
    with pytest.raises(RejectFile, match=told):
        scanned(tmp_path, data, encoding)


@pytest.mark.parametrize(
    ("text", "encoding", "likely"),
    [
        ("name,sku\nJosé,1\n", "cp1252", "cp1252"),
        ("name,sku\nKöln,1\nStraße,2\n", "latin-1", "cp1252"),
        ("name,sku\n5 € “fine”,1\n", "cp1252", "cp1252"),
        ("name,sku\n東京タワー,1\n株式会社,2\n", "shift_jis", "shift_jis"),
        ("name,sku\nЖуков Юлий,1\nИльинский,2\n", "cp1251", "cp1251"),  # noqa: RUF001
    ],
)
def test_the_likely_encoding_is_named(
    tmp_path: Path, text: str, encoding: str, likely: str
) -> None:
    with pytest.raises(RejectFile, match=f"not UTF-8: it looks like {likely} .* on line 2"):
        scanned(tmp_path, text.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_named(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(RejectFile, match=f"looks like {encoding}; declare encoding='{encoding}'"):
        scanned(tmp_path, "name,sku\nJosé,1\n".encode(encoding))


@pytest.mark.parametrize(
    "odd",
    [
        b"Zo\xeb,1,\n" + "Zoë,2,\n".encode(),  # UTF-8 is there too
        b"a\xffb,1,\n",  # no letter
        b"Zo\xeb,1,\n" + b"a,b,c\n" * 20,  # one record in 21
    ],
)
def test_a_few_odd_bytes_are_of_their_records(tmp_path: Path, odd: bytes) -> None:
    assert len(scanned(tmp_path, b"name,sku,description\n" + odd).blocks) == 1


def test_a_character_that_the_first_look_cuts_is_not_odd(tmp_path: Path) -> None:
    for length in range(65_480, 65_520):
        data = b"name,sku,description\na,b," + b"x" * length + "é\n".encode()
        assert scanned(tmp_path, data).content_bytes == len(data)


def test_an_encoding_that_there_is_not() -> None:
    with pytest.raises(PenstockError, match=r"encoding='klingon': no such encoding; expected"):
        replace(PRODUCTS, encoding="klingon")
