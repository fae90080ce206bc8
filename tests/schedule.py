"""The order of tests, and which of them share a worker of `make test`."""

import pytest
from xdist.scheduler import LoadScopeScheduling

FIRST = (
    "tests/e2e/",
    "tests/integration/airflow/",
    "tests/chaos/test_mix.py",
    "tests/pages/",
    "tests/integration/api/",
    "tests/integration/site/",
    "tests/integration/marts/test_random_sequences.py",
    "tests/chaos/test_kills.py",
    "tests/integration/scaffold/test_new_dataset.py",
)
"""The slowest, slowest first: nothing is left to run beside what ends last."""


_WITH = {"tests/integration/site/": "tests/integration/api/"}
"""Folders that share what is slow to set up, here a warehouse with all samples."""


def slowest_first(items: list[pytest.Item]) -> None:
    """Sort the tests in place; others keep their order."""
    items.sort(key=lambda item: _place(item.nodeid))


def _place(nodeid: str) -> int:
    found = (n for n, start in enumerate(FIRST) if nodeid.startswith(start))
    return next(found, len(FIRST))


class Scheduler(LoadScopeScheduling):
    """Gives a worker whole files, or whole folders whose tests share a started server."""

    def _split_scope(self, nodeid: str) -> str:
        folders = (start for start in FIRST if start.endswith("/") and nodeid.startswith(start))
        scope = next(folders, nodeid.partition("::")[0])
        return _WITH.get(scope, scope)
