"""Two sites to look at, one with all samples and one without data, and visitors of them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from penstock import data_docs
from tests import samples
from tests.pages import browser
from tests.pages import site as sites
from tests.pages.browser import LIGHT, Look, Visit
from tests.pages.site import Site

ALL = os.environ.get("PENSTOCK_TEST_PAGES") == "all"
"""Whether every page is opened in every look, as `make test-pages` does."""

Visitor = Callable[..., Visit]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser."""
    with browser.chromium() as started:
        yield started


@pytest.fixture(scope="package")
def filled(built: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site over all samples; to be looked at."""
    with pytest.MonkeyPatch.context() as patch:
        samples.enter(patch, built)
        data_docs.build()
    yield from _serve(built, tmp_path_factory.mktemp("filled"))


@pytest.fixture(scope="package")
def empty(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site without a single file."""
    folder = tmp_path_factory.mktemp("empty")
    yield from _serve(samples.fresh(cluster, folder), folder)


@pytest.fixture(scope="package")
def working(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own for those who act."""
    folder = tmp_path_factory.mktemp("working")
    yield from _serve(samples.fresh(cluster, folder), folder)


def _serve(environment: dict[str, str], folder: Path) -> Iterator[Site]:
    served, site = sites.start(environment, folder)
    try:
        yield site
    finally:
        served.kill()


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Visitor]:
    """Makes visitors: `visitor(site)` may do all; `name="viewer"` may look, `None` is nobody."""
    come: list[Visit] = []

    def make(site: Site, look: Look = LIGHT, name: str | None = "admin") -> Visit:
        come.append(site.visit(chromium, look, name))
        return come[-1]

    yield make
    for visit in come:
        visit.page.context.close()
