"""Two sites to look at, one with all samples and one without data, and visitors of them."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx2
import psycopg
import pytest
from playwright.sync_api import Browser

from penstock.api import keys
from penstock.api.keys import Scope
from tests import samples, serving
from tests.pages import addresses, browser
from tests.pages.browser import LIGHT, Look, Visit

ALL = os.environ.get("PENSTOCK_TEST_PAGES") == "all"
"""Whether every page is opened in every look, as `make test-pages` does."""

Visitor = Callable[..., Visit]


@dataclass
class Site:
    """A running `penstock serve`, with a key that may do all and one that may look."""

    url: str
    environment: dict[str, str]
    admin: str
    viewer: str

    @contextmanager
    def client(self, key: str) -> Iterator[httpx2.Client]:
        """A client that is logged in."""
        with httpx2.Client(base_url=self.url, timeout=serving.PATIENCE) as client:
            assert client.post("/ui/login", data={"key": key}).status_code == 303
            yield client

    def cookies(self, key: str) -> list[dict[str, str]]:
        """The login with a key, for a browser."""
        with self.client(key) as client:
            return [{"name": n, "value": v, "url": self.url} for n, v in client.cookies.items()]

    @cached_property
    def found(self) -> addresses.Found:
        """Where the links of all pages lead."""
        with self.client(self.admin) as client:
            return addresses.crawl(client)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser."""
    with browser.chromium() as started:
        yield started


@pytest.fixture(scope="package")
def filled(built: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site over all samples; to be looked at."""
    yield from _site(built, tmp_path_factory.mktemp("filled"))


@pytest.fixture(scope="package")
def empty(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site without a single file."""
    folder = tmp_path_factory.mktemp("empty")
    yield from _site(samples.fresh(cluster, folder), folder)


def _site(environment: dict[str, str], folder: Path) -> Iterator[Site]:
    with psycopg.connect(environment["PENSTOCK_WAREHOUSE_URL"], autocommit=True) as warehouse:
        admin = keys.create(warehouse, "admin", list(Scope), 1_000_000)
        viewer = keys.create(warehouse, "viewer", [Scope.READ], 1_000_000)
    served = serving.start(folder, env={"PENSTOCK_API_WORKERS": "1", **environment})
    try:
        served.wait_until_ready()
        yield Site(served.url, environment, admin, viewer)
    finally:
        served.kill()


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Visitor]:
    """Makes visitors: `visitor(site)` may do all, `visitor(site, key=None)` is not logged in."""
    with ExitStack() as stack:

        def come(site: Site, look: Look = LIGHT, key: str | None = "admin") -> Visit:
            context = stack.enter_context(browser.context(chromium, look))
            if key:
                context.add_cookies(site.cookies(getattr(site, key)))
            return Visit(context.new_page(), site.url)

        yield come
