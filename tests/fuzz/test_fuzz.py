"""Ugly files without a warehouse: scan, parser and checks, at many block sizes."""

import os
import random

import pytest

from penstock.settings import settings
from tests.fuzz.judge import judge

FILES = int(os.environ.get("PENSTOCK_FUZZ_FILES", "100"))
SEED = int(os.environ.get("PENSTOCK_FUZZ_SEED") or random.randrange(10**9))


@pytest.mark.timeout(3600 * 6)
def test_nothing_is_lost_or_changed(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path / "home"))

    def set_blocks(size: int) -> None:
        monkeypatch.setenv("PENSTOCK_BLOCK_BYTES", str(size))
        settings.cache_clear()

    print(f"PENSTOCK_FUZZ_SEED={SEED}")  # noqa: T201 - repeats the run
    try:
        for n in range(FILES):
            judge(SEED + n, tmp_path, set_blocks)
            if n % 1000 == 999:
                print(f"{n + 1:,} of {FILES:,} files")  # noqa: T201
    finally:
        settings.cache_clear()
