"""The wide test, to the end: 200 ugly files in the warehouse, with Python's `csv` as the judge."""

from dataclasses import replace

import psycopg
import pytest

from penstock.datasets import get
from tests import pipeline
from tests.conftest import Declare
from tests.unit.test_wide import read_by_oracle, ugly_file

PRODUCTS = replace(get("products"), reject_when_bad=1.0)  # most rows of an ugly file are blank
FILES = {f"{seed}.csv": ugly_file(seed) for seed in range(200)}


def is_good(name: str, sku: str, _: str, deleted: str) -> bool:
    return bool(name.strip() and sku.strip()) and deleted in ("", "true", "false")


def judged(data: bytes) -> tuple[set, set] | None:
    """The rows to be staged and the (line, text) to be quarantined; None for a refused file."""
    read = read_by_oracle(data)
    if read is None:
        return None
    bad = {(line, raw) for line, raw, fields in read.rows if not is_good(*fields)}
    good = {(line, *fields) for line, raw, fields in read.rows if (line, raw) not in bad}
    return good, bad | set(read.refused)


@pytest.mark.usefixtures("home")
def test_penstock_loads_what_pythons_csv_reads(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, declare: Declare
) -> None:
    pipeline.configure(monkeypatch, block_bytes=4096)
    declare(PRODUCTS)
    for path, data in FILES.items():
        pipeline.land("products", path, data)
    pipeline.ingest("products")
    expected = {path: judged(data) for path, data in FILES.items()}
    states = {path: state for (path, _), state in pipeline.states(warehouse).items()}
    assert states == {p: "rejected" if e is None else "sealed" for p, e in expected.items()}
    staged = warehouse.execute(
        "SELECT path, _row, name, sku, description, deleted FROM staging.products"
        " JOIN ingest.file ON file_id = _file_id"
    ).fetchall()
    refused = warehouse.execute(
        "SELECT path, line, raw FROM ingest.quarantine JOIN ingest.file USING (file_id)"
    ).fetchall()
    assert sorted(staged) == sorted((p, *row) for p, e in expected.items() if e for row in e[0])
    assert sorted(refused) == sorted((p, *row) for p, e in expected.items() if e for row in e[1])
