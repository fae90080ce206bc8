"""A person logs in, once, and only then sees anything."""

from urllib.parse import quote

import httpx2
import pytest

from tests.pages import addresses
from tests.pages.browser import ELSEWHERE
from tests.pages.conftest import Visitor
from tests.pages.site import Site


def test_a_person_logs_in_and_out(empty: Site, visitor: Visitor) -> None:
    visit = visitor(empty, name=None)
    page = visit.page
    visit.opened("/?", "login-light")
    assert page.get_by_role("link").all_inner_texts() == ["Skip to the content", "Penstock"]
    page.get_by_label("API key").fill("penstock_wrong_key")
    page.get_by_role("button", name="Log in").click()
    assert "not valid" in page.get_by_role("alert").inner_text()
    visit.faults.clear()  # the browser logs the 401
    page.get_by_label("API key").fill(empty.secrets["viewer"])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{empty.url}/ui/")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/ui/login")
    visit.go("/")
    assert page.url == f"{empty.url}/ui/login"
    assert visit.faults == []


def test_a_person_logs_in_and_out_over_plain_http(empty: Site, visitor: Visitor) -> None:
    """Without HTTPS a browser does not say which site sent a form, only from which origin."""
    visit = visitor(empty, name=None)
    page = visit.page
    visit.url = empty.url.replace("127.0.0.1", ELSEWHERE)
    visit.opened("/login")
    page.get_by_label("API key").fill(empty.secrets["viewer"])
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(f"{visit.url}/ui/login")


@pytest.mark.parametrize("path", addresses.NAVIGATION)
def test_who_is_not_logged_in_sees_the_login_and_nothing_else(empty: Site, path: str) -> None:
    answer = httpx2.get(f"{empty.url}/ui{path}")
    assert answer.status_code == 303
    wanted = f"?next={quote(f'/ui{path}', safe='')}" if path != "/" else ""
    assert answer.headers["location"] == f"/ui/login{wanted}"
    assert answer.content == b""
