"""A site with our pages, and who may see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import httpx2
import psycopg
from playwright.sync_api import Browser

from penstock.api import keys
from penstock.api.errors import PAGES
from penstock.api.keys import Scope
from tests import serving
from tests.pages import addresses, browser
from tests.pages.browser import LIGHT, Look, Visit
from tests.serving import Served

ROLES = {"admin": list(Scope), "viewer": [Scope.READ]}
"""Visitors of `penstock serve`, and what their keys may do."""


@dataclass
class Site:
    """A site that runs: our pages are below `prefix`; Airflow shows them in a frame.

    `secrets` are the keys or passwords by name of the visitor, `logins` their cookies.
    """

    url: str
    secrets: Mapping[str, str]
    prefix: str = PAGES
    framed: bool = False
    logins: dict[str, dict[str, str]] = field(default_factory=dict)

    def visit(self, browser_: Browser, look: Look = LIGHT, name: str | None = "admin") -> Visit:
        """A window of somebody who is logged in; `name=None` is not."""
        context = browser.context(browser_, look)
        if name:
            cookies = self.logins[name].items()
            context.add_cookies([{"name": n, "value": v, "url": self.url} for n, v in cookies])
        return Visit(context.new_page(), self.url, self.prefix, self.framed)

    def client(self, name: str) -> httpx2.Client:
        """A client without a browser."""
        cookies = self.logins[name]
        return httpx2.Client(base_url=self.url, cookies=cookies, timeout=serving.PATIENCE)

    @cached_property
    def found(self) -> addresses.Found:
        """Where the links of all pages lead."""
        with self.client("admin") as client:
            return addresses.crawl(client, self.prefix)


def start(environment: dict[str, str], folder: Path) -> tuple[Served, Site]:
    """Start `penstock serve` with a login for each of the roles."""
    with psycopg.connect(environment["PENSTOCK_WAREHOUSE_URL"], autocommit=True) as warehouse:
        secrets = {
            name: keys.create(warehouse, name, scopes, 1_000_000) for name, scopes in ROLES.items()
        }
    served = serving.start(folder, env={"PENSTOCK_API_WORKERS": "1", **environment})
    served.wait_until_ready()
    site = Site(served.url, secrets)
    for name, key in secrets.items():
        with httpx2.Client(base_url=site.url, timeout=serving.PATIENCE) as client:
            assert client.post("/ui/login", data={"key": key}).status_code == 303
            site.logins[name] = dict(client.cookies)
    return served, site
