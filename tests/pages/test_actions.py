"""What people do on the pages, to the end: what the marts hold then."""

import httpx2
from playwright.sync_api import Page

from tests import serving
from tests.pages.browser import Visit
from tests.pages.conftest import Visitor
from tests.pages.site import Site
from tests.serving import wait_for

GOOD = "2024-05-01T10:00:00Z ann@example.org s1\n2024-05-01T10:00:01Z ben@example.org s2\n"
CUT = "2024-05-01T10:00:03Z cleo@example.org\n"
REFUSED = "2024-05-01T10:00:02Z <script>alert(1)</script>\n"


def test_a_refused_record_is_mended_into_the_mart(working: Site, visitor: Visitor) -> None:
    visit = visitor(working)
    page = visit.page
    visit.go("/upload")
    page.get_by_label("Dataset").select_option("events")
    sent = {"name": "mended.txt", "mimeType": "text/plain", "buffer": (GOOD + CUT).encode()}
    page.locator("input[type=file]").set_input_files(sent)
    page.get_by_text("In the mart.").wait_for()
    page.get_by_text("1 record was refused").wait_for()
    visit.check(visit.frame(), "an upload that is in the mart", "uploaded-light")
    assert _rows(working, "mended.txt") == 2
    page.get_by_role("link", name="Mend them").click()
    record = page.get_by_role("textbox", name="Corrected record of line 3")
    assert record.input_value() == CUT.strip()
    visit.check(visit.frame(), "the form to mend records", "mend-light")
    record.fill(f"{CUT.strip()} s3")
    page.get_by_role("button", name="Check and land").first.click()
    page.get_by_text("In the mart.").wait_for()
    visit.check(visit.frame(), "a mended record")
    assert _rows(working, "mended.txt") == 3  # those of the file that mends it, too


def test_a_file_is_retracted_and_replayed(working: Site, visitor: Visitor) -> None:
    _deliver(working, "retracted.txt", GOOD)
    visit = visitor(working)
    page = visit.page
    _open_file(visit, "retracted.txt")
    assert _rows(working, "retracted.txt") == 2
    _act(page, "Retract", "delivered by mistake")
    page.get_by_role("cell", name="delivered by mistake", exact=True).wait_for()
    page.get_by_role("heading", level=1).get_by_text("superseded").wait_for()
    assert _rows(working, "retracted.txt") == 0
    visit.check(visit.frame(), "the page of a retracted file", "file-retracted-light")
    retracted = page.url
    _act(page, "Replay", "it was right")
    page.wait_for_url(lambda url: url != retracted)
    page.get_by_role("cell", name="it was right", exact=True).wait_for()
    wait_for(lambda: _rows(working, "retracted.txt") == 2)
    visit.go(page.url.removeprefix(f"{working.url}/ui"))
    visit.check(visit.frame(), "the page of a replayed file")


def test_who_may_only_look_finds_no_button(working: Site, visitor: Visitor) -> None:
    _deliver(working, "looked-at.txt", GOOD + REFUSED)
    visit = visitor(working, name="viewer")
    page = visit.page
    _open_file(visit, "looked-at.txt")
    actions = page.locator("main button, main form[hx-post]")
    assert actions.count() == 0
    assert page.get_by_role("link", name="Upload").count() == 0
    visit.check(visit.frame(), "the page of a file for a viewer")


def test_what_came_in_a_file_is_text(working: Site, visitor: Visitor) -> None:
    """A record that is markup neither runs nor changes the page."""
    _deliver(working, "hostile.txt", GOOD + REFUSED)
    visit = visitor(working)
    _open_file(visit, "hostile.txt")
    assert visit.page.get_by_text("<script>alert(1)</script>").first.is_visible()
    visit.check(visit.frame(), "a file with markup")


def _deliver(site: Site, name: str, content: str) -> None:
    """Send a file to the API, and wait until it is in the mart."""
    headers = {"Authorization": f"Bearer {site.secrets['admin']}"}
    with httpx2.Client(base_url=site.url, headers=headers, timeout=serving.PATIENCE) as api:
        sent = api.post(f"/uploads/events?filename={name}", content=content.encode())
        assert sent.status_code == 202, sent.text
        assert api.post("/loads/events").status_code == 202
        wait_for(lambda: api.get(sent.headers["location"]).json()["state"] == "loaded")


def _open_file(visit: Visit, name: str) -> None:
    """Come to the page of a file as a person does: by the list of files."""
    visit.go("/files")
    visit.page.get_by_role("link", name=name).first.click()
    visit.page.get_by_role("heading", level=1).get_by_text(name).wait_for()
    visit.settle(visit.frame())


def _act(page: Page, kind: str, why: str) -> None:
    """Press the button of an action and confirm it."""
    page.get_by_role("button", name=kind, exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill(why)
    dialog.get_by_role("button", name=kind, exact=True).click()


def _rows(site: Site, name: str) -> int:
    """How many events of a file the mart holds."""
    headers = {"Authorization": f"Bearer {site.secrets['admin']}"}
    found = httpx2.get(f"{site.url}/events?filename={name}&limit=10", headers=headers)
    return len(found.json()["items"]) if found.status_code == 200 else 0
