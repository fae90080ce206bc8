"""Ugly files through the real stations: staging and quarantine hold what the parsers said."""

import os
import random
from pathlib import Path

import psycopg
import pytest

from penstock.formats.frames import arrow
from penstock.formats.parsed import joined
from penstock.validate import validate
from penstock.validate.refused import refused_records
from tests.fuzz import oracle
from tests.fuzz.file import Ugly
from tests.fuzz.ugly import DATASETS, make
from tests.pipeline import configure, ingest, land

FILES = int(os.environ.get("PENSTOCK_FUZZ_FILES", "100")) // 10
SEED = int(os.environ.get("PENSTOCK_FUZZ_SEED") or random.randrange(10**9))


@pytest.mark.timeout(3600 * 6)
def test_the_warehouse_holds_what_the_files_hold(
    home, warehouse, tmp_path, monkeypatch, declare
) -> None:
    print(f"PENSTOCK_FUZZ_SEED={SEED}")  # noqa: T201 - repeats the run
    declare(*DATASETS)
    configure(monkeypatch, block_bytes=random.Random(SEED).choice((50, 300, 2000)))
    files = {}
    for seed in range(SEED, SEED + FILES):
        ugly = make(seed)
        ugly.name = f"{seed}-{ugly.name}"
        land(ugly.dataset.name, ugly.name, ugly.data)
        files[ugly.name] = ugly

    for dataset in DATASETS:
        ingest(dataset.name)

    for name, ugly in files.items():
        _compare(warehouse, ugly, tmp_path / name)


def _compare(warehouse: psycopg.Connection, ugly: Ugly, place: Path) -> None:
    place.write_bytes(ugly.data)
    found = oracle.read(ugly, place)
    file_id, state, reason = warehouse.execute(
        "SELECT file_id, state, reason FROM ingest.file WHERE path = %s", [ugly.name]
    ).fetchone()
    told = f"PENSTOCK_FUZZ_SEED={ugly.seed}: {state}: {reason}"
    assert state == ("rejected" if found.rejected else "sealed"), told
    staged = warehouse.execute(
        f"SELECT _row, {', '.join(ugly.columns)} FROM staging.{ugly.dataset.name}"
        " WHERE _file_id = %s ORDER BY _row", [file_id],
    ).fetchall()  # fmt: skip
    kept = warehouse.execute(
        "SELECT line, raw, reasons FROM ingest.quarantine WHERE file_id = %s ORDER BY line",
        [file_id],
    ).fetchall()
    if found.rejected or not found.parsed:
        assert (staged, kept) == ([], []), told
        return
    verdict = validate(ugly.dataset, joined(found.parsed))
    good = verdict.frame[verdict.good]
    values = (arrow(good[column]).to_pylist() for column in ugly.columns)
    assert staged == [*zip(good.index.tolist(), *values, strict=True)], told
    refused = [r for block in refused_records(found.parsed, verdict) for r in block]
    assert kept == [(r.line, r.raw, r.reasons) for r in refused], told
