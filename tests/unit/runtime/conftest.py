"""A home with nothing in it, and settings that read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.settings import settings


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path))
    monkeypatch.delenv("PENSTOCK_WAREHOUSE_URL", raising=False)
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()
