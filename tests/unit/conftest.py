"""What unit tests stand on: settings of their own, and no database."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from penstock.settings import settings

# Property tests may take their time: a slow machine is no counterexample.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.load_profile("patient")


@pytest.fixture
def bare_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A PENSTOCK_HOME without a warehouse."""
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PENSTOCK_SETTLE_SECONDS", "0.001")
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()
