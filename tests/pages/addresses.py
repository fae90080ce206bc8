"""Which pages there are: the routes of the site, each with an address that a link leads to.

A new page is thereby opened by the tests without a word of theirs.
"""

import re
from collections import deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx2
from fastapi.routing import APIRoute
from starlette.routing import Match

from penstock.api.errors import PAGES
from penstock.site import nav
from penstock.site.pages import routers

_LEADS = ("href", "src", "hx-get")
_OTHERS = ("/static/", "/login", "/logout")  # no page of a router of ours

ROUTES = [
    route
    for router in routers()
    for route in router.routes
    if isinstance(route, APIRoute) and "GET" in route.methods
]
PATHS = [route.path.removeprefix(PAGES) for route in ROUTES]
"""The paths of all routes below /ui, such as `/files/{file_id}`."""


@dataclass
class Found:
    """Where links lead: an address for each path of a route, and which of them are whole pages."""

    addresses: dict[str, str] = field(default_factory=dict)
    pages: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)

    def page(self, path: str) -> str | None:
        """The address of a page; None where no link leads to it, or it is no page."""
        return self.addresses[path] if path in self.pages else None


def crawl(client: httpx2.Client, prefix: str = PAGES) -> Found:
    """Follow the links of all pages, one address for each route, from the navigation on."""
    found = Found()
    queue = deque((f"{prefix}{path}", True) for path in NAVIGATION)
    while queue:
        address, is_followed = queue.popleft()
        path = route_of(address.removeprefix(prefix))
        if path is None and not address.removeprefix(prefix).startswith(_OTHERS):
            found.broken.append(f"no page {address}")
        if path is None or path in found.addresses:
            continue
        answer = client.get(address)
        found.addresses[path] = address.removeprefix(prefix)
        if answer.status_code != 200:
            found.broken.append(f"{answer.status_code} {address}")
        elif is_followed and answer.content.startswith(b"<!doctype html>"):
            found.pages.add(path)
            queue.extend(_links(address, answer.text))
    return found


def route_of(address: str) -> str | None:
    """The path of the route that answers an address below /ui."""
    scope = {"type": "http", "method": "GET", "path": PAGES + urlsplit(address).path}
    matching = (route for route in ROUTES if route.matches(scope)[0] is Match.FULL)
    first = next(matching, None)
    return first.path.removeprefix(PAGES) if first else None


class _Links(HTMLParser):
    """Collects where a page leads to: (address, whether it is a page of its own)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, bool]] = []

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(value, name == "href") for name, value in attrs if name in _LEADS and value]


def _links(address: str, content: str) -> list[tuple[str, bool]]:
    parser = _Links()
    parser.feed(content)
    return [
        (urldefrag(urljoin(address, link)).url, is_followed)
        for link, is_followed in parser.found
        if not re.match(r"[a-z]+:", link)
    ]


NAVIGATION = [
    path for links in nav.SECTIONS.values() for _, path, _ in links if route_of(path) is not None
]
