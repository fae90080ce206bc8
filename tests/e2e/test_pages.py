"""The pages inside Airflow: its navigation, its login, its frame, its theme."""

import json
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.system import System
from tests.pages import addresses, browser
from tests.pages.browser import LOOKS, Look, Visit
from tests.pages.conftest import ALL
from tests.pages.site import Site

PREFIX = "/penstock/ui"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser."""
    with browser.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def airflow(system: System) -> Site:
    """Airflow with our pages in its frame; for all tests of the pages, with all samples."""
    if ALL:
        system.penstock("demo")
    url = f"http://127.0.0.1:{system.env['PENSTOCK_WEB_PORT']}"
    site = Site(url, json.loads(system.passwords.read_text()), PREFIX, framed=True)
    for name, password in site.secrets.items():
        form = {"username": name, "password": password}
        answer = httpx2.post(f"{url}/auth/token", json=form, timeout=browser.PATIENCE / 1000)
        site.logins[name] = {"_token": answer.json()["access_token"]}
    return site


@pytest.fixture
def visit(airflow: Site, chromium: Browser) -> Iterator[Visit]:
    """The window of the administrator."""
    visit = airflow.visit(chromium)
    yield visit
    visit.page.context.close()


def test_one_login_leads_to_the_page_that_was_asked_for(airflow: Site, chromium: Browser) -> None:
    visit = airflow.visit(chromium, name=None)
    page = visit.page
    page.goto(f"{airflow.url}{PREFIX}/?")
    _log_in(page, airflow.secrets["admin"])
    page.wait_for_url(f"{airflow.url}{PREFIX}/")
    assert page.get_by_role("link", name="Overview").is_visible()
    page.context.close()


def test_the_navigation_opens_the_overview_in_the_frame(visit: Visit) -> None:
    page = visit.page
    page.goto(visit.url)
    page.get_by_role("link", name="Penstock", exact=True).click()
    frame = visit.frame()
    visit.settle(frame)
    assert frame.url == f"{visit.url}{PREFIX}/"
    visit.check(frame, "overview in Airflow", "airflow-overview-light")
    page.get_by_role("button", name="Browse").click()
    entries = page.get_by_role("menuitem").all_inner_texts()
    assert {"Penstock files", "Penstock quarantine"} <= set(entries)
    icons = page.locator("img[src*=penstock]")
    assert icons.count() >= 3
    assert all(icon.evaluate("image => image.naturalWidth") for icon in icons.all())


def test_it_follows_the_theme_of_airflow(visit: Visit) -> None:
    frame = visit.go("/")
    page = visit.page
    background = "() => getComputedStyle(document.documentElement).backgroundColor"
    light = frame.evaluate(background)
    page.get_by_role("button", name="User").click()
    page.get_by_role("menuitem", name="Appearance").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    frame.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    dark = frame.evaluate(background)
    assert dark != light
    assert visit.go("/").evaluate(background) == dark


def test_a_link_to_airflow_leaves_the_frame(visit: Visit) -> None:
    frame = visit.go("/")
    frame.evaluate("""() => {
        const link = document.createElement("a");
        [link.href, link.dataset.airflow, link.textContent] = ["/dags", "", "to the DAGs"];
        document.querySelector("main").append(link);
    }""")
    frame.get_by_text("to the DAGs").click()
    visit.page.wait_for_url(f"{visit.url}/dags**")
    assert len(visit.page.frames) == 1


def test_who_is_logged_out_meanwhile_logs_in_again_and_goes_on(airflow: Site, visit: Visit) -> None:
    visit.go("/")
    visit.page.context.clear_cookies()
    visit.frame().get_by_role("link", name="Overview").click()
    login = visit.page.frame_locator("iframe")
    _log_in(login, airflow.secrets["admin"])
    login.get_by_role("heading", name="Overview").wait_for()


def test_a_viewer_may_look_and_not_act(airflow: Site) -> None:
    with airflow.client("viewer") as viewer, airflow.client("admin") as admin:
        assert "Upload" not in viewer.get(f"{PREFIX}/").text
        assert "Upload" in admin.get(f"{PREFIX}/").text
        assert viewer.post("/penstock/loads/events").status_code == 403


@pytest.mark.skipif(not ALL, reason="make test-pages opens them")
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
@pytest.mark.parametrize("path", addresses.PATHS)
def test_every_page(airflow: Site, chromium: Browser, path: str, look: Look) -> None:
    address = airflow.found.page(path)
    if address is None:
        pytest.skip("no page of its own: part of one, a download, or the unknown page")
    visit = airflow.visit(chromium, look)
    visit.opened(address)
    visit.page.context.close()


def _log_in(page: Page, password: str) -> None:
    page.locator("input[name=username]").fill("admin")
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
