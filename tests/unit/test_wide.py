"""The wide test: 200 ugly files through scan and parse, with Python's `csv` as the judge."""

import csv
import io
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from penstock.datasets import get
from penstock.errors import RejectFile
from penstock.files import content
from penstock.formats.parse import parse
from penstock.formats.registry import reader_of
from penstock.formats.scan import scan
from penstock.settings import settings
from tests.unit import oracle

PRODUCTS = get("products")
DECLARED = [column.name for column in PRODUCTS.columns]
PIECES = (
    "",
    " ",
    "a",
    "é",
    "😀",
    ",",
    '"',
    '""',
    "\n",
    "\r\n",
    "\r",
    "NA",
    "007",
    "\u2028",
    "\ufeff",
)


@dataclass(frozen=True)
class Read:
    """What a reading of a file comes to; rows are (line, text, declared columns)."""

    rows: list[tuple[int, str, tuple[str, ...]]]
    refused: list[tuple[int, str]]


def ugly_file(seed: int) -> bytes:
    """A products file with the traits of real ones at their worst, the same for the same seed."""
    chance = random.Random(seed)
    rare = DECLARED[3:] * (chance.random() < 0.1)  # `deleted`, which few files have
    odd = chance.sample(["colour", "né", "a,b", 'q"'], chance.choice([0, 0, 1, 2]))
    header = DECLARED[:3] + rare + odd
    if chance.random() < 0.2:
        header.remove(chance.choice(header))
    if chance.random() < 0.5:
        chance.shuffle(header)
    out = io.StringIO()
    quoting = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    writer = csv.writer(out, lineterminator=chance.choice(["\n", "\r\n"]), quoting=quoting)
    writer.writerow(header)
    for _ in range(chance.choice([0, 1, 5, 60, 300])):
        width = len(header) + chance.choice([0] * 12 + [-1, 1, 5])
        writer.writerow(
            ["".join(chance.choices(PIECES, k=chance.randint(0, 5))) for _ in range(width)]
        )
        if chance.random() < 0.02:
            out.write(chance.choice(["\n", "\r\n", 'stray" quote,x,y\n', 'x,"y"z,\n']))
    text = out.getvalue()
    if chance.random() < 0.3:
        text = text.rstrip("\r\n")
    return (content.BOM if chance.random() < 0.3 else b"") + text.encode()


def read_by_oracle(data: bytes) -> Read | None:
    """None where the header lacks a required column."""
    head, *records = oracle.read(data.removeprefix(content.BOM).decode())
    names = head.fields
    if not {"name", "sku"} <= set(names):
        return None
    good = [r for r in records if not r.why and len(r.fields) == len(names)]
    named = [(r, dict(zip(names, r.fields, strict=True))) for r in good]
    return Read(
        [(r.line, r.raw, tuple(row.get(name, "") for name in DECLARED)) for r, row in named],
        [(r.line, r.raw) for r in records if r not in good],
    )


def read_by_penstock(path: Path) -> Read:
    found = scan(PRODUCTS, path.name, path, 1)
    source = reader_of(PRODUCTS, path.name).open(path, 1)
    rows, refused = [], []
    for block in found.blocks:
        data = content.read_range(source, block.first_byte, block.last_byte)
        parsed = parse(
            PRODUCTS, path.name, data, block.first_line, found.columns, dialect=found.dialect
        )
        assert parsed.records == len(parsed.frame) + len(parsed.refused)
        for line, *fields in parsed.frame.itertuples():
            rows.append((line, parsed.raw(line), tuple(fields)))
        refused += sorted((r.line, r.raw) for r in parsed.refused)
    return Read(rows, refused)


@pytest.mark.parametrize("seed", range(200))
def test_penstock_reads_what_pythons_csv_reads(
    bare_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("PENSTOCK_BLOCK_BYTES", str(random.Random(seed).choice([64, 999, 1 << 20])))
    settings.cache_clear()
    assert settings().home == bare_home
    path, data = tmp_path / "ugly.csv", ugly_file(seed)
    path.write_bytes(data)
    expected = read_by_oracle(data)
    if expected is None:
        with pytest.raises(RejectFile, match="line 1: missing column"):
            scan(PRODUCTS, path.name, path, 1)
    else:
        assert read_by_penstock(path) == expected


def test_the_files_have_the_traits() -> None:
    """Guards the generator: each trait, and each outcome, is there several times."""
    files = [ugly_file(seed) for seed in range(200)]
    read = [read_by_oracle(data) for data in files]
    some = 10
    assert sum(data.startswith(content.BOM) for data in files) > some
    assert sum(b"\r\n" in data.splitlines(keepends=True)[0] for data in files) > some
    assert sum(r is None for r in read) > some
    assert sum(r is not None and not r.rows and not r.refused for r in read) > some
    assert sum(r is not None and bool(r.refused) for r in read) > some
    assert sum(r is not None and len(r.rows) > some for r in read) > some
    assert sum(b'stray"' in data for data in files) > some
