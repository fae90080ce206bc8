"""Opens pages in Debian's Chromium, and says what is wrong with them."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    Page,
    Request,
    sync_playwright,
)

from tests.programs import ROOT

PATIENCE = 120_000  # milliseconds for whatever is waited for, on a machine three times slower
SCREENSHOTS = ROOT / "test-output" / "pages"
ELSEWHERE = "penstock.test"
"""A name of this machine that a browser does not know to be this machine."""
_ALONE = (
    "--no-sandbox",  # which root must not use
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
)
_OF_AIRFLOW = "escape its sandboxing"  # Chromium warns of how Airflow makes its frames
_SETTLED = """() => document.readyState === "complete"
    && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")"""
_AXE = """() => axe.run({resultTypes: ["violations"]}).then(found => found.violations)"""


@dataclass(frozen=True)
class Look:
    """How a visitor sees a page."""

    name: str
    width: int = 1280
    scheme: str = "light"


LIGHT, DARK, NARROW = Look("light"), Look("dark", scheme="dark"), Look("narrow", width=390)
LOOKS = (LIGHT, DARK, NARROW)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that asks nothing of its own accord."""
    program = shutil.which("chromium")
    assert program, "Chromium is missing: `make test-programs` installs it"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=_ALONE)


def context(browser: Browser, look: Look = LIGHT, **options: Any) -> BrowserContext:
    """A new visitor of the browser, without any cookie."""
    size = {"width": look.width, "height": 900}
    made = browser.new_context(viewport=size, color_scheme=look.scheme, **options)
    made.set_default_timeout(PATIENCE)
    return made


@dataclass
class Visit:
    """A visitor's window at one site. It remembers what was wrong until somebody asks.

    `url` is that of the site, the pages are below `prefix`. Airflow shows them in a frame.
    """

    page: Page
    url: str
    prefix: str = "/ui"
    framed: bool = False
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._asked)

    def go(self, path: str) -> Frame:
        """Open a page by its address and wait until it is all there; the frame that holds it."""
        outer = f"/plugin/penstock{self.prefix}{path}" if self.framed else self.prefix + path
        answer = self.page.goto(self.url + outer)
        assert answer, path
        frame = self.frame()
        self.settle(frame)
        if not self.framed and answer.status >= 400:
            self.faults.append(f"status {answer.status}")
        return frame

    def opened(self, path: str, name: str | None = None) -> Frame:
        """Open a page that must be faultless; `name` is that of its screenshot."""
        frame = self.go(path)
        self.check(frame, path, name)
        return frame

    def check(self, frame: Frame, what: str, name: str | None = None) -> None:
        """Fail if anything is wrong with the page that `frame` shows."""
        if name:
            screenshot(self.page, SCREENSHOTS / f"{name}.png")
        found = self.faults + too_wide(frame) + inaccessible(frame)
        self.faults.clear()
        assert not found, f"{what}: " + "\n".join(found)

    def frame(self) -> Frame:
        """The frame with our page in it."""
        if not self.framed:
            return self.page.main_frame
        element = self.page.wait_for_selector("iframe")
        assert element
        frame = element.content_frame()
        assert frame
        frame.wait_for_url(lambda url: urlsplit(url).path.startswith(self.prefix))
        return frame

    def settle(self, frame: Frame) -> None:
        """Wait until the page is loaded and htmx has put in what it asked for."""
        frame.wait_for_load_state("load")
        frame.wait_for_function(_SETTLED)

    def _heard(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        is_ours = self._is_ours(url) and _OF_AIRFLOW not in message.text
        if message.type in ("error", "warning") and is_ours:
            self.faults.append(f"console: {message.text} ({url})")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:", "about:")):
            self.faults.append(f"leaves the machine: {request.url}")

    def _is_ours(self, url: str) -> bool:
        return not self.framed or self.prefix in url.removeprefix(self.url)


def too_wide(frame: Frame) -> list[str]:
    """Whether one must scroll sideways."""
    widths = "() => [document.documentElement.scrollWidth, innerWidth]"
    needed, there = frame.evaluate(widths)
    return [f"{needed} px wide in a window of {there} px"] if needed > there else []


def inaccessible(frame: Frame) -> list[str]:
    """What axe-core finds that is serious or critical."""
    frame.evaluate(AXE_SCRIPT)
    return [
        f"axe: {found['id']}: {found['help']}: {_places(found)}"
        for found in frame.evaluate(_AXE)
        if found["impact"] in ("serious", "critical")
    ]


def screenshot(page: Page, path: Path) -> None:
    """Keep what the window shows, all of its length."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True, animations="disabled")


def slug(path: str) -> str:
    """A file name for the page at `path`."""
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "overview"


def _places(violation: dict[str, Any]) -> str:
    return json.dumps([node["html"][:200] for node in violation["nodes"][:3]], ensure_ascii=False)
