"""One running system for all end-to-end tests."""

from collections.abc import Iterator

import pytest

from tests.e2e.system import System


@pytest.fixture(scope="package")
def system() -> Iterator[System]:
    """Penstock, up; at the end it is taken down and must leave no process."""
    running = System()
    try:
        running.penstock("up")
        yield running
    finally:
        running.penstock("down")
        left = running.left_over()
        running.remove()
    assert not left, f"processes left: {left}"


@pytest.fixture(autouse=True)
def _healthy(system: System) -> None:
    """Each test begins with everything up, whatever the one before it killed."""
    if not system.is_well:
        system.penstock("up")
