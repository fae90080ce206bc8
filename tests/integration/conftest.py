"""What integration tests stand on, beside a warehouse."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from penstock.marts import build
from tests import programs
from tests.programs import Done, run

Penstock = Callable[..., Done]
SmallDisk = Callable[[str], Path]


@pytest.fixture
def penstock(home: Path) -> Penstock:
    """Runs the command line in this test's home; no run parses the dbt project again."""
    build.warm()
    return programs.penstock


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Mounts a file system in memory with options of `mount`, such as `size=256k`."""
    place = tmp_path / "disk"

    def mount(options: str) -> Path:
        place.mkdir()
        command = ("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place))
        if os.geteuid() or run(*command).returncode:
            pytest.skip("only root may mount a file system")
        return place

    yield mount
    if place.is_mount():
        assert run("umount", "-l", str(place)).returncode == 0
